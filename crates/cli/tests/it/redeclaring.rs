//! Sources files that are edited after their tables have landed.
use ade_testing::{Folder, Program};

use crate::program::program;

const PROJECT: &str = "name: shop
environments:
  dev: {lake: lake, schema: main, custom_schema: replace}
connections:
  inbox: {type: files, path: inbox}
privacy:
  rules:
    - {column: \"*\", class: public}
";

fn source(ingest: &str, columns: &str) -> String {
    format!(
        "sources:\n  - name: shop\n    connection: inbox\n    tables:\n      - name: orders\n        \
         ingest: {{from: \"*.csv\", mode: incremental{ingest}}}\n        drift: {{new_column: ignore}}\n        columns: [{columns}]\n"
    )
}

/// A project of which two files have landed, as `columns` say.
fn landed(columns: &str) -> (Folder, Program) {
    let folder = Folder::with(&[
        ("ade.yml", PROJECT),
        ("inbox/a.csv", "id,amount,note\n1,10,x\n2,20,-\n"),
        ("inbox/b.csv", "id,amount,note\n3,30,-\n"),
    ]);
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    declare(&folder, &source("", columns));
    ade.run(&["ingest"]).succeeds();
    (folder, ade)
}

fn declare(folder: &Folder, text: &str) {
    std::fs::create_dir_all(folder.at("sources")).unwrap();
    std::fs::write(folder.at("sources/shop.yml"), text).unwrap();
}

#[test]
fn a_column_under_another_name_is_refused_until_all_is_read_again() {
    let (folder, ade) = landed("{name: id}, {name: amount}, {name: note}");
    declare(&folder, &source("", "{name: id}, {name: amount_text, from: amount}, {name: note}"));
    ade.run(&["check"]).succeeds();
    let planned = ade.run(&["plan"]).succeeds().all();
    for words in
        ["`amount` of the source landed as `amount` and would now land as `amount_text`", "2 files (`a.csv`, `b.csv`)"]
    {
        assert!(planned.contains(words), "{words} in {planned}");
    }
    // With nothing new, and with a file that would land beside the others.
    for _ in 0..2 {
        let told = ade.run(&["ingest"]).exits(1).all();
        for words in
            ["would now land as `amount_text`", "what is there is from 2 files (`a.csv`, `b.csv`)", "--full-refresh"]
        {
            assert!(told.contains(words), "{words} in {told}");
        }
        std::fs::write(folder.at("inbox/c.csv"), "id,amount,note\n4,40,-\n").unwrap();
    }
    assert_eq!(ade.rows("select count(*), sum(amount) from shop.orders"), ["3,60"], "nothing has changed");
    ade.run(&["ingest", "--full-refresh"]).succeeds();
    assert_eq!(ade.rows("select count(*), sum(amount_text) from shop.orders"), ["4,100"]);
    let told = ade.run(&["ingest"]).succeeds().all();
    assert!(!told.contains("landed as"), "{told}");
}

#[test]
fn a_type_that_was_promised_since_is_refused_also_when_nothing_is_new() {
    let (folder, ade) = landed("{name: id}, {name: amount, data_type: varchar}, {name: note}");
    declare(&folder, &source("", "{name: id}, {name: amount, data_type: bigint}, {name: note}"));
    let told = ade.run(&["ingest"]).exits(1).all();
    assert!(told.contains("column `amount` landed as varchar, and is declared as bigint now"), "{told}");
    assert!(ade.run(&["plan"]).succeeds().all().contains("declared as bigint now"));
    ade.run(&["ingest", "--full-refresh"]).succeeds();
    assert_eq!(ade.rows("select sum(amount) from shop.orders"), ["60"]);
    ade.run(&["ingest"]).succeeds();
}

#[test]
fn options_that_say_what_rows_are_are_told_once_they_are_others() {
    let columns = "{name: id}, {name: amount}, {name: note}";
    let (folder, ade) = landed(columns);
    declare(&folder, &source(", \"null\": [\"\", \"-\"]", columns));
    for command in [&["ingest"][..], &["build"], &["plan"]] {
        let told = ade.run(command).succeeds().all();
        for words in [
            "it landed with no `null`, and now has `null: [\"\",\"-\"]`",
            "2 files (`a.csv`, `b.csv`) stays as it was read",
        ] {
            assert!(told.contains(words), "{words} in {told}");
        }
    }
    assert_eq!(ade.rows("select count(*) from shop.orders where note is null"), ["0"]);
    // What is unknown to rows is not told.
    ade.run(&["ingest", "--full-refresh"]).succeeds();
    assert_eq!(ade.rows("select count(*) from shop.orders where note is null"), ["2"]);
    declare(&folder, &source(", \"null\": [\"\", \"-\"], max_field_bytes: 2048", columns));
    assert!(!ade.run(&["ingest"]).succeeds().all().contains("it landed with"));
}

#[test]
fn a_column_that_is_listed_since_is_not_there_until_something_brings_it() {
    let folder = Folder::with(&[
        (
            "ade.yml",
            &PROJECT.replace(
                "{column: \"*\", class: public}",
                "{column: id, class: public}\n    - {column: amount, class: public}",
            ),
        ),
        ("inbox/a.csv", "id,amount,note\n1,10,x\n"),
        ("inbox/b.csv", "id,amount,note\n3,30,-\n"),
    ]);
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    declare(&folder, &source("", "{name: id}, {name: amount}"));
    ade.run(&["ingest"]).succeeds();
    declare(&folder, &source("", "{name: id}, {name: amount}, {name: note, privacy: public}"));
    let told = ade.run(&["ingest"]).succeeds().all();
    assert!(told.contains("`note`: listed since 2 files (`a.csv`, `b.csv`) landed, and not in the table"), "{told}");
    ade.run(&["ingest", "--full-refresh"]).succeeds();
    assert_eq!(ade.rows("select count(note) from shop.orders"), ["2"]);
    assert!(!ade.run(&["ingest"]).succeeds().all().contains("listed since"));
}

#[test]
fn a_column_of_the_source_that_got_another_name_there_goes_on_under_its_own() {
    let (folder, ade) = landed("{name: id}, {name: amount}, {name: note}");
    declare(&folder, &source("", "{name: id}, {name: amount, from: total}, {name: note}"));
    std::fs::write(folder.at("inbox/c.csv"), "id,total,note\n4,40,-\n").unwrap();
    let told = ade.run(&["ingest"]).succeeds().all();
    assert!(told.contains("`amount` was read from `amount`, and is read from `total` now"), "{told}");
    assert_eq!(ade.rows("select count(amount), sum(amount) from shop.orders"), ["4,100"]);
    assert!(!ade.run(&["ingest"]).succeeds().all().contains("was read from"), "it has landed so since");
}
