//! What each column is and who said so; how few people a combination of columns points at.
use ade_testing::{Folder, Program};

use crate::program::program;

const PROJECT: &str = "name: shop
environments:
  dev: {lake: lake, schema: main, custom_schema: replace}
connections:
  feed: {type: files, path: data}
privacy:
  rules:
    - {column: '*_at', class: public}
";
const SOURCES: &str = "sources:
  - name: crm
    connection: feed
    tables:
      - name: people
        ingest: {from: people.csv}
        columns:
          - {name: id, data_type: bigint, privacy: identifier}
          - {name: email, data_type: varchar, privacy: email}
          - {name: postcode, data_type: varchar, privacy: public}
          - {name: born, data_type: bigint, privacy: public}
          - {name: illness, data_type: varchar, privacy: public}
          - {name: made_at, data_type: timestamp}
";

fn project() -> (Folder, Program) {
    let folder = Folder::with(&[
        ("ade.yml", PROJECT),
        ("sources/s.yml", SOURCES),
        (
            "data/people.csv",
            "id,email,postcode,born,illness,made_at\n\
             1,a@x.example,AB1,1980,flu,2026-01-01T00:00:00\n2,b@x.example,AB1,1980,cold,2026-01-01T00:00:00\n\
             3,c@x.example,AB1,1980,flu,2026-01-01T00:00:00\n4,d@x.example,CD2,1981,flu,2026-01-01T00:00:00\n\
             5,e@x.example,CD2,1981,flu,2026-01-01T00:00:00\n6,f@x.example,,1981,cold,2026-01-01T00:00:00\n",
        ),
    ]);
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    (folder, ade)
}

fn git(folder: &Folder, args: &[&str]) {
    let done = std::process::Command::new("git")
        .current_dir(folder.path())
        .args(["-c", "user.name=Grace H", "-c", "user.email=g@x.example"])
        .args(args)
        .output();
    let done = done.unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn each_column_is_told_with_who_decided_and_since_when() {
    let (folder, ade) = project();
    let audit = || {
        let lines = ade.run(&["privacy", "audit", "--output", "json"]).succeeds().json_lines();
        move |column: &str| lines.iter().find(|line| line["column"] == column).unwrap().clone()
    };
    // Before anything has landed, outside of a repository.
    let before = audit();
    let email = before("email");
    assert_eq!((&email["class"], &email["landed_as"], &email["since"]), (&"email".into(), &().into(), &().into()));
    assert_eq!((&email["decided_by"], &email["place"]), (&"the column".into(), &"sources/s.yml:9".into()));
    assert_eq!(email["author"], serde_json::Value::Null);

    git(&folder, &["init", "-q"]);
    git(&folder, &["add", "sources", "ade.yml"]);
    git(&folder, &["commit", "-q", "-m", "sources"]);
    ade.run(&["build"]).succeeds();
    let landed = audit();
    let email = landed("email");
    assert_eq!((&email["landed_as"], &email["author"]), (&"pseudonym in domain email".into(), &"Grace H".into()));
    assert_eq!(email["key"].as_str().map(str::len), Some(8));
    assert!(email["since"].is_string());
    let made = landed("made_at");
    assert_eq!((&made["decided_by"], &made["place"]), (&"the rule for `*_at`".into(), &"ade.yml:8".into()));
    assert_eq!(made["key"], serde_json::Value::Null);

    // Since when does not change with the next load, and does with another treatment.
    folder.replace("data/people.csv", "6,f@x", "7,g@x");
    folder.replace(
        "sources/s.yml",
        "{name: illness, data_type: varchar, privacy: public}",
        "{name: illness, data_type: varchar, privacy: {class: free_text, treatment: pseudonym}}",
    );
    let decided = audit()("illness");
    assert_eq!((&decided["differs"], &decided["landed_as"]), (&true.into(), &"keep".into()));
    assert_eq!(decided["author"], serde_json::Value::Null, "not committed");
    ade.run(&["build"]).succeeds();
    let later = audit();
    assert_eq!(later("email")["since"], email["since"]);
    assert_ne!(later("illness")["since"], landed("illness")["since"]);
    assert_eq!(later("illness")["differs"], false);
    let text = ade.run(&["privacy", "audit", "--select", "source:crm"]).succeeds().text();
    assert!(text.contains("sources/s.yml:9 by Grace H on "), "{text}");
}

#[test]
fn rare_combinations_are_counted() {
    let (_folder, ade) = project();
    ade.run(&["build"]).succeeds();
    let report = ["privacy", "report", "--table", "crm.people", "--quasi", "postcode,born", "--sensitive", "illness"];
    let told = &ade.run(&[&report[..], &["--output", "json"]].concat()).succeeds().json_lines()[0];
    assert_eq!((&told["rows"], &told["combinations"], &told["k"]), (&6.into(), &3.into(), &1.into()));
    assert_eq!(told["rows_below"], serde_json::json!([[2, 1], [5, 6], [10, 6], [20, 6]]));
    assert_eq!(told["k_without"], serde_json::json!([["postcode", 3], ["born", 1]]));
    let illness = &told["sensitive"][0];
    // One combination has flu alone, the one without a postcode has a cold alone.
    assert_eq!((&illness["l"], &illness["combinations_of_one_value"]), (&1.into(), &2.into()));
    assert_eq!((&illness["rows_of_one_value"], &illness["entropy_l"]), (&3.into(), &1.0.into()));
    let text = ade.run(&report).succeeds().text();
    assert!(text.contains("k = 1: as many rows at least share a combination"), "{text}");
    assert!(text.contains("without postcode: k = 3"), "{text}");
    ade.run(&[&report[..], &["--min-k", "2"]].concat()).exits(1);
    ade.run(&["privacy", "report", "--table", "crm.people", "--quasi", "born", "--min-k", "3"]).succeeds();
    ade.run(&["privacy", "report", "--table", "crm.nothing", "--quasi", "born"]).exits(2);
    ade.run(&["privacy", "report", "--table", "crm.people", "--quasi", "nothing"]).exits(1);
}
