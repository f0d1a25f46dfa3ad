//! Rows that a full load does not find any more stay with a mark, where deleted rows do.
use ade_testing::{Folder, Postgres, Program};
use rusqlite::Connection;

use crate::program::program;

const SOURCES: &str = "sources:
  - name: app
    connection: app
    tables:
      - name: people
        ingest: {mode: full, key: [code]}
        on_delete: mark
        rows: [{name: tests, where: \"kind = 'test'\", then: quarantine}]
        columns:
          - {name: code, data_type: varchar, privacy: {treatment: pseudonym, domain: code, form: exact}}
          - {name: name, data_type: varchar, privacy: public}
          - {name: kind, data_type: varchar, privacy: public}
          - {name: age, data_type: integer, privacy: public}
";

struct App {
    folder: Folder,
    ade: Program,
    database: Connection,
}

impl App {
    fn new() -> Self {
        let folder = Folder::with(&[
            ("ade.yml", "name: shop\nconnections:\n  app: {type: sqlite, path: app.db}\n"),
            ("sources/s.yml", SOURCES),
        ]);
        let database = Connection::open(folder.at("app.db")).unwrap();
        let ade = program(&folder);
        ade.run(&["init", "."]).succeeds();
        let app = Self { folder, ade, database };
        app.sql(
            "create table people(code text primary key, name text, kind text, age integer);
             with recursive n(i) as (select 1 union all select i + 1 from n where i < 9)
             insert into people select 'c' || i, 'n' || i, case i when 9 then 'test' end, i from n",
        );
        app.ingest();
        app
    }

    fn sql(&self, statements: &str) {
        self.database.execute_batch(statements).unwrap();
    }

    fn columns(&self, more: &str) {
        self.folder.write("sources/s.yml", self.folder.read("sources/s.yml") + more);
    }

    fn ingest(&self) -> String {
        self.ade.run(&["ingest"]).succeeds().all()
    }

    fn rows(&self, sql: &str) -> String {
        self.ade.rows(sql).join(" ")
    }
}

const MARKED: &str = "select name, age from app.people where _ade_is_deleted order by name";
const APART: &str = "select name from app__quarantine.people order by name";

#[test]
fn what_a_full_load_does_not_find_is_marked_and_stays_as_it_was() {
    let app = App::new();
    assert_eq!((app.rows("select count(*) from app.people"), app.rows(APART)), ("8".to_owned(), "n9".to_owned()));
    app.sql("delete from people where age in (1, 2, 9); update people set name = 'new' where age = 3");
    let all = app.ingest();
    assert!(all.contains("2 rows that the source has not got any more are marked as deleted"), "{all}");
    assert!(all.contains("6 rows · v1") && all.contains("1 row left app__quarantine.people"), "{all}");
    assert_eq!((app.rows(MARKED), app.rows(APART)), ("n1,1 n2,2".to_owned(), String::new()));
    assert_eq!(app.rows("select count(*), count(distinct code) from app.people"), "8,8");
    // They are marked once, and know when.
    let noticed = app.rows("select distinct _ade_batch_id from app.people where _ade_is_deleted");
    assert!(app.ingest().contains("= unchanged"));
    app.sql("delete from people where age = 4");
    app.ingest();
    let first = format!("select count(*) from app.people where _ade_batch_id = '{noticed}'");
    assert_eq!((app.rows(MARKED), app.rows(&first)), ("n1,1 n2,2 n4,4".to_owned(), "2".to_owned()));
    // One that comes back is there again, one that is kept apart now is only there.
    app.sql("insert into people values ('c1', 'again', null, 11), ('c2', 'n2', 'test', 2)");
    app.ingest();
    assert_eq!((app.rows(MARKED), app.rows(APART)), ("n4,4".to_owned(), "n2".to_owned()));
    assert_eq!(app.rows("select age from app.people where name = 'again' and not _ade_is_deleted"), "11");
    app.sql("delete from people");
    let all = app.ingest();
    assert!(all.contains("every row of the table is marked as deleted now; before, 6 were not"), "{all}");
    assert!(all.contains("! warned"), "{all}");
    assert_eq!(app.rows("select count(*) from app.people where _ade_is_deleted"), "7");
    // A load of everything that somebody asks for brings what there is.
    app.ade.run(&["ingest", "--full-refresh"]).succeeds();
    assert_eq!(app.rows("select count(*) from app.people"), "0");
}

#[test]
fn marked_rows_do_not_stay_among_rows_that_land_otherwise() {
    let app = App::new();
    app.sql("delete from people where age = 1");
    app.ingest();
    // A wider type holds them, another treatment does not.
    app.folder.replace("sources/s.yml", "data_type: integer", "data_type: bigint");
    app.sql("update people set age = 3000000000 where age = 3");
    app.ingest();
    assert_eq!(app.rows(MARKED), "n1,1");
    app.folder.replace(
        "sources/s.yml",
        "name: name, data_type: varchar, privacy: public",
        "name: name, data_type: varchar, privacy: person_name",
    );
    let all = app.ingest();
    assert!(
        all.contains("do not stay with a mark this time, as they landed otherwise: column `name` landed as"),
        "{all}"
    );
    assert_eq!((app.rows(MARKED), app.rows("select count(*) from app.people")), (String::new(), "7".to_owned()));
}

#[test]
fn without_a_key_nobody_knows_what_is_gone() {
    let app = App::new();
    app.folder.replace("sources/s.yml", ", key: [code]", "");
    let told = app.ade.run(&["check"]).exits(2).all();
    assert!(
        told.contains("`on_delete: mark` of `people` has no effect") && told.contains("or a `key` to `ingest`"),
        "{told}"
    );
}

#[test]
fn marked_rows_owe_nothing_in_a_column_that_came_after_them_and_go_with_another_key() {
    let app = App::new();
    app.sql("delete from people where age = 1");
    app.ingest();
    app.sql("alter table people add column extra text not null default 'e'");
    app.columns("          - {name: extra, data_type: varchar, nullable: false, privacy: public}\n");
    app.ingest();
    assert_eq!(app.rows("select count(*), count(extra) from app.people"), "8,7");
    assert_eq!(app.rows(MARKED), "n1,1");
    // One that joins the key is not known of the rows so far.
    app.sql("alter table people add column tenant text not null default 't'");
    app.folder.replace("sources/s.yml", "key: [code]", "key: [tenant, code]");
    app.columns("          - {name: tenant, data_type: varchar, privacy: public}\n");
    let all = app.ingest();
    assert!(all.contains("a column of the key (tenant, code) is new") && all.contains("! warned"), "{all}");
    assert_eq!(app.rows("select count(*), count(tenant) from app.people"), "7,7");
}

#[test]
fn rows_stay_with_values_that_are_stored_as_another_type() {
    let server = Postgres::start().unwrap();
    server
        .psql("create table shifts(id int primary key, begins time, lasts interval); insert into shifts select i, time '08:30' + i * interval '1 minute', i * interval '1 hour' from generate_series(1, 3) i")
        .unwrap();
    let folder = Folder::new();
    let port = server.port();
    folder.write(
        "ade.yml",
        format!("name: shop\nconnections:\n  db: {{type: postgres, host: 127.0.0.1, port: {port}, user: postgres, database: postgres}}\nprivacy:\n  rules: [{{column: '*', class: public}}]\n"),
    );
    folder.write("sources/s.yml", "sources:\n  - name: app\n    connection: db\n    tables:\n      - name: shifts\n        ingest: {from: shifts, mode: full, key: [id]}\n        on_delete: mark\n");
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    ade.run(&["ingest"]).succeeds();
    let before = ade.rows("select id, begins, lasts from app.shifts order by id");
    for id in [1, 2] {
        server.psql(&format!("delete from shifts where id = {id}")).unwrap();
        let all = ade.run(&["ingest"]).succeeds().all();
        assert!(!all.contains("landed otherwise"), "{all}");
    }
    assert_eq!(ade.rows("select id, begins, lasts from app.shifts order by id"), before);
    assert_eq!(ade.rows("select id from app.shifts where _ade_is_deleted order by id"), ["1", "2"]);
}
