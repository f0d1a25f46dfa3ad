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
    assert!(app.ingest().contains("1 row of the source is not in the table"));
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
    // One that comes back without a change of its cursor stays marked, and that is told.
    app.sql("insert into people values ('c4', 1, 'again', 4)");
    assert!(app.ingest().contains("1 row is marked as deleted and in the source all the same"));
    assert_eq!(app.count("_ade_is_deleted"), "166");
    app.sql("delete from people");
    let all = app.ingest();
    assert!(all.contains("every row of the table is marked as deleted now; before, 334 were not"), "{all}");
    assert!(all.contains("1 warned"), "{all}");
    assert_eq!(app.count("_ade_is_deleted"), "500");
}

#[test]
fn keys_are_held_against_their_type_before_they_are_compared() {
    let folder = Folder::with(&[
        ("ade.yml", "name: shop\nconnections:\n  app: {type: sqlite, path: app.db}\n"),
        (
            "sources/s.yml",
            "sources:\n  - name: app\n    connection: app\n    drift: {retyped_column: quarantine_rows}\n    tables:\n      - name: people\n        ingest: {mode: incremental, cursor: at, key: [id], sweep: every}\n        columns:\n          - {name: id, data_type: bigint, privacy: {treatment: pseudonym, domain: id, form: exact}}\n          - {name: plain, data_type: bigint, privacy: public}\n          - {name: at, data_type: bigint, privacy: public}\n",
        ),
    ]);
    let database = Connection::open(folder.at("app.db")).unwrap();
    let sql = |statements: &str| database.execute_batch(statements).unwrap();
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    for key in ["id", "plain"] {
        folder.replace("sources/s.yml", "key: [id]", &format!("key: [{key}]"));
        sql("drop table if exists people; create table people(id real, plain real, at integer);
             with recursive n(i) as (select 1 union all select i + 1 from n where i < 10)
             insert into people select i, i, i from n");
        ade.run(&["ingest", "--full-refresh"]).succeeds();
        // They are text as they are read: `3.0`.
        sql("delete from people where plain = 3");
        let all = ade.run(&["ingest"]).succeeds().all();
        assert!(all.contains("1 row that the source has not got any more is removed"), "{all}");
        assert_eq!(ade.rows("select count(*), sum(plain) from app.people"), ["9,52"]);
        // What is kept apart is not missed.
        let apart = if key == "id" { "21, 'y'" } else { "'y', 21" };
        sql(&format!("insert into people values ({apart}, 50)"));
        let all = ade.run(&["ingest"]).succeeds().all();
        assert!(all.contains("rows kept apart in") && !all.contains("are not in the table"), "{all}");
        // Of a key that is none nobody knows which it stands for. What has landed before is told all the same.
        sql("insert into people values ('x', 'x', 100), (20, 20, 101); delete from people where plain = 4");
        let all = ade.run(&["ingest"]).exits(1).all();
        assert!(all.contains(&format!("cannot be compared: 1 × `{key}` is no bigint")), "{all}");
        assert!(all.contains("no row was removed or marked"), "{all}");
        assert!(all.contains("rows kept apart in") && all.contains(" · v"), "{all}");
        assert_eq!(ade.rows("select count(*), sum(plain) from app.people"), ["10,72"]);
        sql("delete from people where id = 'x'");
        ade.run(&["ingest"]).succeeds();
        assert_eq!(ade.rows("select count(*), sum(plain) from app.people"), ["9,68"]);
        folder.replace("sources/s.yml", &format!("key: [{key}]"), "key: [id]");
    }
}

#[test]
fn a_sweep_that_finds_nothing_is_noted_whatever_checks_say_of_rows_that_are_there() {
    let app = App::new("7 days", "");
    app.folder.replace(
        "sources/s.yml",
        "{name: part, data_type: bigint, privacy: public}",
        "{name: part, data_type: bigint, privacy: public, data_tests: [{accepted_values: {arguments: {values: [7]}}}]}",
    );
    let all = app.ingest();
    assert!(!all.contains("a check stopped that"), "{all}");
    app.sql("delete from people where part = 1");
    app.ingest();
    assert_eq!(app.count("part = 1"), "167", "the next comparison is due in a week");
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
