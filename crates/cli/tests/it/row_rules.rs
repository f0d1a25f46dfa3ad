//! Rows that are not what a table is about, and rows that the source means as deleted.
use ade_testing::{Folder, Program, leaks};
use rusqlite::Connection;

use crate::program::program;

const PROJECT: &str = "name: shop\nconnections:\n  app: {type: sqlite, path: app.db}\n";

fn sources(ingest: &str, rules: &str) -> String {
    format!(
        "sources:\n  - name: app\n    connection: app\n    tables:\n      - name: people\n        ingest: {{{ingest}}}\n{rules}        columns:\n          - {{name: id, data_type: bigint, privacy: public}}\n          - {{name: email, data_type: varchar, privacy: email}}\n          - {{name: origin, data_type: varchar, privacy: {{class: public, treatment: drop}}}}\n          - {{name: gone, data_type: bigint, privacy: public}}\n          - {{name: at, data_type: bigint, privacy: public}}\n"
    )
}

struct App {
    folder: Folder,
    ade: Program,
    database: Connection,
}

impl App {
    fn new(ingest: &str, rules: &str) -> Self {
        let folder = Folder::with(&[("ade.yml", PROJECT), ("sources/s.yml", &sources(ingest, rules))]);
        let database = Connection::open(folder.at("app.db")).unwrap();
        let ade = program(&folder);
        ade.run(&["init", "."]).succeeds();
        let app = Self { folder, ade, database };
        app.sql("create table people(id integer primary key, email text, origin text, gone integer, at integer)");
        for (id, email, origin) in [
            (1, "ann@shop.org", "'app'"),
            (2, "qa1@example.com", "'app'"),
            (3, "old@shop.org", "'legacy'"),
            (4, "qa2@example.com", "'legacy'"),
            (5, "eve@shop.org", "null"),
        ] {
            app.sql(&format!("insert into people values ({id}, '{email}', {origin}, 0, {id})"));
        }
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

const RULES: &str = "        rows:\n          - {name: test_accounts, where: \"email like '%@example.com'\", then: THEN}\n          - {name: migrated, where: \"origin = 'legacy'\", then: mark}\n";
const INCREMENTAL: &str = "mode: incremental, cursor: at, key: [id]";

#[test]
fn rows_are_told_by_what_the_source_has_and_kept_out_marked_or_apart() {
    for ingest in ["mode: full", INCREMENTAL] {
        let app = App::new(ingest, &RULES.replace("THEN", "drop"));
        assert!(app.ingest().contains("rows left out: 2 × `test_accounts`"));
        // The column that tells has not landed, and NULL tells nothing.
        let marked = "select id, _ade_marks from app.people order by id";
        assert_eq!(app.rows(marked), "1, 3,migrated 5,", "{ingest}");
        // A row that becomes one of them goes, and comes back.
        app.sql("update people set email = 'qa3@example.com', at = 10 where id = 1");
        app.ingest();
        assert_eq!(app.rows(marked), "3,migrated 5,", "{ingest}");
        app.sql("update people set email = 'ann@shop.org', at = 11 where id = 1");
        app.ingest();
        assert_eq!(app.rows(marked), "1, 3,migrated 5,", "{ingest}");

        let app = App::new(ingest, &RULES.replace("THEN", "quarantine"));
        assert!(app.ingest().contains("rows kept apart in app__quarantine.people: 2 × rule `test_accounts`"));
        assert_eq!(app.rows(marked), "1, 3,migrated 5,", "{ingest}");
        assert_eq!(
            app.rows("select id, _ade_reason from app__quarantine.people order by id"),
            "2,rule `test_accounts` 4,rule `test_accounts`"
        );
        // No value that was treated lies anywhere, kept apart or not.
        let found = leaks(&app.folder.files(), &["qa1@example.com"]);
        assert!(found.iter().all(|leak| leak.place.contains("app.db")), "{found:?}");
    }
}

#[test]
fn rules_that_change_are_a_reason_to_load_anew() {
    let app = App::new(INCREMENTAL, &RULES.replace("THEN", "drop"));
    app.ingest();
    app.folder.replace("sources/s.yml", "'%@example.com'", "'%@shop.org'");
    let all = app.ade.run(&["ingest"]).exits(1).all();
    assert!(all.contains("told rows apart otherwise than now") && all.contains("--full-refresh"), "{all}");
    app.ade.run(&["ingest", "--full-refresh"]).succeeds();
    assert_eq!(app.rows("select id from app.people order by id"), "2 4");
}

#[test]
fn soft_deletes_remove_or_mark() {
    for ingest in ["mode: full", INCREMENTAL] {
        for told in ["gone", "gone is distinct from 0", "origin = 'deleted'"] {
            let app = App::new(ingest, &format!("        deleted: \"{told}\"\n"));
            app.ingest();
            assert_eq!(app.rows("select count(*) from app.people"), "5");
            app.sql("update people set gone = 1, origin = 'deleted', at = 10 where id in (2, 3)");
            app.ingest();
            assert_eq!(app.rows("select id from app.people order by id"), "1 4 5", "{ingest} {told}");
            app.sql("update people set gone = 0, origin = 'app', at = 11 where id = 3");
            app.ingest();
            assert_eq!(app.rows("select id from app.people order by id"), "1 3 4 5", "{ingest} {told}");

            let app = App::new(ingest, &format!("        deleted: \"{told}\"\n        on_delete: mark\n"));
            app.sql("update people set gone = 1, origin = 'deleted', at = 10 where id in (2, 3)");
            app.ingest();
            app.sql("update people set gone = 0, origin = 'app', at = 11 where id = 3");
            app.ingest();
            let marked = app.rows("select id, _ade_is_deleted from app.people order by id");
            assert_eq!(marked, "1,false 2,true 3,false 4,false 5,false", "{ingest} {told}");
        }
    }
}

#[test]
fn slips_in_conditions_are_found_without_asking_the_source() {
    for (condition, told) in [
        ("emial like '%@example.com'", "there is no column emial"),
        ("email like", "rule `test_accounts` of `app.people`"),
        ("lower(email)", "gives varchar, no condition"),
        ("id in (select 1)", "over the columns of a row alone"),
        ("at > extract(epoch from now())", "asks for the time"),
        ("count(*) > 1", "over the columns of a row alone"),
    ] {
        let rules = RULES.replace("email like '%@example.com'", condition).replace("THEN", "drop");
        let app = App::new("mode: full", &rules);
        let all = app.ade.run(&["check"]).exits(2).all();
        assert!(all.contains(told), "{condition}: {all}");
        assert!(app.ade.run(&["ingest"]).exits(1).all().contains("test_accounts"));
    }
    let app = App::new("mode: full", "        deleted: email\n");
    let all = app.ade.run(&["check"]).exits(2).all();
    assert!(all.contains("`deleted` of `app.people` gives varchar"), "{all}");
    // A condition that fails on a value does not tell which.
    let app = App::new(
        "mode: full",
        &RULES.replace("email like '%@example.com'", "cast(email as bigint) = 1").replace("THEN", "drop"),
    );
    let all = app.ade.run(&["ingest", "--log", "trace"]).exits(1).all();
    assert!(all.contains("cannot be computed for some row") && !all.contains("shop.org"), "{all}");
}

/// Whoever dies between the two tables finds the same rows again, and each is in one of them, once.
#[test]
fn a_crash_between_the_two_tables_leaves_each_row_in_one_of_them() {
    for ingest in ["mode: full", INCREMENTAL] {
        let app = App::new(ingest, &RULES.replace("THEN", "quarantine"));
        let crash = || {
            let crashing = app.ade.env("FAILPOINTS", "run::source::kept_apart=1*return(abort)");
            assert_eq!(crashing.run(&["ingest"]).signal, Some(6), "SIGABRT");
        };
        crash();
        app.ingest();
        let (here, apart) =
            ("select id from app.people order by id", "select id from app__quarantine.people order by id");
        assert_eq!((app.rows(here), app.rows(apart)), ("1 3 5".to_owned(), "2 4".to_owned()), "{ingest}");
        // Rows change sides, both ways, and it dies there again.
        app.sql("update people set email = 'qa@example.com', at = 10 where id = 1; update people set email = 'x', at = 11 where id = 2");
        crash();
        app.ingest();
        assert_eq!((app.rows(here), app.rows(apart)), ("2 3 5".to_owned(), "1 4".to_owned()), "{ingest}");
    }
}

/// A folder of files with `id,v,origin,deleted_at`, of which `origin` does not land.
fn feed(key: &str, rules: &str, files: &[(&str, &str)]) -> (Folder, Program) {
    let folder = Folder::with(&[
        ("ade.yml", "name: shop\nconnections:\n  feed: {type: files, path: data}\n"),
        (
            "sources/s.yml",
            &format!(
                "sources:\n  - name: feed\n    connection: feed\n    tables:\n      - name: t\n        ingest: {{from: '*.csv', mode: incremental{key}}}\n{rules}        columns:\n          - {{name: id, data_type: bigint, privacy: public}}\n          - {{name: v, data_type: varchar, privacy: public}}\n          - {{name: origin, data_type: varchar, privacy: {{class: public, treatment: drop}}}}\n          - {{name: deleted_at, data_type: varchar, privacy: public}}\n"
            ),
        ),
    ]);
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    for (name, rows) in files {
        file(&folder, name, rows);
    }
    ade.run(&["ingest"]).succeeds();
    (folder, ade)
}

fn file(folder: &Folder, name: &str, rows: &str) {
    folder.write(&format!("data/{name}.csv"), format!("id,v,origin,deleted_at\n{}\n", rows.replace(' ', "\n")));
}

/// However the files came, the table is the same: a row whose last version does not land is not there in an older one.
#[test]
fn a_whole_load_brings_no_row_back_that_is_out() {
    let rule = |then: &str| format!("        rows: [{{name: bad, where: \"v = 'bad'\", then: {then}}}]\n");
    for (rules, apart) in [
        ("        deleted: deleted_at is not null\n".to_owned(), false),
        (rule("drop"), false),
        (rule("quarantine"), true),
    ] {
        let first = "1,good,app, 2,good,app,";
        let out = "1,bad,app,2026-01-01";
        let here = "select id from feed.t order by id";
        let beside = "select id from feed__quarantine.t order by id";
        let (folder, ade) = feed(", key: [id]", &rules, &[("1", first)]);
        let holds = |ade: &Program, ids: &[&str], beside_ids: &[&str], when: &str| {
            assert_eq!(ade.rows(here), ids, "{rules} {when}");
            if apart {
                assert_eq!(ade.rows(beside), beside_ids, "{rules} {when}");
            }
        };
        file(&folder, "2", out);
        ade.run(&["ingest"]).succeeds();
        holds(&ade, &["2"], &["1"], "one after the other");
        ade.run(&["ingest", "--full-refresh"]).succeeds();
        holds(&ade, &["2"], &["1"], "all of them again");
        file(&folder, "1", "1,better,app, 2,better,app,");
        ade.run(&["ingest"]).succeeds();
        holds(&ade, &["2"], &["1"], "an older file is corrected");
        file(&folder, "3", "1,good,app,");
        ade.run(&["ingest"]).succeeds();
        holds(&ade, &["1", "2"], &[], "it is back");
        ade.run(&["ingest", "--full-refresh"]).succeeds();
        holds(&ade, &["1", "2"], &[], "it is back, and all of them again");
        let (_folder, ade) = feed(", key: [id]", &rules, &[("1", first), ("2", out)]);
        holds(&ade, &["2"], &["1"], "both at once");
    }
}

/// Without a key nobody knows which row comes again: each that is kept apart stays so, as long as its file has it.
#[test]
fn rows_without_a_key_are_apart_one_by_one() {
    let rules = "        rows: [{name: old, where: \"origin = 'legacy'\", then: quarantine}]\n";
    let old = "1,x,legacy,";
    let (folder, ade) = feed("", rules, &[("1", &format!("{old} {old}"))]);
    let holds = |here: &str, apart: &str| {
        assert_eq!(ade.rows("select count(*) from feed.t"), [here]);
        assert_eq!(ade.rows("select count(*) from feed__quarantine.t"), [apart]);
    };
    holds("0", "2");
    // One that does not differ in what lands, in the same file and in another.
    file(&folder, "2", &format!("1,x,app, {old} 1,x,app,"));
    ade.run(&["ingest"]).succeeds();
    holds("2", "3");
    // Whoever dies between the two tables finds the same rows again.
    file(&folder, "3", &format!("{old} {old} {old}"));
    for _ in 0..2 {
        let crashing = ade.env("FAILPOINTS", "run::source::kept_apart=1*return(abort)");
        assert_eq!(crashing.run(&["ingest"]).signal, Some(6), "SIGABRT");
    }
    ade.run(&["ingest"]).succeeds();
    holds("2", "6");
    // What a file has no more goes; another one may have its name.
    file(&folder, "1", old);
    ade.run(&["ingest"]).succeeds();
    holds("2", "5");
    std::fs::rename(folder.at("data/1.csv"), folder.at("data/9.csv")).unwrap();
    file(&folder, "1", "2,y,legacy,");
    ade.run(&["ingest"]).succeeds();
    holds("2", "6");
    ade.run(&["ingest", "--full-refresh"]).succeeds();
    holds("2", "6");
}
