//! Rows that are kept apart, from the day they come to the day they go: with their source, their reason, their table's past.
use ade_testing::{Folder, Postgres, Program};
use rusqlite::Connection;

use crate::program::program;

const COLUMNS: &str = "        columns:\n          - {name: id, data_type: bigint, privacy: public}\n          - {name: email, data_type: varchar, privacy: email}\n          - {name: kind, data_type: varchar, privacy: public}\n          - {name: gone, data_type: bigint, privacy: public}\n          - {name: at, data_type: bigint, privacy: public}\n";
const TESTS: &str = "        rows:\n          - {name: tests, where: \"kind = 'test'\", then: quarantine}\n          - {name: bots, where: \"kind = 'bot'\", then: drop}\n";
const INCREMENTAL: &str = "mode: incremental, cursor: at, key: [id], sweep: every";
const APART: &str = "select id from app__quarantine.people order by id";
const HERE: &str = "select id from app.people order by id";

struct App {
    folder: Folder,
    ade: Program,
    database: Connection,
}

impl App {
    /// Ten people, of whom 1 and 2 are tests and 3 is a bot.
    fn new(ingest: &str, rest: &str) -> Self {
        let sources = format!(
            "sources:\n  - name: app\n    connection: app\n    tables:\n      - name: people\n        ingest: {{{ingest}}}\n{rest}{COLUMNS}"
        );
        let folder = Folder::with(&[
            ("ade.yml", "name: shop\nconnections:\n  app: {type: sqlite, path: app.db}\n"),
            ("sources/s.yml", &sources),
        ]);
        let database = Connection::open(folder.at("app.db")).unwrap();
        let ade = program(&folder);
        ade.run(&["init", "."]).succeeds();
        let app = Self { folder, ade, database };
        app.sql(
            "create table people(id integer primary key, email text, kind text, gone integer, at integer);
             with recursive n(i) as (select 1 union all select i + 1 from n where i < 10)
             insert into people select i, i || '@shop.org', case when i < 3 then 'test' when i = 3 then 'bot' end, 0, i from n",
        );
        app.ingest();
        app
    }

    fn sql(&self, statements: &str) {
        self.database.execute_batch(statements).unwrap();
    }

    fn ingest(&self) -> String {
        self.ade.run(&["ingest"]).succeeds().all()
    }

    fn rows(&self, sql: &str) -> String {
        self.ade.rows(sql).join(" ")
    }
}

#[test]
fn rows_that_are_gone_go_from_where_they_are() {
    for on_delete in ["remove", "mark"] {
        let app = App::new(INCREMENTAL, &format!("        on_delete: {on_delete}\n{TESTS}"));
        assert_eq!(app.rows(APART), "1 2");
        app.sql("delete from people where id in (1, 5, 6)");
        let all = app.ingest();
        let done = if on_delete == "mark" { "marked as deleted" } else { "removed" };
        assert!(all.contains(&format!("2 rows that the source has not got any more are {done}")), "{all}");
        assert!(
            all.contains("1 row that the source has not got any more is removed from app__quarantine.people"),
            "{all}"
        );
        assert_eq!(app.rows(APART), "2", "{on_delete}");
        let there = if on_delete == "mark" { " where not _ade_is_deleted" } else { "" };
        assert_eq!(app.rows(&format!("select count(*) from app.people{there}")), "5");
        if on_delete == "mark" {
            // When ade noticed is when the row with the mark landed.
            let noticed = "select count(*) from app.people where _ade_is_deleted and _ade_loaded_at > (select max(_ade_loaded_at) from app.people where not _ade_is_deleted)";
            assert_eq!(app.rows(noticed), "2");
        }
        // Nothing more is gone, and nothing is told; what is kept apart alone may go, too.
        let all = app.ingest();
        assert!(!all.contains("any more"), "{all}");
        app.sql("delete from people where id = 2");
        let all = app.ingest();
        assert!(all.contains("is removed from app__quarantine.people") && all.contains("✓ success"), "{all}");
        assert_eq!(app.rows(APART), "", "{on_delete}");
    }
}

#[test]
fn rows_that_are_missed_are_told_whatever_is_left_out_kept_apart_or_marked() {
    for on_delete in ["remove", "mark"] {
        let app = App::new(INCREMENTAL, &format!("        on_delete: {on_delete}\n        deleted: gone\n{TESTS}"));
        app.sql("update people set gone = 1, at = 11 where id = 10");
        let all = app.ingest();
        assert!(!all.contains("not in the table") && !all.contains("all the same"), "{all}");
        // One that should be there, one of each that should not.
        app.sql("insert into people values (20, 'x', null, 0, 1), (21, 'x', 'bot', 0, 1), (22, 'x', null, 1, 1)");
        let all = app.ingest();
        assert!(
            all.contains("1 row of the source is not in the table: its cursor did not say that it changed"),
            "{all}"
        );
        if on_delete == "mark" {
            app.sql("delete from people where id = 9");
            app.ingest();
            app.sql("insert into people values (9, 'x', null, 0, 1)");
            let all = app.ingest();
            assert!(all.contains("1 row is marked as deleted and in the source all the same"), "{all}");
        }
    }
}

#[test]
fn a_captured_row_that_is_kept_apart_goes_with_its_source() {
    let server = Postgres::start().unwrap();
    server
        .psql(
            "create table people(id bigint primary key, email text, kind text, gone bigint, at bigint);
             insert into people select i, 'x', case when i < 3 then 'test' end, 0, i from generate_series(1, 5) i",
        )
        .unwrap();
    for mode in ["mode: capture, key: [id]", "mode: full, key: [id]"] {
        let folder = Folder::new();
        let port = server.port();
        folder.write("ade.yml", format!("name: shop\nconnections:\n  app: {{type: postgres, host: 127.0.0.1, port: {port}, user: postgres, database: postgres}}\n"));
        folder.write(
            "sources/s.yml",
            format!(
                "sources:\n  - name: app\n    connection: app\n    tables:\n      - name: people\n        ingest: {{from: public.people, {mode}}}\n{TESTS}{COLUMNS}"
            ),
        );
        let ade = program(&folder);
        ade.run(&["init", "."]).succeeds();
        ade.run(&["ingest"]).succeeds();
        assert_eq!(ade.rows(APART).join(" "), "1 2");
        server.psql("delete from people where id = 1").unwrap();
        let all = ade.run(&["ingest"]).succeeds().all();
        assert_eq!(ade.rows(APART).join(" "), "2", "{mode}");
        let told = if mode.contains("full") {
            "1 × rule `tests`; 1 row there, 2 before"
        } else {
            "1 row left app__quarantine.people"
        };
        assert!(all.contains(told), "{all}");
        server.psql("insert into people values (1, 'x', 'test', 0, 1)").unwrap();
    }
}

#[test]
fn what_is_kept_apart_goes_when_its_reason_does() {
    // All rows come again: nothing is left.
    let app = App::new("mode: full", TESTS);
    app.folder.replace("sources/s.yml", TESTS, "");
    let all = app.ingest();
    assert!(all.contains("2 rows left app__quarantine.people"), "{all}");
    assert_eq!((app.rows(APART), app.rows("select count(*) from app.people")), (String::new(), "10".to_owned()));
    // Those that come again by their cursor change sides, the others wait, and that is told.
    let app = App::new(INCREMENTAL, "        drift: {newly_nullable: quarantine_rows}\n");
    app.folder.replace(
        "sources/s.yml",
        "data_type: varchar, privacy: email",
        "data_type: varchar, nullable: false, privacy: email",
    );
    app.sql("update people set email = null, at = 20 where id in (4, 5)");
    app.ingest();
    assert_eq!(app.rows(APART), "4 5");
    let all = app.ingest();
    assert!(!all.contains("no reason any more"), "{all}");
    app.folder.replace("sources/s.yml", "nullable: false, ", "");
    app.sql("update people set at = 21 where id = 4; update people set at = 19 where id = 5");
    let all = app.ingest();
    assert!(all.contains("1 row left app__quarantine.people"), "{all}");
    let told = "1 row in app__quarantine.people is kept apart for what is no reason any more";
    assert!(all.contains(told) && all.contains("`--full-refresh` reads it"), "{all}");
    assert_eq!((app.rows(APART), app.rows("select count(*) from app.people")), ("5".to_owned(), "9".to_owned()));
    let all = app.ade.run(&["ingest", "--full-refresh"]).succeeds().all();
    assert!(!all.contains("no reason any more"), "{all}");
    assert_eq!((app.rows(APART), app.rows("select count(*) from app.people")), (String::new(), "10".to_owned()));
}

#[test]
fn rows_that_come_again_are_not_counted_as_new() {
    let app = App::new("mode: full", TESTS);
    app.sql("insert into people values (11, 'x', 'test', 0, 11)");
    let all = app.ingest();
    assert!(
        all.contains("rows kept apart in app__quarantine.people: 3 × rule `tests`; 3 rows there, 2 before"),
        "{all}"
    );
    let all = app.ingest();
    assert!(all.contains("3 × rule `tests`; 3 rows there, as before") && all.contains("= unchanged"), "{all}");
}

#[test]
fn a_table_goes_back_and_is_kept_up_together_with_what_is_kept_apart() {
    let app = App::new(INCREMENTAL, TESTS);
    app.sql(
        "update people set kind = 'test', at = 11 where id = 4; update people set kind = null, at = 12 where id = 1",
    );
    app.ingest();
    assert_eq!((app.rows(HERE), app.rows(APART)), ("1 5 6 7 8 9 10".to_owned(), "2 4".to_owned()));
    let told = app.ade.run(&["restore", "app.people", "--to", "0"]).succeeds().all();
    assert!(
        told.contains("The rows that are kept apart, in app__quarantine.people, are as they were then, too."),
        "{told}"
    );
    assert_eq!((app.rows(HERE), app.rows(APART)), ("4 5 6 7 8 9 10".to_owned(), "1 2".to_owned()));
    // Its position went back, too.
    app.ingest();
    assert_eq!((app.rows(HERE), app.rows(APART)), ("1 5 6 7 8 9 10".to_owned(), "2 4".to_owned()));
    let history = app.ade.run(&["history", "app__quarantine.people"]).succeeds().text();
    assert!(history.contains("restore"), "{history}");
    let told = app.ade.run(&["restore", "app__quarantine.people", "--to", "0"]).exits(2).all();
    assert!(told.contains("it is restored with that table alone") && told.contains("ade restore app.people"), "{told}");
    let told = app.ade.run(&["maintain", "--select", "source:app.people", "--output", "json"]).succeeds().json_lines();
    let mut tables: Vec<&str> = told.iter().filter_map(|line| line["table"].as_str()).collect();
    tables.sort_unstable();
    assert_eq!(tables, ["app.people", "app__quarantine.people"]);
}

#[test]
fn a_table_goes_back_to_before_anything_was_kept_apart() {
    let app =
        App::new("mode: incremental, cursor: at, key: [id]", "        drift: {newly_nullable: quarantine_rows}\n");
    app.folder.replace(
        "sources/s.yml",
        "data_type: varchar, privacy: email",
        "data_type: varchar, nullable: false, privacy: email",
    );
    app.sql("update people set email = null, at = 20 where id in (4, 5)");
    app.ingest();
    assert_eq!(app.rows(APART), "4 5");
    app.ade.run(&["restore", "app.people", "--to", "0"]).succeeds();
    assert_eq!((app.rows(APART), app.rows("select count(*) from app.people")), (String::new(), "10".to_owned()));
    app.ingest();
    assert_eq!((app.rows(APART), app.rows("select count(*) from app.people")), ("4 5".to_owned(), "8".to_owned()));
}

/// Whoever dies after the first of the two commits has brought rows apart of a load that is not there.
#[test]
fn what_is_kept_apart_is_of_the_same_load_as_the_table() {
    let app = App::new("mode: full, key: [id]", TESTS);
    assert_eq!((app.rows(HERE), app.rows(APART)), ("4 5 6 7 8 9 10".to_owned(), "1 2".to_owned()));
    app.sql("update people set kind = 'test' where id = 4; update people set kind = null where id = 1");
    let crashing = app.ade.env("FAILPOINTS", "run::source::kept_apart=1*return(abort)");
    assert_eq!(crashing.run(&["ingest"]).signal, Some(6), "SIGABRT");
    assert_eq!(app.rows(APART), "2 4");
    // The source is as it was before.
    app.sql("update people set kind = null where id = 4; update people set kind = 'test' where id = 1");
    app.ingest();
    assert_eq!((app.rows(HERE), app.rows(APART)), ("4 5 6 7 8 9 10".to_owned(), "1 2".to_owned()));
    let versions = |app: &App| app.ade.run(&["history", "app__quarantine.people"]).succeeds().text();
    let before = versions(&app);
    assert!(app.ingest().contains("= unchanged"));
    assert_eq!(versions(&app), before);
}
