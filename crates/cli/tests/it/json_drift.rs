//! Documents in a column of JSON that are not as they were: told, stopped, or kept apart, wherever they come from.
use std::fmt::Write as _;

use ade_testing::{Folder, Program, leaks};
use rusqlite::Connection;

use crate::capture::Captured;
use crate::program::program;

/// Orders in JSON lines, each with a document.
fn lines(ids: std::ops::Range<u32>, document: impl Fn(u32) -> String) -> String {
    ids.fold(String::new(), |mut text, id| {
        writeln!(text, "{{\"id\": {id}, \"payload\": {}, \"seen_by\": {{\"p{id}@example.org\": {id}}}}}", document(id))
            .unwrap();
        text
    })
}

fn feed(payload: &str) -> (Folder, Program) {
    let folder = Folder::with(&[
        ("ade.yml", "name: shop\nconnections:\n  feed: {type: files, path: feed}\n"),
        (
            "sources/s.yml",
            &format!(
                "sources:\n  - name: feed\n    connection: feed\n    tables:\n      - name: orders\n        ingest: {{from: '*.jsonl', mode: incremental}}\n        columns:\n          - {{name: id, data_type: bigint, privacy: identifier}}\n          - {{name: payload, data_type: varchar, {payload}}}\n          - {{name: seen_by, data_type: varchar, privacy: public}}\n"
            ),
        ),
        ("feed/a.jsonl", &lines(1..41, |id| format!(r#"{{"plan": "a", "seats": {id}, "to": {{"city": "x"}}}}"#))),
    ]);
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    (folder, ade)
}

#[test]
fn a_key_that_is_new_gone_or_of_another_kind_is_told_once() {
    let (folder, ade) = feed("privacy: public");
    let told = ade.run(&["ingest"]).succeeds().all();
    assert!(!told.contains("documents"), "nothing is known of before: {told}");
    folder.write(
        "feed/b.jsonl",
        lines(41..43, |_| r#"{"plan": 7, "to": {"city": "x", "zip": "1"}, "tags": ["n"]}"#.to_owned()),
    );
    let told = ade.run(&["ingest"]).succeeds().all();
    let expected = "the documents in `payload` are not as they were: new: `tags` (list), `to.zip` (text); `plan` is number, and was text; \
                    `seats` is in none of 2 documents, and was in 100 % before";
    assert!(told.contains(expected) && !told.contains("warned") && !told.contains("seen_by"), "{told}");
    let history = ade.run(&["history", "feed.orders"]).succeeds().all();
    assert!(history.contains(expected), "{history}");
    let told = ade.run(&["contract", "suggest"]).succeeds().all();
    let shape = "feed.orders.payload had in 42 documents: plan: number or text, seats: number, tags[]: text, to.city: text, to.zip: text";
    assert!(told.contains(shape), "{told}");
    assert!(told.contains("feed.orders.seen_by had in 42 documents: *: number"), "{told}");
    // It is known from now on.
    folder.write("feed/c.jsonl", lines(43..50, |_| r#"{"plan": 7, "to": {"zip": "1"}, "tags": ["n"]}"#.to_owned()));
    let told = ade.run(&["ingest"]).succeeds().all();
    assert!(!told.contains("seats") && !told.contains("zip"), "{told}");
    // Keys that are data are in no entry of the log, whatever the statistics of its files say.
    let log = folder.files().into_iter().filter(|path| path.extension().is_some_and(|end| end == "json"));
    let kept: Vec<String> = log.filter_map(|path| std::fs::read_to_string(path).ok()).collect();
    let shapes = kept.iter().flat_map(|text| text.split("\\\"shapes\\\"").skip(1));
    assert!(
        shapes.clone().count() >= 3
            && shapes.clone().all(|shape| !shape[..400.min(shape.len())].contains("example.org"))
    );
}

#[test]
fn of_a_column_that_does_not_land_as_it_is_nothing_is_remembered() {
    let (folder, ade) = feed("privacy: {treatment: pseudonym, domain: payloads}");
    ade.run(&["ingest"]).succeeds();
    folder.write("feed/b.jsonl", lines(41..43, |_| r#"{"secretkey": 1}"#.to_owned()));
    let told = ade.run(&["ingest"]).succeeds().all();
    assert!(!told.contains("payload"), "{told}");
    assert_eq!(
        leaks(
            &folder.files().into_iter().filter(|path| !path.starts_with(folder.at("feed"))).collect::<Vec<_>>(),
            &["secretkey", "seats"]
        ),
        []
    );
}

const SOURCES: &str = "
sources:
  - name: app
    connection: app
    tables:
      - name: orders
        ingest: {mode: incremental, cursor: at, key: [id]}
        drift: {json: POLICY}
        columns:
          - {name: id, data_type: bigint, privacy: identifier}
          - {name: payload, data_type: varchar, privacy: public}
          - {name: at, data_type: bigint, privacy: public}
";

struct Shop {
    folder: Folder,
    ade: Program,
    database: Connection,
}

impl Shop {
    /// Two orders have landed; a third one has a key that is new, and a fourth one has not.
    fn new(policy: &str) -> Self {
        let folder = Folder::with(&[
            ("ade.yml", "name: shop\nconnections:\n  app: {type: sqlite, path: app.db}\n"),
            ("sources/s.yml", &SOURCES.replace("POLICY", policy)),
        ]);
        let database = Connection::open(folder.at("app.db")).unwrap();
        database
            .execute_batch(
                r#"create table orders(id integer primary key, payload text, at integer);
                 insert into orders values (1, '{"plan": "a"}', 1), (2, '{"plan": "b"}', 2)"#,
            )
            .unwrap();
        let ade = program(&folder);
        ade.run(&["init", "."]).succeeds();
        ade.run(&["ingest"]).succeeds();
        let shop = Self { folder, ade, database };
        shop.sql(r#"insert into orders values (3, '{"plan": "c", "secret": "of ann"}', 3), (4, '{"plan": "d"}', 4)"#);
        shop
    }

    fn sql(&self, statements: &str) {
        self.database.execute_batch(statements).unwrap();
    }

    fn rows(&self, sql: &str) -> String {
        self.ade.rows(sql).join(" ")
    }
}

const LANDED: &str = "select id, payload is null from app.orders order by at";

#[test]
fn where_it_stops_the_table_waits_until_somebody_lets_it_land() {
    let shop = Shop::new("stop");
    let told = shop.ade.run(&["ingest"]).exits(1).all();
    assert!(
        told.contains("the documents in `payload` of `app.orders` are not as they were: new: `secret` (text)")
            && told.contains("json: evolve"),
        "{told}"
    );
    assert!(!told.contains("of ann"), "{told}");
    assert_eq!(shop.rows("select count(*) from app.orders"), "2");
    shop.folder.replace("sources/s.yml", "json: stop", "json: evolve");
    let told = shop.ade.run(&["ingest"]).succeeds().all();
    assert!(told.contains("new: `secret` (text)"), "{told}");
    shop.folder.replace("sources/s.yml", "json: evolve", "json: stop");
    shop.sql(r#"insert into orders values (5, '{"plan": "c", "secret": "of bob"}', 5)"#);
    shop.ade.run(&["ingest"]).succeeds();
    assert_eq!(shop.rows("select count(*) from app.orders"), "5");
}

#[test]
fn rows_or_their_documents_are_kept_apart_and_land_after_a_fix() {
    for (policy, landed, reject) in [
        ("quarantine_rows", "1,false 2,false 4,false", "row,json(payload),true"),
        ("quarantine_value", "1,false 2,false 3,true 4,false", "value,json(payload),false"),
    ] {
        let shop = Shop::new(policy);
        let told = shop.ade.run(&["ingest"]).succeeds().all();
        assert!(told.contains("1 × the document in `payload` has another shape than before"), "{told}");
        let ids = |text: String| text.split(' ').count();
        assert_eq!(ids(shop.rows(LANDED)), ids(landed.to_owned()), "{policy}");
        let nulls = "select count(*) - count(payload) from app.orders";
        assert_eq!(shop.rows(nulls), if policy == "quarantine_value" { "1" } else { "0" });
        assert_eq!(shop.rows("select kind, rule, sealed is null from ade.rejects"), reject);
        // What is kept apart is not how documents are from now on.
        let told = shop.ade.run(&["rejects", "replay"]).succeeds().all();
        assert!(told.contains("1 reject stays"), "{told}");
        shop.sql(r#"insert into orders values (5, '{"secret": 1}', 5)"#);
        shop.ade.run(&["ingest"]).succeeds();
        assert_eq!(shop.rows("select count(*) from ade.rejects"), "2");
        // It is meant.
        shop.folder.replace("sources/s.yml", &format!("json: {policy}"), "json: evolve");
        let told = shop.ade.run(&["rejects", "replay"]).succeeds().all();
        assert!(told.contains("replayed: 2"), "{told}");
        assert_eq!(shop.rows("select count(*), count(payload) from app.orders"), "5,5", "{policy}");
        assert_eq!(shop.rows("select count(*) from app.orders where payload like '%of ann%'"), "1");
    }
}

#[test]
fn nobody_is_told_of_what_is_ignored() {
    let shop = Shop::new("ignore");
    let told = shop.ade.run(&["ingest"]).succeeds().all();
    assert!(!told.contains("documents"), "{told}");
    assert_eq!(shop.rows("select count(*) from app.orders"), "4");
    shop.folder.replace("sources/s.yml", "{json: ignore}", "ignore");
    shop.ade.run(&["check"]).succeeds();
}

/// Of a captured table each change counts, and those that leave the document out say nothing of it.
#[test]
fn documents_of_a_captured_table_are_looked_at() {
    let source = Captured::of(
        "create schema app; create table app.orders(id int primary key, payload jsonb, note text);
         alter table app.orders alter payload set storage external;
         insert into app.orders select i, jsonb_build_object('plan', 'a', 'long', repeat('x', 5000)), null from generate_series(1, 30) i",
        "
sources:
  - name: app
    connection: db
    tables:
      - name: orders
        ingest: {from: app.orders, mode: capture, key: [id]}
",
    );
    source.ingest();
    source.psql("update app.orders set note = 'n' where id <= 5");
    assert!(!source.ingest().contains("documents"));
    source.psql("update app.orders set payload = payload || '{\"vat\": 1.5}' where id = 3");
    let told = source.ingest();
    assert!(told.contains("the documents in `payload` are not as they were: new: `vat` (number)"), "{told}");
    assert!(!source.ingest().contains("documents"));
}
