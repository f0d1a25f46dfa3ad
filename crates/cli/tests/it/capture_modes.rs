//! Tables whose mode is another one than that in which they landed.
use ade_testing::Folder;

use crate::capture::Captured;
use crate::program::program;

const TABLES: &str = "
    create schema app;
    create table app.people(id int primary key, name text, at timestamptz not null default now());
    insert into app.people(id, name) select i, 'p' || i from generate_series(1, 5) i;";

const SOURCES: &str = "
sources:
  - name: app
    connection: db
    tables:
      - {name: people, ingest: {from: app.people, mode: capture, key: [id]}}
";

const CAPTURE: &str = "mode: capture, key: [id]";
const INCREMENTAL: &str = "mode: incremental, cursor: at, key: [id]";
const FULL: &str = "mode: full";

#[test]
fn a_table_that_holds_what_its_source_holds_takes_another_mode_by_itself() {
    for path in [[CAPTURE, FULL, CAPTURE], [CAPTURE, INCREMENTAL, INCREMENTAL], [FULL, INCREMENTAL, INCREMENTAL]] {
        let source = Captured::of(TABLES, &SOURCES.replace(CAPTURE, path[0]));
        source.ingest();
        for (round, mode) in path.windows(2).enumerate() {
            let [before, now] = mode else { unreachable!() };
            source.folder.replace("sources/app.yml", before, now);
            source.psql(&format!(
                "delete from app.people where id = {round} + 1; update app.people set name = 'new', at = now() where id = 5"
            ));
            let said = source.ingest();
            if before != now {
                assert!(said.contains("all of `app.people` is read again: it landed with"), "{before} → {now}: {said}");
                source.assert_same_rows("people", "select id, name from app.people order by id");
            }
            // It goes on as ever.
            source.psql("insert into app.people(id, name) values (9, 'nine') on conflict (id) do update set name = 'x', at = now()");
            let said = source.ingest();
            assert!(!said.contains("read again"), "{before} → {now}: {said}");
            let changed = "select id, name from app.people where id > 3 order by id";
            source.assert_same_rows("people", changed);
        }
    }
}

#[test]
fn history_says_why_a_table_was_replaced() {
    let source = Captured::of(TABLES, SOURCES);
    source.ingest();
    source.folder.replace("sources/app.yml", CAPTURE, FULL);
    source.ingest();
    let said = source.ade.run(&["history", "app.people"]).succeeds().all();
    assert!(said.contains("it landed with `mode: capture`, and has `mode: full` now"), "{said}");
}

/// It may have rows that its source has not got any more, and that somebody wants to keep.
#[test]
fn an_incremental_table_is_not_replaced_without_a_word() {
    for now in [CAPTURE, FULL] {
        let source = Captured::of(TABLES, &SOURCES.replace(CAPTURE, INCREMENTAL));
        source.ingest();
        source.psql("delete from app.people where id = 1; insert into app.people(id, name) values (6, 'six')");
        source.folder.replace("sources/app.yml", INCREMENTAL, now);
        let said = source.ade.run(&["ingest"]).exits(1).all();
        assert!(said.contains("`app.people` landed with `mode: incremental`, and has `mode: "), "{said}");
        let command = "ade ingest --select source:app.people --full-refresh";
        assert!(said.contains(command), "{said}");
        assert_eq!(source.ade.rows("select count(*) from app.people"), ["5"], "nothing has landed");
        // What the message says works, and then all is as declared.
        let words: Vec<&str> = command.split(' ').skip(1).collect();
        source.ade.run(&words).succeeds();
        source.assert_same_rows("people", "select id, name from app.people order by id");
        source.psql("delete from app.people where id = 2");
        source.ingest();
        source.assert_same_rows("people", "select id, name from app.people order by id");
    }
}

/// Without a key, rows that are read again would be there twice.
#[test]
fn a_table_that_was_loaded_whole_does_not_go_on_from_an_older_position() {
    let sources = |mode: &str| {
        format!(
            "sources:\n  - name: app\n    connection: feed\n    tables:\n      - {name}\n        columns: [{column}]\n",
            name = format_args!("name: log\n        ingest: {{from: '*.csv', mode: {mode}}}"),
            column = "{name: id, data_type: bigint, privacy: public}"
        )
    };
    let project = "name: shop\nconnections:\n  feed: {type: files, path: feed}\n";
    let folder =
        Folder::with(&[("ade.yml", project), ("sources/s.yml", &sources("incremental")), ("feed/a.csv", "id\n1\n2\n")]);
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    ade.run(&["ingest"]).succeeds();
    folder.write("feed/b.csv", "id\n3\n");
    folder.write("sources/s.yml", sources("full"));
    ade.run(&["ingest", "--full-refresh"]).succeeds();
    folder.write("sources/s.yml", sources("incremental"));
    ade.run(&["ingest"]).succeeds();
    folder.write("feed/c.csv", "id\n4\n");
    ade.run(&["ingest"]).succeeds();
    assert_eq!(ade.rows("select id from app.log order by id"), ["1", "2", "3", "4"]);
}
