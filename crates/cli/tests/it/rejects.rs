//! Rejects: where they lie, what is shown of them, how they land after a fix, and when there are too many.
use ade_testing::{Folder, Program, leaks};
use rusqlite::Connection;

use crate::program::program;

const SOURCES: &str = "sources:
  - name: app
    connection: app
    tables:
      - name: orders
        ingest: {mode: incremental, cursor: at, key: [id]}
        drift: {retyped_column: POLICY, newly_nullable: quarantine_rows}
        rows:
          - {name: tests, where: \"kind = 'test'\", then: quarantine}
        columns:
          - {name: id, data_type: bigint, privacy: identifier}
          - {name: email, data_type: varchar, privacy: email, nullable: false}
          - {name: price, data_type: \"decimal(10,2)\", privacy: public}
          - {name: kind, data_type: varchar, privacy: public}
          - {name: at, data_type: bigint, privacy: public}
";

struct Shop {
    folder: Folder,
    ade: Program,
    database: Connection,
}

impl Shop {
    /// Order 1 is fine; 2 has a price that is none, 3 no email, 4 is a test.
    fn new(policy: &str) -> Self {
        let folder = Folder::with(&[
            ("ade.yml", "name: shop\nconnections:\n  app: {type: sqlite, path: app.db}\n"),
            ("sources/s.yml", &SOURCES.replace("POLICY", policy)),
        ]);
        let database = Connection::open(folder.at("app.db")).unwrap();
        let ade = program(&folder);
        ade.run(&["init", "."]).succeeds();
        let shop = Self { folder, ade, database };
        shop.sql(
            "create table orders(id integer primary key, email text, price, kind text, at integer);
             insert into orders values (1, 'a@shop.org', 10, null, 1), (2, 'b@shop.org', 'grace@shop.org', null, 2),
               (3, null, 30, null, 3), (4, 'd@shop.org', 40, 'test', 4)",
        );
        shop
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

    fn ade(&self, arguments: &[&str]) -> String {
        self.ade.run(arguments).succeeds().all()
    }
}

const OPEN: &str = "select kind, rule, state from ade.rejects order by rejected_at, rule";

#[test]
fn all_that_was_rejected_is_one_table_and_says_why() {
    let shop = Shop::new("quarantine_rows");
    assert_eq!(shop.rows("select count(*) from ade.rejects"), "0", "nothing has come yet");
    assert!(shop.ade(&["rejects", "list"]).contains("no reject is open"));
    shop.ingest();
    assert_eq!(shop.rows(OPEN), "row,newly_nullable(email),open row,retyped_column(price),open row,tests,open");
    assert_eq!(shop.rows("select count(*) from app__quarantine.rejects"), "3");
    let record = "select record from ade.rejects where rule = 'tests'";
    let record = shop.rows(record);
    assert!(record.contains("\"price\"") && record.contains("test") && !record.contains("d@shop.org"), "{record}");
    let listed = shop.ade(&["rejects", "list", "--source", "app", "--table", "orders"]);
    assert!(listed.contains("retyped_column(price)") && listed.contains("app.orders"), "{listed}");
    let listed = shop.ade(&["rejects", "list", "--rule", "retyped_column"]);
    assert!(!listed.contains("tests") && listed.contains("retyped_column(price)"), "{listed}");
    let shown = shop.ade(&["rejects", "show", "--rule", "retyped_column(price)"]);
    assert!(shown.contains("`price` is no numeric(10,2)") && shown.contains("is sealed"), "{shown}");
    assert!(!shown.contains("grace"), "{shown}");
    shop.ade.run(&["rejects", "list", "--table", "ordres"]).exits(2);
    let names = shop.rows("select table_schema || '.' || table_name from information_schema.tables order by 1");
    assert!(names.contains("ade.rejects"), "{names}");
}

#[test]
fn a_value_alone_is_kept_apart_and_its_row_lands() {
    let shop = Shop::new("quarantine_value");
    let told = shop.ingest();
    assert!(
        told.contains(
            "values kept apart in app__quarantine.orders, their rows land without them: 1 × `price` is no numeric(10,2)"
        ),
        "{told}"
    );
    assert_eq!(shop.rows("select count(*) from app.orders where price is null"), "1");
    assert_eq!(
        shop.rows("select kind, rule, sealed like '{\"price\":\"ade1:%' from ade.rejects where kind = 'value'"),
        "value,retyped_column(price),true"
    );
    // The row comes again and is as promised: what was kept apart of it goes.
    shop.sql("update orders set price = 20, at = 5 where id = 2");
    shop.ingest();
    assert_eq!(shop.rows("select sum(price) from app.orders"), "30.00");
    assert_eq!(shop.rows("select count(*) from ade.rejects where kind = 'value'"), "0");
}

#[test]
fn what_is_mended_lands_once_and_what_is_not_stays() {
    let shop = Shop::new("quarantine_rows");
    shop.ingest();
    let told = shop.ade(&["rejects", "replay"]);
    assert!(
        told.contains("3 rejects stay: 1 × `price` is no numeric(10,2), 1 × no `email`, 1 × rule `tests`"),
        "{told}"
    );
    // Two promises are taken back.
    shop.folder.replace("sources/s.yml", ", nullable: false", "");
    shop.folder.replace("sources/s.yml", "kind = 'test'", "kind = 'bot'");
    shop.folder.replace("sources/s.yml", "name: tests", "name: bots");
    let told = shop.ade(&["rejects", "replay", "--source", "app"]);
    assert!(told.contains("replayed: 2 rows"), "{told}");
    assert!(told.contains("1 reject stays: 1 × `price` is no numeric(10,2)"), "{told}");
    assert_eq!(shop.rows("select count(*), count(email), sum(price) from app.orders"), "3,2,80.00");
    assert_eq!(shop.rows(OPEN).matches("replayed").count(), 2);
    // Twice is once.
    let told = shop.ade(&["rejects", "replay"]);
    assert!(told.contains("1 reject stays"), "{told}");
    assert_eq!(shop.rows("select count(*) from app.orders"), "3");
    assert!(!shop.ade(&["rejects", "list"]).contains("newly_nullable"));
    assert!(shop.ade(&["rejects", "list", "--all"]).contains("replayed"));
}

#[test]
fn a_replay_never_overwrites_what_landed_later() {
    let shop = Shop::new("quarantine_value");
    shop.ingest();
    // Rows that came later, of which one is rejected in its own right.
    shop.sql("update orders set email = 'c@shop.org', price = 33, at = 6 where id = 3");
    shop.ingest();
    shop.folder.replace("sources/s.yml", ", nullable: false", "");
    shop.ade(&["rejects", "replay", "--rule", "newly_nullable"]);
    assert_eq!(shop.rows("select price from app.orders where price > 30"), "33.00");
    assert_eq!(
        shop.rows("select count(*) from ade.rejects where state = 'replayed'"),
        "0",
        "it went with the later row"
    );
}

#[test]
fn a_value_of_another_type_than_the_rows_that_are_there_stays() {
    let folder = Folder::with(&[
        ("ade.yml", "name: shop\nconnections:\n  feed: {type: files, path: feed}\n"),
        (
            "sources/s.yml",
            "sources:\n  - name: feed\n    connection: feed\n    tables:\n      - name: t\n        ingest: {from: '*.csv', mode: incremental, key: [id]}\n        drift: {retyped_column: quarantine_value}\n        columns:\n          - {name: id, data_type: bigint, privacy: public}\n          - {name: day, data_type: date, privacy: public}\n",
        ),
        ("feed/a.csv", "id,day\n1,2026-01-01\n2,soon\n"),
    ]);
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    ade.run(&["ingest"]).succeeds();
    assert_eq!(ade.rows("select id, day from feed.t order by id").join(" "), "1,2026-01-01 2,");
    assert_eq!(ade.rows("select place from ade.rejects"), ["\"a.csv, row 2\""]);
    // The table lands as text from now on; then the value fits.
    folder.replace("sources/s.yml", "data_type: date", "data_type: varchar");
    let told = ade.run(&["rejects", "replay"]).succeeds().all();
    assert!(told.contains("`day` landed as date and is promised otherwise now"), "{told}");
}

#[test]
fn values_of_a_new_column_wait_sealed_until_somebody_classifies_it() {
    let folder = Folder::with(&[
        ("ade.yml", "name: shop\nconnections:\n  feed: {type: files, path: feed}\n"),
        (
            "sources/s.yml",
            "sources:\n  - name: feed\n    connection: feed\n    tables:\n      - name: t\n        ingest: {from: '*.csv', mode: incremental, key: [id]}\n        drift: {new_column: quarantine_value}\n        columns:\n          - {name: id, data_type: bigint, privacy: public}\n",
        ),
        ("feed/a.csv", "id,phone\n1,+49 30 5550127\n2,\n3,+49 30 5550128\n"),
    ]);
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    let told = ade.run(&["ingest"]).succeeds().all();
    assert!(
        told.contains("its values are kept apart, sealed") && told.contains("2 × a value in the new column `phone`"),
        "{told}"
    );
    assert_eq!(ade.rows("select count(*) from feed.t"), ["3"]);
    let listed = "privacy: public}\n          - {name: phone, data_type: varchar, privacy: phone}\n";
    folder.replace("sources/s.yml", "privacy: public}\n", listed);
    let told = ade.run(&["rejects", "replay"]).succeeds().all();
    assert!(told.contains("2 rejects stay: 2 × `phone` has not landed: run `ade ingest` first"), "{told}");
    // Row 3 comes again, with another number.
    folder.write("feed/b.csv", "id,phone\n3,+49 30 5550129\n4,+49 30 5550127\n");
    ade.run(&["ingest"]).succeeds();
    let told = ade.run(&["rejects", "replay"]).succeeds().all();
    assert!(told.contains("replayed: 1 value"), "{told}");
    let same = "select count(*) from feed.t a join feed.t b on a.phone = b.phone and a.id < b.id";
    assert_eq!(ade.rows(same), ["1"], "1 and 4 have the same number, treated alike");
    assert_eq!(ade.rows("select count(*) from feed.t where phone is null"), ["1"]);
    let files: Vec<_> =
        folder.files().into_iter().filter(|path| path.extension().is_none_or(|end| end != "csv")).collect();
    assert_eq!(leaks(&files, &["5550127", "5550128"]), []);
}

#[test]
fn what_is_discarded_does_not_count_until_something_about_it_is_new() {
    let shop = Shop::new("quarantine_rows");
    shop.ingest();
    shop.ade.run(&["rejects", "discard"]).exits(2);
    let told = shop.ade(&["rejects", "discard", "--rule", "tests"]);
    assert!(told.contains("app.orders: 1 discarded"), "{told}");
    assert!(!shop.ade(&["rejects", "list"]).contains("tests"));
    // It comes again as it was.
    shop.sql("update orders set at = 7 where id in (2, 4)");
    let told = shop.ingest();
    assert!(told.contains("2 rows there, as before"), "{told}");
    assert_eq!(
        shop.rows("select state, settled_at is not null from ade.rejects where rule = 'tests'"),
        "discarded,true"
    );
    // A discarded price that is another one now is open again.
    shop.ade(&["rejects", "discard", "--rule", "retyped_column(price)"]);
    shop.sql("update orders set price = 'other', at = 8 where id = 2");
    shop.ingest();
    assert_eq!(shop.rows("select state from ade.rejects where rule = 'retyped_column(price)'"), "open");
}

#[test]
fn a_load_with_too_many_rejects_fails_and_changes_nothing() {
    let shop = Shop::new("quarantine_rows");
    shop.folder.replace("sources/s.yml", "        rows:\n", "        max_rejects: 1\n        rows:\n");
    let told = shop.ade.run(&["ingest"]).exits(1).all();
    assert!(told.contains("2 of 4 records of `app.orders` would be rejected, and a load may have 1 reject"), "{told}");
    assert!(told.contains("1 × `price` is no numeric(10,2)"), "{told}");
    assert!(!told.contains("grace"), "{told}");
    assert_eq!(shop.rows("select count(*) from ade.rejects"), "0");
    // What a rule tells is no reject of this kind.
    shop.folder.replace("sources/s.yml", "max_rejects: 1", "max_rejects: 50 %");
    shop.ingest();
    assert_eq!(shop.rows("select count(*) from ade.rejects"), "3");
    shop.folder.replace("sources/s.yml", "max_rejects: 50 %", "max_rejects: some");
    let told = shop.ade.run(&["check"]).exits(2).all();
    assert!(told.contains("`some` does not say how many rejects a load may have"), "{told}");
}

#[test]
fn raw_values_of_rejects_come_to_rest_nowhere() {
    for policy in ["quarantine_rows", "quarantine_value"] {
        let shop = Shop::new(policy);
        shop.ingest();
        shop.ade(&["rejects", "show"]);
        shop.ade(&["rejects", "replay"]);
        let files: Vec<_> = shop.folder.files().into_iter().filter(|path| !path.ends_with("app.db")).collect();
        assert_eq!(leaks(&files, &["grace@shop.org"]), [], "{policy}");
    }
}

#[test]
fn a_replay_that_dies_is_done_once_all_the_same() {
    for (point, keyed) in [("set_aside", true), ("committed", true), ("set_aside", false), ("committed", false)] {
        let shop = Shop::new("quarantine_rows");
        if !keyed {
            shop.folder.replace("sources/s.yml", "mode: incremental, cursor: at, key: [id]", "mode: full");
        }
        shop.ingest();
        shop.folder.replace("sources/s.yml", "name: tests", "name: bots");
        let dying = shop.ade.env("FAILPOINTS", &format!("run::rejects::{point}=1*return(abort)"));
        assert_eq!(dying.run(&["rejects", "replay", "--rule", "tests"]).signal, Some(6), "SIGABRT");
        let told = shop.ade(&["rejects", "replay", "--rule", "tests"]);
        assert_eq!(told.contains("replayed: 1 row"), point == "set_aside", "{told}");
        assert_eq!(shop.rows("select count(*) from app.orders where kind = 'test'"), "1", "{point}, {keyed}");
        assert_eq!(shop.rows("select state from ade.rejects where rule = 'tests'"), "replayed", "{point}, {keyed}");
    }
}

/// A feed of one file, of which all columns are promised, or only the first.
pub(crate) fn feed(file: &str, typed: bool, content: &[u8]) -> (Folder, Program) {
    let data_type = |name: &str| if typed { format!(", data_type: {name}") } else { String::new() };
    let sources = format!(
        "sources:\n  - name: feed\n    connection: feed\n    tables:\n      - name: t\n        ingest: {{from: {file}, mode: incremental}}\n        drift: {{broken_record: quarantine_rows}}\n        columns:\n          - {{name: id, privacy: public{}}}\n          - {{name: note, privacy: public{}}}\n",
        data_type("bigint"),
        data_type("varchar")
    );
    let folder = Folder::with(&[
        ("ade.yml", "name: shop\nconnections:\n  feed: {type: files, path: feed}\n"),
        ("sources/s.yml", &sources),
    ]);
    folder.write(&format!("feed/{file}"), content);
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    (folder, ade)
}

#[test]
fn broken_records_of_files_are_kept_apart_and_go_with_their_file() {
    let csv =
        b"id,note\n1,fine\n2,one,too many canary\n\n3,\"two\nlines\"\n4,bad \xFF canary\n5,\"quoted\"canary\n6,last\n";
    let json = b"{\"id\": 1, \"note\": \"fine\"}\n{\"id\": 2, \"note\": canary}\n\n{\"id\": 3, \"note\": \"two\"}\n{\"id\": 4, \"note\": \"\xFF canary\"}\n[\"canary\"]\n{\"id\": 6, \"note\": \"last\"}\n";
    for (file, content, lines) in [
        ("t.csv", &csv[..], ["t.csv, line 3", "t.csv, line 7", "t.csv, line 8"]),
        ("t.jsonl", &json[..], ["t.jsonl, line 2", "t.jsonl, line 5", "t.jsonl, line 6"]),
    ] {
        for typed in [true, false] {
            let (folder, ade) = feed(file, typed, content);
            let told = ade.run(&["ingest"]).succeeds().all();
            assert!(told.contains("records kept apart in feed__quarantine.t: 3 × broken record"), "{told}");
            assert_eq!(ade.rows("select id from feed.t order by id"), ["1", "3", "6"], "{file}");
            let places = ade.rows("select place from ade.rejects order by place").join(" ").replace('"', "");
            assert_eq!(places, lines.join(" "), "typed: {typed}");
            assert_eq!(
                ade.rows("select distinct kind || rule || (record is null) from ade.rejects"),
                ["recordbroken_recordtrue"]
            );
            let shown = ade.run(&["rejects", "show"]).succeeds().all();
            assert!(!shown.contains("canary") && shown.contains("is sealed"), "{shown}");
            let files: Vec<_> =
                folder.files().into_iter().filter(|path| !path.starts_with(folder.at("feed"))).collect();
            assert_eq!(leaks(&files, &["canary"]), []);
            // They are mended: the file is another one.
            folder.write(
                &format!("feed/{file}"),
                if file == "t.csv" {
                    "id,note\n1,x\n2,y\n"
                } else {
                    "{\"id\": 1, \"note\": \"x\"}\n{\"id\": 2, \"note\": \"y\"}\n"
                },
            );
            ade.run(&["ingest"]).succeeds();
            assert_eq!(ade.rows("select count(*) from ade.rejects"), ["0"]);
            assert_eq!(ade.rows("select count(*) from feed.t"), ["2"]);
        }
    }
}

#[test]
fn broken_records_stop_their_file_are_left_out_or_are_too_many_as_the_project_says() {
    let (folder, ade) = feed("t.csv", true, b"id,note\n1,fine\n2\n3,three\n");
    folder.replace("sources/s.yml", "quarantine_rows", "ignore");
    let told = ade.run(&["ingest"]).succeeds().all();
    assert!(told.contains("1 record left out: no row can be made of it"), "{told}");
    assert_eq!(ade.rows("select count(*) from feed.t"), ["2"]);
    folder.replace("sources/s.yml", "broken_record: ignore", "broken_record: quarantine_rows");
    folder.replace("sources/s.yml", "        columns:", "        max_rejects: 10 %\n        columns:");
    folder.write("feed/t.csv", "id,note\n1,fine\n2\n3,thre\n");
    let told = ade.run(&["ingest"]).exits(1).all();
    assert!(told.contains("1 of 3 records of `feed.t` would be rejected, and a load may have 0 rejects"), "{told}");
    folder.replace("sources/s.yml", "broken_record: quarantine_rows", "broken_record: stop");
    let told = ade.run(&["ingest"]).exits(1).all();
    assert!(told.contains("`t.csv`, line 3: expected 2 fields as in the header, found 1"), "{told}");
    folder.replace("sources/s.yml", "broken_record: stop", "broken_record: evolve");
    let told = ade.run(&["check"]).exits(2).all();
    assert!(told.contains("`evolve` means nothing for `broken_record`"), "{told}");
}
