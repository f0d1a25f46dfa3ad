//! Values of a PostgreSQL database that its own types hold and those of the lake do not.
use crate::capture::Captured;

const TABLES: &str = "
    create schema app;
    create table app.prices(
      id int primary key, amount numeric(12, 2), wide numeric, born date, tags numeric(4, 1)[], at timestamptz not null default now());
    insert into app.prices values (1, 1, 1, '2024-01-01', '{1, 2}'), (2, 'NaN', 2, null, null), (3, 3, 'NaN', '0044-03-15 BC', null),
      (4, 4, 123456789012.5, '2024-01-04', null), (5, 5, 5, '2024-01-05', '{1, NaN}'), (6, 6, 6, null, null);";

const SOURCES: &str = "
sources:
  - name: app
    connection: db
    tables:
      - name: prices
        ingest: {from: app.prices, MODE}
        drift: {retyped_column: POLICY}
        columns: [{name: id}, {name: amount}, {name: wide, data_type: 'decimal(10,2)'}, {name: born}, {name: tags}, {name: at}]
";

const MODES: [&str; 3] = ["mode: full", "mode: incremental, cursor: at, key: [id]", "mode: capture, key: [id]"];

fn source(mode: &str, policy: &str) -> Captured {
    Captured::of(TABLES, &SOURCES.replace("MODE", mode).replace("POLICY", policy))
}

#[test]
fn rows_with_values_that_do_not_fit_are_kept_apart() {
    for mode in MODES {
        let source = source(mode, "quarantine_rows");
        let said = source.ingest();
        for reason in ["1 × `amount` is no numeric(12,2)", "2 × `wide` is no numeric(10,2)", "1 × `born` is no date"]
        {
            assert!(said.contains(reason), "{mode}: {said}");
        }
        let here = || source.ade.rows("select id, amount::text, wide::text from app.prices order by id");
        let apart = || {
            source
                .ade
                .rows("select id, amount is null, wide is null, _ade_reason from app__quarantine.prices order by id")
        };
        assert_eq!(here(), ["1,1.00,1.00", "6,6.00,6.00"], "{mode}");
        assert_eq!(
            apart(),
            [
                "2,true,false,\"`amount` is no numeric(12,2)\"",
                "3,false,true,\"`wide` is no numeric(10,2), `born` is no date\"",
                "4,false,true,\"`wide` is no numeric(10,2)\"",
                "5,false,false,\"`tags` is no numeric(4,1)[]\"",
            ],
            "{mode}"
        );
        // They change sides as their values do.
        source.psql(
            "update app.prices set amount = 2, at = now() where id = 2; update app.prices set born = null, at = now() where id = 3;
             update app.prices set amount = 'NaN', at = now() where id = 6; update app.prices set tags = null, at = now() where id = 5;
             insert into app.prices values (7, 'NaN', 7, null, null)",
        );
        source.ingest();
        assert_eq!(here(), ["1,1.00,1.00", "2,2.00,2.00", "5,5.00,5.00"], "{mode}");
        assert_eq!(
            source.ade.rows("select id, _ade_reason from app__quarantine.prices order by id"),
            [
                "3,\"`wide` is no numeric(10,2)\"",
                "4,\"`wide` is no numeric(10,2)\"",
                "6,\"`amount` is no numeric(12,2)\"",
                "7,\"`amount` is no numeric(12,2)\"",
            ],
            "{mode}"
        );
    }
}

#[test]
fn without_a_word_about_them_they_stop_their_table() {
    for mode in MODES {
        let source = source(mode, "stop");
        let said = source.ade.run(&["ingest"]).exits(1).all();
        assert!(said.contains("NaN or infinity, which no decimal is"), "{mode}: {said}");
        // Nor is the key ever done without.
        let keyed = SOURCES.replace("MODE", mode).replace("POLICY", "quarantine_rows").replace("[id]", "[amount]");
        source.folder.write("sources/app.yml", keyed);
        if mode != "mode: full" {
            source.psql("alter table app.prices replica identity full");
            let said = source.ade.run(&["ingest"]).exits(1).all();
            assert!(said.contains("NaN or infinity, which no decimal is"), "{mode}: {said}");
        }
    }
}

/// Of a row that is gone only the key comes, whatever the types of its other columns are by now.
#[test]
fn rows_of_a_column_of_another_type_are_still_followed() {
    let source = Captured::of(
        "create schema app; create table app.codes(id int primary key, code int, note text);
         alter table app.codes alter note set storage external;
         insert into app.codes select i, i, repeat('n', 5000) from generate_series(1, 4) i",
        "
sources:
  - name: app
    connection: db
    tables:
      - name: codes
        ingest: {from: app.codes, mode: capture, key: [id]}
        drift: {retyped_column: quarantine_rows}
        rows: [{name: bots, where: id > 100, then: drop}]
        columns: [{name: id}, {name: code, data_type: integer}, {name: note}]
",
    );
    source.ingest();
    source.psql("alter table app.codes alter code type text; update app.codes set code = 'x' where id = 2");
    source.ingest();
    let here = || source.ade.rows("select id, code, length(note) from app.codes order by id");
    let apart = || source.ade.rows("select id, length(note), _ade_reason from app__quarantine.codes");
    assert_eq!(here(), ["1,1,5000", "3,3,5000", "4,4,5000"]);
    assert_eq!(apart(), ["2,5000,`code` is no integer"]);
    source.psql("delete from app.codes where id = 1; update app.codes set code = 'y' where id = 3; update app.codes set id = 104 where id = 4");
    source.ingest();
    assert_eq!(here(), Vec::<String>::new());
    source.psql("update app.codes set id = 5 where id = 104; update app.codes set code = '2' where id = 2; delete from app.codes where id = 3");
    source.ingest();
    assert_eq!(here(), ["2,2,5000", "5,4,5000"]);
    assert_eq!(apart(), Vec::<String>::new());
}
