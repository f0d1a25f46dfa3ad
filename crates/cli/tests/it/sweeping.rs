//! Rows that a source deletes are found by comparing keys, as they lie in the lake.
use ade_testing::{Folder, Program};
use rusqlite::Connection;

use crate::program::program;

fn sources(sweep: &str, rest: &str) -> String {
    format!(
        "sources:\n  - name: app\n    connection: app\n    tables:\n      - name: people\n        ingest: {{mode: incremental, cursor: at, key: [code, part], sweep: {sweep}}}\n{rest}        columns:\n          - {{name: code, data_type: varchar, nullable: false, privacy: {{treatment: pseudonym, domain: code, form: exact}}}}\n          - {{name: part, data_type: bigint, privacy: public}}\n          - {{name: name, data_type: varchar, privacy: person_name}}\n          - {{name: at, data_type: bigint, privacy: public}}\n"
    )
}

struct App {
    folder: Folder,
    ade: Program,
    database: Connection,
}

impl App {
    fn new(sweep: &str, rest: &str) -> Self {
        let folder = Folder::with(&[
            ("ade.yml", "name: shop\nconnections:\n  app: {type: sqlite, path: app.db}\n"),
            ("sources/s.yml", &sources(sweep, rest)),
        ]);
        let database = Connection::open(folder.at("app.db")).unwrap();
        let ade = program(&folder);
        ade.run(&["init", "."]).succeeds();
        let app = Self { folder, ade, database };
        app.sql(
            "create table people(code text, part integer, name text, at integer, primary key (code, part));
             with recursive n(i) as (select 1 union all select i + 1 from n where i < 500)
             insert into people select 'c' || i, i % 3, 'name ' || i, i from n",
        );
        app.ade.run(&["ingest"]).succeeds();
        app
    }

    fn sql(&self, statements: &str) {
        self.database.execute_batch(statements).unwrap();
    }

    fn ingest(&self) -> String {
        self.ade.run(&["ingest"]).succeeds().all()
    }

    fn count(&self, condition: &str) -> String {
        self.ade.rows(&format!("select count(*) from app.people where {condition}")).join(" ")
    }
}

#[test]
fn keys_that_are_gone_go_from_the_lake() {
    let app = App::new("every", "");
    assert!(app.ingest().contains("unchanged"), "nothing is gone, and nothing is committed");
    let before = app.ade.run(&["history", "app.people"]).succeeds().text().lines().count();
    app.ingest();
    assert_eq!(app.ade.run(&["history", "app.people"]).succeeds().text().lines().count(), before);
    // Deleted alone, and together with changes; a key that comes back is there again.
    app.sql("delete from people where part = 1");
    assert!(app.ingest().contains("167 rows that the source has not got any more are removed"));
    assert_eq!((app.count("true"), app.count("part = 1")), ("333".to_owned(), "0".to_owned()));
    app.sql("delete from people where part = 2; insert into people values ('c1', 1, 'again', 1000)");
    app.ingest();
    assert_eq!((app.count("true"), app.count("part = 1")), ("167".to_owned(), "1".to_owned()));
    assert!(app.ingest().contains("unchanged"));
    // A key of which only one part is left is another key.
    app.sql("update people set part = 9, at = 1001 where code = 'c1'");
    app.ingest();
    assert_eq!((app.count("part = 1"), app.count("part = 9")), ("0".to_owned(), "1".to_owned()));
    app.sql("insert into people values ('late', 1, 'unseen', 5)");
    assert!(app.ingest().contains("1 rows of the source are not in the table"));
    app.sql("delete from people");
    assert!(app.ingest().contains("the table is empty now"));
}

#[test]
fn keys_that_are_gone_are_marked_and_stay_as_they_were() {
    let app = App::new("every", "        on_delete: mark\n");
    let named = "select count(distinct name) from app.people where _ade_is_deleted";
    app.sql("delete from people where part = 1");
    assert!(app.ingest().contains("167 rows that the source has not got any more are marked as deleted"));
    assert_eq!(app.ade.rows(named), ["167"]);
    assert_eq!((app.count("true"), app.count("not _ade_is_deleted")), ("500".to_owned(), "333".to_owned()));
    assert!(app.ingest().contains("unchanged"), "they are marked once");
    app.sql("insert into people values ('c1', 1, 'again', 1000)");
    app.ingest();
    assert_eq!(app.count("_ade_is_deleted"), "166");
}

#[test]
fn a_sweep_waits_for_its_time_and_never_changes_what_it_finds() {
    let app = App::new("7 days", "");
    app.sql("delete from people where part = 1");
    assert!(app.ingest().contains("167 rows"), "the first is due at once");
    app.sql("delete from people where part = 2");
    app.ingest();
    assert_eq!(app.count("part = 2"), "167");
    // A change carries the time of the last one along.
    app.sql("update people set at = 2000 where code = 'c3'");
    app.ingest();
    assert_eq!(app.count("part = 2"), "167");
    app.folder.replace("sources/s.yml", "sweep: 7 days", "sweep: 0 days");
    app.ingest();
    assert_eq!(app.count("part = 2"), "0");
}
