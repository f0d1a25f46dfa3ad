//! What is sealed because nobody could treat it outlives the key that it was sealed with.
use ade_testing::{Folder, Program};

use crate::program::program;

const SOURCES: &str = "sources:
  - name: feed
    connection: feed
    tables:
      - name: surveys
        drift: {retyped_column: quarantine_rows}
        ingest: {from: 'surveys*.csv', mode: incremental, key: [number]}
        columns:
          - {name: number, data_type: bigint, privacy: public}
          - {name: answer, data_type: bigint, privacy: public}
";

/// A table of which no column takes a key, with two values that did not fit: one is discarded.
fn project() -> (Folder, Program) {
    let folder = Folder::with(&[
        (
            "ade.yml",
            "name: shop\nenvironments:\n  dev: {lake: lake, schema: main, custom_schema: replace}\nconnections:\n  feed: {type: files, path: data}\n",
        ),
        ("sources/s.yml", SOURCES),
        ("data/surveys1.csv", "number,answer\n1,10\n2,of ada@example.com\n3,none\n"),
    ]);
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    ade.run(&["build"]).succeeds();
    (folder, ade)
}

const KEYS: &str = "select distinct split_part(_ade_sealed, ':', 3) from feed__quarantine.surveys";

fn keys(ade: &Program) -> Vec<String> {
    let lines = ade.run(&["privacy", "keys", "--output", "json"]).succeeds().json_lines();
    lines.iter().map(|key| key["key"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn rejects_are_sealed_anew_before_an_old_key_goes_wherever_that_is_interrupted() {
    for point in ["", "run::rotate::resealed", "run::rotate::before_key", "lake::commit::after_lease"] {
        let (_folder, ade) = project();
        let old = keys(&ade).remove(0);
        assert_eq!(ade.rows(KEYS), [old.as_str()]);
        ade.run(&["privacy", "rotate"]).succeeds();
        assert_eq!(ade.rows("select count(*) from feed__quarantine.surveys"), ["2"], "both keys are there");
        if !point.is_empty() {
            let killed = ade.env("FAILPOINTS", &format!("{point}=return(abort)"));
            assert!(killed.run(&["privacy", "rotate", "--retire", &old]).signal.is_some(), "{point}");
            assert_eq!(keys(&ade).len(), 2, "{point}");
        }
        ade.run(&["privacy", "rotate", "--retire", &old]).succeeds();
        let now = keys(&ade);
        assert_eq!((now.len(), ade.rows(KEYS)), (1, now.clone()), "{point}");
        // It still opens, and tells a person.
        let erased = ade.run(&["privacy", "erase", "--subject", "email=ada@example.com"]).succeeds().text();
        assert!(erased.contains("feed__quarantine.surveys: 1 row gone"), "{erased}");
        assert_eq!(ade.rows("select answer from feed.surveys"), ["10"], "{point}");
    }
}

#[test]
fn what_somebody_discarded_stays_discarded_under_another_key() {
    let (folder, ade) = project();
    let old = keys(&ade).remove(0);
    ade.run(&["rejects", "discard", "--source", "feed", "--table", "surveys"]).succeeds();
    ade.run(&["privacy", "rotate"]).succeeds();
    ade.run(&["privacy", "rotate", "--retire", &old]).succeeds();
    // The same rows again.
    folder.write("data/surveys2.csv", "number,answer\n2,of ada@example.com\n3,none\n");
    ade.run(&["build"]).succeeds();
    assert_eq!(ade.rows("select distinct state from ade.rejects"), ["discarded"]);
}

#[test]
fn a_key_that_models_still_need_stays() {
    let (folder, ade) = project();
    folder.write(
        "sources/t.yml",
        "sources:\n  - name: crm\n    connection: feed\n    tables:\n      - name: people\n        ingest: {from: people.csv}\n        columns:\n          - {name: mail, data_type: varchar, privacy: {class: email, treatment: encrypt}}\n",
    );
    folder.write("data/people.csv", "mail\nada@example.com\n");
    folder.write(
        "models/mails.sql",
        "{{ config(materialized='incremental', unique_key='number') }}\nselect 1 as number, [mail] as mails from {{ source('crm', 'people') }}{% if is_incremental() %} where false{% endif %}",
    );
    ade.run(&["build"]).succeeds();
    let old = keys(&ade).remove(0);
    ade.run(&["privacy", "rotate"]).succeeds();
    ade.run(&["build", "--full-refresh", "--select", "source:crm.people"]).succeeds();
    let refused = ade.run(&["privacy", "rotate", "--retire", &old]).exits(2).all();
    assert!(refused.contains(&format!("values of main.mails.mails are encrypted with key {old}")), "{refused}");
    ade.run(&["build", "--full-refresh", "--select", "mails"]).succeeds();
    ade.run(&["privacy", "rotate", "--retire", &old]).succeeds();
}
