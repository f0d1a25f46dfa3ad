//! What an erasure must not overlook, and must not take with it.
use std::path::Path;

use ade_testing::{Folder, Program, leaks};

use crate::program::program;

const PROJECT: &str = "
name: shop
environments:
  dev: {lake: lake, schema: main, custom_schema: replace}
connections:
  feed: {type: files, path: data}
";
const SOURCES: &str = "
sources:
  - name: crm
    connection: feed
    tables:
      - name: people
        ingest: {from: 'people*.csv', mode: incremental, key: [id]}
        columns:
          - {name: id, data_type: bigint, privacy: identifier}
          - {name: email, data_type: varchar, privacy: email}
          - {name: mail, data_type: varchar, privacy: {class: email, treatment: encrypt, domain: support}}
";
const PRODUCTS: &str = "      - name: products
        ingest: {from: products.csv}
        columns:
          - {name: id, data_type: bigint, privacy: identifier}
          - {name: title, data_type: varchar, privacy: public}
      - name: logins
        ingest: {from: logins.csv}
        columns:
          - {name: who, data_type: varchar, privacy: {class: email, treatment: pseudonym, domain: login}}
          - {name: secret_who, data_type: varchar, privacy: {class: email, treatment: encrypt, domain: logins}}
          - {name: day, data_type: bigint, privacy: public}
";

fn project() -> (Folder, Program) {
    let folder = Folder::with(&[
        ("ade.yml", PROJECT),
        ("sources/s.yml", &format!("{SOURCES}{PRODUCTS}")),
        (
            "models/split.sql",
            "{{ config(materialized='table', partition_by=['email']) }}\nselect email, id from {{ source('crm', 'people') }}",
        ),
        ("data/people1.csv", "id,email,mail\n4242,ada@example.com,ada@example.com\n2,grace@example.com,\n"),
        ("data/products.csv", "id,title\n4242,a book\n2,tea\n"),
        ("data/logins.csv", "who,secret_who,day\nada@example.com,ADA@Example.com,1\ngrace@example.com,,2\n"),
    ]);
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    ade.run(&["build"]).succeeds();
    (folder, ade)
}

/// The names of files and folders below a folder.
fn names(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        found.push(entry.path().display().to_string());
        if entry.path().is_dir() {
            found.extend(names(&entry.path()));
        }
    }
    found
}

#[test]
fn a_name_with_its_table_takes_no_row_of_another_one() {
    let (folder, ade) = project();
    let everywhere = ade.run(&["privacy", "erase", "--subject", "id=4242", "--dry-run"]).succeeds().text();
    assert!(everywhere.contains("`id` stands for crm.people.id, crm.products.id"), "{everywhere}");
    assert!(everywhere.contains("would rewrite crm.products"), "{everywhere}");

    let erased = ade.run(&["privacy", "erase", "--subject", "crm.people.id=4242"]).succeeds().text();
    assert!(erased.contains("`crm.people.id` stands for crm.people.id\n"), "{erased}");
    folder.write("data/people2.csv", "id,email,mail\n4242,ada@example.com,\n");
    ade.run(&["build", "--full-refresh"]).succeeds();
    assert_eq!(ade.rows("select id from crm.people"), ["2"]);
    assert_eq!(ade.rows("select id from main.split"), ["2"], "what is made from the table goes with it");
    assert_eq!(ade.rows("select id from crm.products order by 1"), ["2", "4242"]);
    for (subject, word) in [
        ("crm.nobody.id=4242", "no source's table is called `crm.nobody`"),
        ("crm.people.shoe=4242", "has no column `shoe`"),
        ("people.id=4242", "a subject is NAME=VALUE"),
    ] {
        let refused = ade.run(&["privacy", "erase", "--subject", subject]).exits(2).complaints();
        assert!(refused.contains(word) && !refused.contains("4242"), "{refused}");
    }
}

#[test]
fn tables_that_the_project_does_not_list_any_more_and_names_of_folders_are_searched() {
    let (folder, ade) = project();
    let code = ade.rows("select email from crm.people where id = 4242").remove(0);
    let login = ade.rows("select who from crm.logins where day = 1").remove(0);
    assert_ne!(code, login, "domains of their own");
    assert!(names(&folder.at("lake/main/split")).iter().any(|name| name.contains(&code)));
    folder.write("sources/s.yml", SOURCES);
    let audited = ade.run(&["privacy", "audit", "--output", "json"]).succeeds().json_lines();
    let who = audited.iter().find(|column| column["column"] == "who").unwrap();
    assert_eq!((&who["class"], &who["landed_as"]), (&"email".into(), &"pseudonym in domain login".into()));
    assert_eq!(who["decided_by"], "nobody: the project does not list the table");

    ade.run(&["privacy", "erase", "--subject", "email=ada@example.com"]).succeeds();
    let written: Vec<_> = folder.files().into_iter().filter(|path| path.starts_with(folder.at("lake"))).collect();
    assert_eq!(leaks(&written, &[&code, &login]), []);
    assert_eq!(ade.rows("select day from crm.logins"), ["2"]);
    let named: Vec<_> = names(&folder.at("lake")).into_iter().filter(|name| name.contains(&code)).collect();
    assert_eq!(named, Vec::<String>::new());
}

#[test]
fn what_only_an_earlier_version_has_is_found_however_it_was_written() {
    let (folder, ade) = project();
    // She is in no row any more, and was written otherwise than people write her.
    folder.write("data/logins.csv", "who,secret_who,day\n,aDA@eXample.com,1\ngrace@example.com,,2\n");
    ade.run(&["build"]).succeeds();
    let spelled = ade.rows("select secret_who from crm.logins where day = 1").remove(0);
    folder.write("data/logins.csv", "who,secret_who,day\n,,1\ngrace@example.com,,2\n");
    ade.run(&["build"]).succeeds();
    let erased = ade.run(&["privacy", "erase", "--subject", "email=ada@example.com"]).succeeds().text();
    assert!(erased.contains("crm.logins: 0 rows gone, and its past"), "{erased}");
    assert_eq!(leaks(&folder.files(), &[&spelled]), []);
    assert_eq!(ade.rows("select day from crm.logins order by 1"), ["1", "2"]);
}

#[test]
fn a_build_that_began_before_does_not_bring_her_back() {
    let (folder, ade) = project();
    folder.write("data/people2.csv", "id,email,mail\n7,ada@example.com,ada@example.com\n8,edsger@example.com,\n");
    let building = ade.env("FAILPOINTS", "run::run::started=sleep(4000)").start(&["build"]);
    ade.run(&["privacy", "erase", "--subject", "email=ada@example.com"]).succeeds();
    let built = building.wait().succeeds();
    assert!(built.all().contains("1 row of people who were erased left out"), "{}", built.all());
    assert_eq!(ade.rows("select id from crm.people order by 1"), ["2", "8"]);
}

#[test]
fn a_list_under_another_key_is_refused() {
    let (folder, ade) = project();
    ade.run(&["privacy", "erase", "--subject", "email=ada@example.com"]).succeeds();
    let key = folder.read(".ade/keys/dev.key");
    let other: String = key.chars().map(|digit| if digit == '1' { '2' } else { digit }).collect();
    assert_ne!(key, other);
    folder.write(".ade/keys/dev.key", &other);
    let refused = ade.run(&["build"]).exits(2).all();
    assert!(refused.contains("nobody would be known again") && refused.contains("oldest key"), "{refused}");
    folder.write(".ade/keys/dev.key", &key);
    ade.run(&["build"]).succeeds();
}

#[test]
fn a_table_that_is_split_says_again_how_long_it_keeps_names_wherever_that_is_interrupted() {
    let (folder, ade) = project();
    let erase = ["privacy", "erase", "--subject", "email=ada@example.com"];
    let code = ade.rows("select email from crm.people where id = 4242").remove(0);
    // The third table that a checkpoint is written of.
    let mut killed = false;
    for nth in 0..4 {
        let point = format!("lake::maintain::after_checkpoint={nth}*off->return(abort)");
        killed |= ade.env("FAILPOINTS", &point).run(&erase).signal.is_some();
    }
    assert!(killed);
    ade.run(&erase).succeeds();
    let named: Vec<_> = names(&folder.at("lake")).into_iter().filter(|name| name.contains(&code)).collect();
    assert_eq!(named, Vec::<String>::new());
    let lake: Vec<_> = folder.files().into_iter().filter(|path| path.starts_with(folder.at("lake"))).collect();
    assert_eq!(leaks(&lake, &[&code]), []);
    ade.run(&["maintain"]).succeeds();
    let newest = |table: &str| {
        let log = names(&folder.at(table))
            .into_iter()
            .filter(|name| Path::new(name).extension().is_some_and(|found| found == "json"))
            .max()
            .unwrap();
        std::fs::read_to_string(log).unwrap()
    };
    let said = newest("lake/main/split");
    assert!(!said.contains("interval 0 seconds") && !said.contains("ade.retentionBefore"), "{said}");
    assert_eq!(ade.rows("select id from main.split"), ["2"]);
}
