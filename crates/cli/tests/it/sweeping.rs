//! Rows that a source deletes are found by comparing keys, as they lie in the lake.
use ade_testing::{Folder, MariaDb, Postgres, Program};
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

const SERVERS: &str = "sources:\n  - name: app\n    connection: db\n    tables:\n      - name: people\n        ingest: {from: FROM, mode: incremental, cursor: at, key: [id, code], sweep: every}\n        columns:\n          - {name: id, data_type: bigint, privacy: public}\n          - {name: code, data_type: varchar, privacy: {treatment: pseudonym, domain: code, form: exact}}\n          - {name: at, data_type: bigint, privacy: public}\n";
const MANY: &str = "
    create table people(id bigint, code varchar(40), at bigint, primary key (id, code));
    insert into people with recursive n(i) as (select 1 union all select i + 1 from n where i < 900)
      select i, concat('c', i), i from n;";

/// A database server whose rows go: they go from the lake, and from nowhere else.
fn sweeps(connection: &str, from: &str, sql: &dyn Fn(&str)) {
    let folder = Folder::with(&[
        ("ade.yml", &format!("name: shop\nconnections:\n  db: {connection}\n")),
        ("sources/s.yml", &SERVERS.replace("FROM", from)),
    ]);
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    sql(MANY);
    ade.run(&["ingest"]).succeeds();
    sql("delete from people where id <= 300; insert into people values (901, 'new', 1000)");
    let all = ade.run(&["ingest"]).succeeds().all();
    assert!(all.contains("300 rows that the source has not got any more are removed"), "{all}");
    assert_eq!(ade.rows("select count(*), min(id), max(id) from app.people"), ["601,301,901"]);
}

#[test]
fn postgresql_is_swept() {
    let server = Postgres::start().unwrap();
    let port = server.port();
    let connection = format!("{{type: postgres, host: 127.0.0.1, port: {port}, user: postgres, database: postgres}}");
    sweeps(&connection, "public.people", &|statements| {
        server.psql(statements).unwrap();
    });
}

#[test]
fn rows_that_are_hidden_are_not_taken_for_deleted() {
    let server = Postgres::start().unwrap();
    let port = server.port();
    let connection = format!("{{type: postgres, host: 127.0.0.1, port: {port}, user: reader, database: postgres}}");
    let folder = Folder::with(&[
        ("ade.yml", &format!("name: shop\nconnections:\n  db: {connection}\n")),
        ("sources/s.yml", &SERVERS.replace("FROM", "public.people")),
    ]);
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    server.psql(&format!("{MANY} create role reader login; grant select on people to reader")).unwrap();
    ade.run(&["ingest"]).succeeds();
    server.psql("alter table people enable row level security; create policy late on people using (id > 800)").unwrap();
    let all = ade.run(&["ingest"]).exits(1).all();
    assert!(all.contains("rows that are there may not be seen"), "{all}");
    assert_eq!(ade.rows("select count(*) from app.people"), ["900"]);
}

#[test]
fn mysql_is_swept() {
    let server = MariaDb::start().unwrap();
    let port = server.port();
    let connection = format!("{{type: mysql, host: 127.0.0.1, port: {port}, user: root, database: app}}");
    sweeps(&connection, "people", &|statements| {
        server.sql(statements).unwrap();
    });
}
