//! From a source system to its sources file: what `ade inspect` drafts, and what `ade check` says of the draft.
use ade_testing::Folder;

use crate::program::program;

const PROJECT: &str = "
name: shop
connections:
  files: {type: files, path: data}
privacy:
  rules:
    - {column: '*_id', types: [bigint], class: identifier}
    - {column: note, table: 'elsewhere.*', class: free_text}
";
const ORDERS: &str = "order_id,email,amount,status,note\n1,ada@example.com,42.50,shipped,x\n";

#[test]
fn a_draft_is_flagged_until_a_person_has_decided() {
    let folder = Folder::with(&[("ade.yml", PROJECT), ("data/orders.csv", ORDERS)]);
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    let told = ade.run(&["inspect", "files", "--write"]).succeeds().text();
    insta::assert_snapshot!(told.trim_end(), @"
    orders.csv  1 row
    column    type     class       why
    order_id  bigint   identifier  the rule for `*_id` in ade.yml
    email     varchar  email       the name says email
    amount    double   public      a number whose name says amount or count
    status    varchar  ?           text that neither its name nor its form explains: a person must classify it
    note      varchar  free_text   the name says text that people type
      note: `amount` is read as double, whose sums are rounded; `data_type: decimal(18, 2)` is exact

    wrote sources/files.yml

    1 column left for a person to classify (`TODO classify` in the draft); the table does not land before
    ");
    insta::assert_snapshot!(folder.read("sources/files.yml").trim_end(), @"
    # Drafted by `ade inspect`. Before it can land, every column needs a class: complete each line that ends
    # in `TODO classify`, look over the proposals, and run `ade check`.
    version: 2
    sources:
      - name: files
        connection: files
        tables:
          # `amount` is read as double, whose sums are rounded; `data_type: decimal(18, 2)` is exact
          - name: orders
            ingest:
              from: orders.csv
            columns:
              - name: order_id # identifier, by the rule for `*_id` in ade.yml
                data_type: bigint
              - name: email
                data_type: varchar
                privacy: email # proposed: the name says email
              - name: amount
                data_type: double
                privacy: public # proposed: a number whose name says amount or count
              - name: status
                data_type: varchar
                privacy: # TODO classify
              - name: note
                data_type: varchar
                privacy: free_text # proposed: the name says text that people type
    ");

    let problems = ade.run(&["check", "--output", "json"]).exits(2).json_lines();
    let draft = folder.read("sources/files.yml");
    let open = draft.lines().position(|line| line.contains("privacy: # TODO classify"));
    let found: Vec<_> =
        problems.iter().map(|problem| serde_json::json!([problem["id"], problem["location"]["line"]])).collect();
    assert_eq!(found, [serde_json::json!(["unclassified-column", open.unwrap() + 1])]);
    let same = ade.run(&["build"]).exits(1).text();
    assert!(same.contains("column `status` (varchar) of `files.orders` is not classified"), "{same}");

    let decided = folder.read("sources/files.yml").replace("privacy: # TODO classify", "privacy: public");
    folder.write("sources/files.yml", decided);
    assert_eq!(ade.run(&["check"]).succeeds().text(), "no problems\n");
    // What one file has not got, the next one may have.
    ade.run(&["build"]).succeeds();
    folder.write("data/orders.csv", format!("{ORDERS}2,,17.00,,\n"));
    ade.run(&["build"]).succeeds();
    assert_eq!(ade.rows("select count(*), count(email) from files.orders"), ["2,1"]);
}

#[test]
fn a_second_draft_is_of_what_is_new() {
    let folder = Folder::with(&[("ade.yml", PROJECT), ("data/orders.csv", ORDERS)]);
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    ade.run(&["inspect", "files", "--write", "--quiet"]).succeeds();
    let draft = folder.read("sources/files.yml");
    let told = ade.run(&["inspect", "files", "--write", "--quiet"]).succeeds().text();
    assert_eq!(told, "sources/files.yml stays as it is: it declares all that there is\n");

    folder
        .write("data/orders.csv", "order_id,email,amount,status,note,channel\n1,ada@example.com,42.50,shipped,x,web\n");
    folder.write("data/stores.csv", "store_id\n1\n");
    let told = ade.run(&["inspect", "files", "--write", "--quiet"]).succeeds().text();
    insta::assert_snapshot!(told.trim_end(), @"
    # what is new
    # Drafted by `ade inspect`. Before it can land, every column needs a class: complete each line that ends
    # in `TODO classify`, look over the proposals, and run `ade check`.
    version: 2
    sources:
      - name: files
        connection: files
        tables:
          # `orders` is declared: these are its new columns
          - name: orders
            columns:
              - name: channel
                data_type: varchar
                privacy: # TODO classify
          - name: stores
            ingest:
              from: stores.csv
            columns:
              - name: store_id # identifier, by the rule for `*_id` in ade.yml
                data_type: bigint

    sources/files.yml stays as it is: add what is new to it
    ");
    assert_eq!(folder.read("sources/files.yml"), draft, "what a person has written stays");
    let report = ade.run(&["inspect", "files", "--output", "json"]).succeeds().json_lines();
    assert_eq!(report[0]["additions"]["path"], "sources/files.yml");

    // A file that declares something else is not touched either.
    folder.write("sources/other.yml", "version: 2\nsources: []\n");
    let told = ade.run(&["inspect", "files", "--write", "--quiet", "--source", "other"]).exits(2).complaints();
    assert!(told.contains("sources/other.yml exists, and stays as it is"), "{told}");
    let told = ade.run(&["inspect", "files", "--table", "nope"]).exits(2).complaints();
    assert!(told.contains("there are orders, orders.csv, stores, stores.csv"), "{told}");
}

#[test]
fn a_drafted_key_can_land() {
    let project = PROJECT.replace("files: {type: files, path: data}", "app: {type: sqlite, path: app.db}");
    let folder = Folder::with(&[("ade.yml", &project)]);
    let database = rusqlite::Connection::open(folder.at("app.db")).unwrap();
    let tables = "create table account (email text primary key, updated_at datetime not null);
        insert into account values ('ada@example.com', '2024-01-01 10:00:00'), ('Ada@example.com', '2024-01-02 10:00:00');";
    database.execute_batch(tables).unwrap();
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    ade.run(&["inspect", "app", "--write"]).succeeds();
    assert_eq!(ade.run(&["check"]).succeeds().text(), "no problems\n", "{}", folder.read("sources/app.yml"));
    ade.run(&["build"]).succeeds();
    assert_eq!(ade.rows("select count(distinct email) from app.account"), ["2"]);
}

#[test]
fn what_is_open_is_one_problem_of_its_table() {
    let sources = "sources:
  - name: files
    connection: files
    tables:
      - name: orders
        ingest: {from: orders.csv}
        columns:
          - {name: order_id, data_type: bigint, privacy: identifier}
          - name: email
            data_type: varchar
            privacy: # TODO classify
          - {name: amount, data_type: varchar}
          - {name: note, data_type: varchar, privacy: {class: free_text, detect: true}}
      - name: other
        columns:
          - {name: amount, data_type: integr, privacy: public}
";
    let folder = Folder::with(&[("ade.yml", PROJECT), ("data/orders.csv", ORDERS), ("sources/files.yml", sources)]);
    insta::assert_snapshot!(program(&folder).run(&["check"]).exits(2).text(), @r#"
    error[unclassified-column]: 2 columns of `files.orders` are not classified, so the table does not land
      --> sources/files.yml:11:13
       |
    10 |             data_type: varchar
    11 |             privacy: # TODO classify
       |             ^^^^^^^
    12 |           - {name: amount, data_type: varchar}
       |
       = note: `email` (varchar), line 11
               `amount` (varchar), line 12
       = help: complete each line that is open: `privacy: email` for `email`, or the class that fits
       = help: add a line to each column that has none with the class that fits: `privacy: CLASS`
       = help: `ade inspect` proposes a class for each column; `drift: {new_column: ignore}` leaves new columns out

    error[unknown-type]: column `amount` of `files.other`: there is no type "integr"
      --> sources/files.yml:16:39
       |
    15 |         columns:
    16 |           - {name: amount, data_type: integr, privacy: public}
       |                                       ^^^^^^
       |
       = help: did you mean integer?

    2 errors
    "#);
}

#[test]
fn a_column_that_nobody_has_listed_is_proposed_what_its_name_says_and_never_public_for_want_of_it() {
    let sources = "sources:\n  - name: files\n    connection: files\n    tables:\n      - name: people\n        columns: [{name: id, data_type: bigint, privacy: identifier}]\n        ingest: {from: people.csv}\n";
    let people = "id,birthday,name,active\n1,01.02.1980,Jo,true\n";
    let folder = Folder::with(&[("ade.yml", PROJECT), ("data/people.csv", people), ("sources/files.yml", sources)]);
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    for enforced in [false, true] {
        if enforced {
            folder.replace("sources/files.yml", "        ingest", "        contract: {enforced: true}\n        ingest");
        }
        let told = ade.run(&["ingest"]).exits(1).text();
        for line in [
            "`- {name: birthday, data_type: \"varchar\", privacy: date_of_birth}`, or the class that fits",
            "`- {name: name, data_type: \"varchar\", privacy: CLASS}`, with the class that fits",
            "`- {name: active, data_type: \"boolean\", privacy: public}`, or the class that fits",
        ] {
            assert!(told.contains(line), "{told}");
        }
    }
}

#[test]
fn a_file_of_a_pattern_can_be_inspected_alone() {
    let folder = Folder::with(&[
        ("ade.yml", PROJECT),
        ("data/j1.jsonl", "{\"id\": 1}\n"),
        ("data/j3.jsonl", "{\"id\": 3, \"tags\": [1, 2]}\n"),
        ("data/j5.jsonl", "{\"id\": 5}\n{\"id\": 6}\n"),
    ]);
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    assert!(ade.run(&["inspect", "files"]).succeeds().text().contains("j*.jsonl  4 rows"));
    let alone = ade.run(&["inspect", "files", "--table", "j3.jsonl"]).succeeds().text();
    assert!(
        alone.contains("j3.jsonl  1 row\n") && alone.contains("from: j3.jsonl") && alone.contains("- name: j3\n"),
        "{alone}"
    );
    let some = ade.run(&["inspect", "files", "--table", "j[35].jsonl"]).succeeds().text();
    assert!(some.contains("j[35].jsonl  3 rows"), "{some}");
    for unknown in ["j7.jsonl", "../ade.yml", "/etc/passwd"] {
        let told = ade.run(&["inspect", "files", "--table", unknown]).exits(2).complaints();
        assert!(told.contains("connection `files` has no table"), "{told}");
    }
}
