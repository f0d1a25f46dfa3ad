//! A new key beside the old one: tables land under theirs until they are loaded from nothing, and nothing else changes.
use std::os::unix::fs::PermissionsExt;

use ade_testing::{Folder, Program};

use crate::program::program;

const PROJECT: &str = "
name: shop
environments:
  dev: {lake: lake, schema: main, custom_schema: replace}
connections:
  feed: {type: files, path: data}
";

fn project() -> (Folder, Program) {
    let table = |name: &str, mode: &str, from: &str| {
        format!(
            "      - name: {name}\n        ingest: {{from: '{from}', mode: {mode}}}\n        columns:\n          - {{name: email, data_type: varchar, privacy: email}}\n          - {{name: mail, data_type: varchar, privacy: {{class: email, treatment: encrypt}}}}\n"
        )
    };
    let sources = format!(
        "sources:\n  - name: crm\n    connection: feed\n    tables:\n{}{}",
        table("people", "incremental", "people*.csv"),
        table("guests", "full", "guests.csv")
    );
    let folder = Folder::with(&[
        ("ade.yml", PROJECT),
        ("sources/s.yml", &sources),
        ("data/people1.csv", "email,mail\nada@example.com,ada@example.com\n"),
        ("data/guests.csv", "email,mail\nAda@example.com,\n"),
    ]);
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    ade.run(&["build"]).succeeds();
    (folder, ade)
}

const JOINED: &str = "select count(*) from crm.people p join crm.guests g on p.email = g.email";

fn keys(ade: &Program) -> Vec<serde_json::Value> {
    ade.run(&["privacy", "keys", "--output", "json"]).succeeds().json_lines()
}

#[test]
fn tables_keep_their_key_until_they_are_loaded_from_nothing() {
    let (folder, ade) = project();
    let before = ade.rows("select email from crm.people");
    let old = keys(&ade)[0]["key"].as_str().unwrap().to_owned();
    ade.run(&["privacy", "rotate"]).succeeds();
    let mode = std::fs::metadata(folder.at(".ade/keys/dev.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    // What comes now joins what is there: in full mode, too.
    folder.write("data/people2.csv", "email,mail\nada@example.com,\ngrace@example.com,\n");
    folder.write("data/guests.csv", "email,mail\nADA@example.com,\ngrace@example.com,\n");
    let built = ade.run(&["build"]).succeeds();
    assert!(!built.all().contains("full-refresh"), "{}", built.all());
    assert_eq!(ade.rows(JOINED), ["3"]);
    assert_eq!(ade.rows("select distinct email from crm.people order by 1").len(), 2);
    assert!(ade.rows("select email from crm.people").contains(&before[0]));
    let both = keys(&ade);
    assert_eq!((both[0]["tables"].as_array().unwrap().len(), both[1]["tables"].as_array().unwrap().len()), (0, 2));
    let refused = ade.run(&["privacy", "rotate", "--retire", &old]).exits(2);
    assert!(
        refused.all().contains("crm.guests, crm.people") && refused.all().contains("--full-refresh"),
        "{}",
        refused.all()
    );

    // One table from nothing: files that did not change are not taken for new ones in the other.
    ade.run(&["ingest", "--full-refresh", "--select", "source:crm.guests"]).succeeds();
    let again = ade.run(&["build"]).succeeds();
    assert!(again.all().contains("2 unchanged"), "{}", again.all());
    assert_eq!(ade.rows(JOINED), ["0"]);
    let audit = ade.run(&["privacy", "audit", "--output", "json"]).succeeds().json_lines();
    let key = |table: &str| {
        audit.iter().find(|line| line["table"] == table && line["column"] == "email").unwrap()["key"].clone()
    };
    assert_ne!(key("crm.guests"), key("crm.people"));

    ade.run(&["build", "--full-refresh"]).succeeds();
    assert_eq!(ade.rows(JOINED), ["3"]);
    assert!(!ade.rows("select email from crm.people").contains(&before[0]));
    ade.run(&["privacy", "rotate", "--retire", &old]).succeeds();
    assert_eq!(keys(&ade).len(), 1);
    // Positions outlive the key.
    let after = ade.run(&["build"]).succeeds();
    assert!(after.all().contains("2 unchanged"), "{}", after.all());
    let current = keys(&ade)[0]["key"].as_str().unwrap().to_owned();
    let refused = ade.run(&["privacy", "rotate", "--retire", &current]).exits(2);
    assert!(refused.all().contains("is the current key"), "{}", refused.all());
}

#[test]
fn what_was_encrypted_under_either_key_is_revealed_and_on_record() {
    let (folder, ade) = project();
    ade.run(&["privacy", "rotate"]).succeeds();
    folder.write("data/new.csv", "email,mail\nalan@example.com,alan@example.com\n");
    folder.replace("sources/s.yml", "      - name: guests", "      - name: later\n        ingest: {from: new.csv, mode: incremental}\n        columns:\n          - {name: email, data_type: varchar, privacy: email}\n          - {name: mail, data_type: varchar, privacy: {class: email, treatment: encrypt}}\n      - name: guests");
    ade.run(&["build"]).succeeds();
    let reveal = |column: &str, condition: &str| {
        ade.env("USER", "carla").run(&["privacy", "reveal", column, "--where", condition, "--reason", "ticket 4711"])
    };
    assert!(reveal("crm.people.mail", "mail is not null").succeeds().text().contains("ada@example.com"));
    assert!(reveal("crm.later.mail", "mail <> 'canary.condition'").succeeds().text().contains("alan@example.com"));
    assert_ne!(
        ade.rows("select split_part(mail, ':', 2) from crm.people"),
        ade.rows("select split_part(mail, ':', 2) from crm.later")
    );
    let refused = reveal("crm.people.email", "true").exits(2);
    assert!(refused.all().contains("no way back"), "{}", refused.all());
    ade.run(&["privacy", "reveal", "crm.people.mail", "--reason", " "]).exits(2);
    let record =
        ade.rows("select person, reason, \"table\", \"column\", rows, condition from ade.reveals order by revealed_at");
    assert_eq!(record.len(), 2, "{record:?}");
    assert!(record[0].starts_with("carla (uid "), "{record:?}");
    assert!(record[0].contains("),ticket 4711,crm.people,mail,1,ade1:"), "{record:?}");
    assert!(!record[1].contains("canary"), "{record:?}");
}
