//! A person who is erased is in no table, version, file or entry of the log, and does not come back with any load.
use std::path::PathBuf;

use ade_testing::{Folder, Program, leaks};
use rusqlite::Connection;

use crate::program::program;

const PROJECT: &str = "
name: shop
environments:
  dev: {lake: lake, schema: main, custom_schema: replace}
connections:
  app: {type: sqlite, path: data/app.db}
  feed: {type: files, path: data}
";
const SOURCES: &str = "
sources:
  - name: app
    connection: app
    tables:
      - name: people
        ingest: {mode: incremental, cursor: seen, key: [id]}
        columns:
          - {name: id, data_type: bigint, privacy: identifier}
          - {name: seen, data_type: bigint, privacy: public}
          - {name: email, data_type: varchar, privacy: email}
          - {name: mail_for_support, data_type: varchar, privacy: {class: email, treatment: encrypt, domain: support}}
          - {name: motto, data_type: varchar, privacy: public}
      - name: orders
        ingest: {mode: full}
        columns:
          - {name: order_id, data_type: bigint, privacy: identifier}
          - {name: customer_id, data_type: bigint, privacy: identifier}
          - {name: what, data_type: varchar, privacy: public}
        rows:
          - {name: nameless, where: what is null, then: quarantine}
  - name: feed
    connection: feed
    tables:
      - name: letters
        ingest: {from: 'letters*.csv', mode: incremental}
        columns:
          - {name: sender, data_type: varchar, privacy: {treatment: pseudonym, domain: email, form: exact}}
          - {name: subject, data_type: varchar, privacy: public}
      - name: dropped
        ingest: {from: 'dropped*.csv', mode: incremental}
        columns:
          - {name: email, data_type: varchar, privacy: {class: email, treatment: drop}}
          - {name: word, data_type: varchar, privacy: public}
      - name: surveys
        drift: {retyped_column: quarantine_rows}
        ingest: {from: 'surveys*.csv', mode: incremental}
        columns:
          - {name: answer, data_type: bigint, privacy: public}
          - {name: place, data_type: varchar, privacy: public}
";

/// What only Ada's rows hold.
const OWN: [&str; 5] =
    ["motto of ada alone", "ada ordered this", "ada wrote this", "ada dropped this", "7358914602117"];

struct Lake {
    folder: Folder,
    ade: Program,
    database: Connection,
}

impl Lake {
    fn new() -> Self {
        let folder = Folder::with(&[
            ("ade.yml", PROJECT),
            ("sources/s.yml", SOURCES),
            (
                "models/contacts.sql",
                "{{ config(materialized='incremental', unique_key='address') }}\nselect email as address, motto, [email] as all_of_them from {{ source('app', 'people') }}",
            ),
            (
                "models/words.sql",
                "{{ config(materialized='table') }}\nselect 'who: ' || email as who, motto from {{ source('app', 'people') }}",
            ),
            (
                "models/orders_by_customer.sql",
                "{{ config(materialized='table') }}\nselect customer_id, max(what) as last from {{ source('app', 'orders') }} group by 1",
            ),
            ("data/letters1.csv", "sender,subject\nada@example.com,ada wrote this\ngrace@example.com,hello\n"),
            ("data/dropped1.csv", "email,word\nAda@Example.com ,ada dropped this\ngrace@example.com,harmless\n"),
        ]);
        // What did not fit is sealed, and may be anything.
        folder
            .write("data/surveys1.csv", "answer,place\n1,here\nof ADA@example.com,there\nof grace@example.com,there\n");
        let database = Connection::open(folder.at("data/app.db")).unwrap();
        database
            .execute_batch(
                "create table people (id integer primary key, seen integer, email text, mail_for_support text, motto text);
                 insert into people values (7358914602117, 1, ' ADA@example.com', 'Ada@Example.Com', 'motto of ada alone'),
                   (2, 2, 'grace@example.com', 'grace@example.com', 'amazing'), (3, 3, 'alan@example.com', null, 'imitate');
                 create table orders (order_id integer, customer_id integer, what text);
                 insert into orders values (1, 7358914602117, 'ada ordered this'), (2, 2, 'tea'), (3, 7358914602117, null);",
            )
            .unwrap();
        let ade = program(&folder);
        ade.run(&["init", "."]).succeeds();
        let lake = Self { folder, ade, database };
        lake.ade.run(&["build"]).succeeds();
        // Versions that are past: some hold her, some do not.
        lake.database.execute_batch("insert into people values (4, 4, 'edsger@example.com', null, 'goto')").unwrap();
        lake.folder.write("data/letters2.csv", "sender,subject\nalan@example.com,hi\n");
        lake.ade.run(&["build"]).succeeds();
        lake
    }

    /// Files that the program wrote: the lake, its state but the keys, the list and the certificates.
    fn written(&self) -> Vec<PathBuf> {
        let is_written = |path: &PathBuf| {
            let within = path.strip_prefix(self.folder.path()).unwrap().display().to_string();
            within.starts_with("lake")
                || within.starts_with("privacy")
                || (within.starts_with(".ade") && !within.contains("keys"))
        };
        self.folder.files().into_iter().filter(is_written).collect()
    }

    /// What she is in the lake.
    fn codes(&self) -> Vec<String> {
        let one = |sql: &str| self.ade.rows(sql);
        let mut codes = one("select email from app.people where motto like '%ada%'");
        codes.extend(one("select mail_for_support from app.people where motto like '%ada%'"));
        codes.extend(one("select sender from feed.letters where subject like '%ada%'"));
        assert_eq!(codes.len(), 3);
        codes
    }

    /// Where a column of addresses does not land, nothing tells her rows: they go when all is loaded again.
    fn forget_dropped(&self) {
        let full = self.ade.run(&["ingest", "--full-refresh", "--select", "source:feed.dropped"]).succeeds();
        assert!(full.all().contains("1 row of people who were erased left out"), "{}", full.all());
        self.ade.run(&["maintain", "--select", "source:feed.dropped", "--retention-hours", "0"]).succeeds();
    }

    #[track_caller]
    fn assert_gone(&self, codes: &[String]) {
        let values: Vec<&str> =
            codes.iter().map(String::as_str).chain(OWN).chain(["ada@example.com", "Ada@Example"]).collect();
        assert_eq!(leaks(&self.written(), &values), []);
        // Of the others nothing is gone.
        assert_eq!(self.ade.rows("select motto from app.people order by id"), ["amazing", "imitate", "goto"]);
        assert_eq!(self.ade.rows("select subject from feed.letters order by 1"), ["hello", "hi"]);
        assert_eq!(self.ade.rows("select word from feed.dropped"), ["harmless"]);
        assert_eq!(self.ade.rows("select count(*) from feed__quarantine.surveys"), ["1"]);
    }
}

const ERASE: [&str; 8] = [
    "privacy",
    "erase",
    "--subject",
    "email=ADA@example.com ",
    "--subject",
    "id=7358914602117",
    "--subject",
    "customer_id=7358914602117",
];

#[test]
fn a_person_is_nowhere_any_more_and_does_not_come_back() {
    let lake = Lake::new();
    let codes = lake.codes();
    let texts: Vec<&str> = codes.iter().map(String::as_str).collect();
    assert!(leaks(&lake.written(), &texts).len() > 6, "the search finds what is there");
    assert!(!leaks(&lake.written(), &OWN[..4]).is_empty());

    let before = lake.ade.rows("select count(*) from app.people");
    let dry = lake.ade.run(&[&ERASE[..], &["--dry-run"]].concat()).succeeds().text();
    assert!(dry.contains("would rewrite app.people: 1 row, and its past"), "{dry}");
    assert!(
        dry.contains("would rewrite main.contacts: 1 row") && dry.contains("would rewrite main.words: 1 row"),
        "{dry}"
    );
    assert!(dry.contains("would rewrite app__quarantine.orders: 1 row"), "{dry}");
    assert_eq!(lake.ade.rows("select count(*) from app.people"), before);
    assert!(!lake.folder.at("privacy").exists());

    let erased = lake.ade.run(&ERASE).succeeds().text();
    assert!(!erased.contains("ADA@"), "{erased}");
    assert!(erased.contains("feed.dropped.email (drop) tells nobody"), "{erased}");
    lake.forget_dropped();
    lake.ade.run(&["build"]).succeeds();
    lake.assert_gone(&codes);
    let certificate =
        lake.folder.files().into_iter().find(|path| path.display().to_string().contains("privacy/erasures/"));
    let certificate: serde_json::Value = serde_json::from_slice(&std::fs::read(certificate.unwrap()).unwrap()).unwrap();
    assert!(certificate["completed_at"].is_string());
    let mut rewritten: Vec<&str> =
        certificate["rewritten"].as_array().unwrap().iter().map(|table| table["table"].as_str().unwrap()).collect();
    rewritten.sort_unstable();
    let all = [
        "app.orders",
        "app.people",
        "app__quarantine.orders",
        "feed.letters",
        "feed__quarantine.surveys",
        "main.contacts",
        "main.orders_by_customer",
        "main.words",
    ];
    assert_eq!(rewritten, all);

    // However she comes again: the same rows, changed rows, a full load, another file.
    lake.database
        .execute_batch(
            "update people set seen = 9, motto = 'motto of ada alone' where id = 7358914602117;
             insert into orders values (9, 7358914602117, 'ada ordered this');",
        )
        .unwrap();
    lake.folder.write("data/letters3.csv", "sender,subject\nADA@example.com,ada wrote this\n");
    let built = lake.ade.run(&["build"]).succeeds();
    assert!(built.all().contains("1 row of people who were erased left out"), "{}", built.all());
    lake.assert_gone(&codes);
    lake.ade.run(&["build", "--full-refresh"]).succeeds();
    lake.assert_gone(&codes);
    // Whoever has another key, or lost the list, is told.
    lake.folder.write("privacy/dev.suppressed", "email not-a-code\n");
    assert!(lake.ade.run(&["build"]).exits(2).all().contains("dev.suppressed:1"));
}

#[test]
fn an_erasure_that_is_killed_is_completed_by_the_next_one() {
    for point in ["run::erase::suppressed", "run::erase::rewritten", "run::erase::table"] {
        let lake = Lake::new();
        let codes = lake.codes();
        let killed = lake.ade.env("FAILPOINTS", &format!("{point}=return(abort)")).run(&ERASE);
        assert!(killed.signal.is_some(), "{point}: {}", killed.all());
        let read = |path: &PathBuf| std::fs::read_to_string(path).unwrap();
        let is_certificate = |path: &PathBuf| path.display().to_string().contains("privacy/erasures/");
        let open = lake
            .folder
            .files()
            .into_iter()
            .filter(is_certificate)
            .all(|path| read(&path).contains("\"completed_at\": null"));
        assert!(open, "{point}: what was interrupted is not certified");
        // A load between the two does not bring her back either.
        lake.ade.run(&["ingest"]).succeeds();
        lake.ade.run(&ERASE).succeeds();
        lake.forget_dropped();
        lake.ade.run(&["build"]).succeeds();
        lake.assert_gone(&codes);
    }
}

#[test]
fn subjects_come_from_a_file_and_are_refused_without_being_repeated() {
    let lake = Lake::new();
    let wrong = lake.ade.run(&["privacy", "erase", "--subject", "carl@example.net"]).exits(2);
    assert!(!wrong.complaints().contains("carl@"), "{}", wrong.complaints());
    lake.ade.run(&["privacy", "erase"]).exits(2);
    lake.folder.write("request.txt", "# a request\nemail = ada@example.com\n\nid=7358914602117\n");
    let told = lake.ade.run(&["privacy", "erase", "--subject-file", "request.txt", "--dry-run"]).succeeds().text();
    assert!(told.contains("would rewrite app.people: 1 row"), "{told}");
}
