//! What stays behind when the project is another one than it was: tables that become views, models that are gone.
use ade_testing::{Folder, Program};
use rusqlite::Connection;

use crate::program::program;

const TABLE: &str = "{{ config(materialized='table') }}\nselect 1 as n";
const VIEW: &str = "select 1 as n";

fn project(models: &[(&str, &str)]) -> (Folder, Program) {
    let folder = Folder::with(&[(
        "ade.yml",
        "name: shop\nenvironments:\n  dev: {lake: lake, schema: main, custom_schema: replace}\n",
    )]);
    for (name, text) in models {
        folder.write(&format!("models/{name}.sql"), text);
    }
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    (folder, ade)
}

#[test]
fn a_table_that_becomes_a_view_is_told_before_and_after() {
    let (folder, ade) = project(&[("m", TABLE)]);
    for _ in 0..3 {
        ade.run(&["build", "--force"]).succeeds();
    }
    folder.write("models/m.sql", VIEW);
    let planned = ade.run(&["plan"]).succeeds().text();
    assert!(planned.contains("build: was a table, becomes a view; the table and its 3 versions go"), "{planned}");
    let planned = ade.run(&["plan", "--output", "json"]).succeeds().json_lines();
    assert_eq!((&planned[0]["reason"], &planned[0]["loses"]), (&"becomes_view".into(), &"its 3 versions".into()));
    let built = ade.run(&["build"]).succeeds().text();
    assert!(built.contains("was a table and is a view now: the table and its 3 versions are gone"), "{built}");
    assert!(ade.run(&["build"]).succeeds().text().contains("unchanged"));

    folder.write("models/m.sql", TABLE);
    let planned = ade.run(&["plan"]).succeeds().text();
    assert!(planned.contains("build: was a view, becomes a table"), "{planned}");
    let built = ade.run(&["build"]).succeeds().text();
    assert!(built.contains("was a view and is a table now"), "{built}");
    assert!(!ade.run(&["build", "--force"]).succeeds().text().contains("was a view"));
}

#[test]
fn what_is_no_longer_declared_is_named_and_can_be_dropped() {
    let (folder, ade) = project(&[("m", TABLE), ("w", VIEW), ("stays", TABLE), ("moves", TABLE)]);
    assert_eq!(ade.run(&["build"]).succeeds().complaints(), "");
    assert_eq!(ade.run(&["plan"]).succeeds().complaints(), "");
    // One model is renamed, one switched off, one made under another name.
    folder.write("models/renamed.sql", TABLE);
    folder.remove("models/m.sql");
    folder.write("models/w.sql", "{{ config(enabled=false) }}\nselect 1 as n");
    folder.write("models/moves.sql", "{{ config(materialized='table', alias='moved') }}\nselect 1 as n");
    ade.run(&["build"]).succeeds();
    for command in ["build", "plan"] {
        let told = ade.run(&[command]).succeeds().complaints();
        assert!(told.starts_with("! no longer declared, and still readable: main.m (table, last built 20"), "{told}");
        assert!(told.contains(" UTC), main.moves (table, last built 20") && told.contains(", main.w (view"), "{told}");
        assert!(told.contains("; `ade maintain --drop main.m` removes one"), "{told}");
        assert!(!told.contains("stays") && !told.contains("main.moved") && !told.contains("renamed"), "{told}");
    }
    for declared in ["main.stays", "stays", "main.moved"] {
        let told = ade.run(&["maintain", "--drop", declared]).exits(2).complaints();
        assert!(told.contains("is declared: what the project makes is not dropped"), "{told}");
    }
    let told = ade.run(&["maintain", "--drop", "main.mm"]).exits(2).complaints();
    assert!(told.contains("did you mean `main.m`?"), "{told}");
    let told = ade.run(&["maintain", "--drop", "main.m", "--dry-run"]).succeeds().text();
    assert_eq!(told, "would drop the table main.m\n");
    assert_eq!(ade.rows("select n from main.m"), ["1"]);
    for (name, kind) in [("main.m", "table"), ("main.moves", "table"), ("main.w", "view")] {
        let told = ade.run(&["maintain", "--drop", name]).succeeds().text();
        assert_eq!(told, format!("{name} is gone: a {kind}\n"));
        ade.run(&["query", &format!("select * from {name}")]).exits(1);
    }
    assert!(!folder.files().iter().any(|path| path.starts_with(folder.at("lake/main/m"))), "no file of it is left");
    assert_eq!(ade.run(&["build"]).succeeds().complaints(), "");
    assert_eq!(ade.rows("select n from stays"), ["1"]);
}

#[test]
fn tables_of_others_in_the_lake_are_not_ours_to_name_or_drop() {
    let (folder, ade) = project(&[("m", TABLE)]);
    ade.run(&["build"]).succeeds();
    // Another project, and another environment of this one, in the same lake.
    let (other, theirs) = project(&[("theirs", TABLE)]);
    let config = format!(
        "name: other\nenvironments:\n  dev: {{lake: {}, schema: main, custom_schema: replace}}\n",
        folder.at("lake").display()
    );
    other.write("ade.yml", config);
    theirs.run(&["build"]).succeeds();
    assert_eq!(ade.rows("select n from main.theirs"), ["1"]);
    assert_eq!(ade.run(&["build"]).succeeds().complaints(), "");
    ade.run(&["maintain", "--drop", "main.theirs"]).exits(2);
    assert_eq!(ade.rows("select n from main.theirs"), ["1"]);
}

#[test]
fn rows_that_are_kept_apart_go_with_their_table_also_after_a_crash() {
    let (folder, ade) = project(&[("m", TABLE)]);
    folder.replace("ade.yml", "environments:", "connections:\n  app: {type: sqlite, path: app.db}\nenvironments:");
    folder.write(
        "sources/s.yml",
        "sources:\n  - name: app\n    connection: app\n    tables:\n      - name: people\n        ingest: {mode: full}\n        rows: [{name: tests, where: id > 1, then: quarantine}]\n        columns: [{name: id, data_type: bigint, privacy: public}]\n",
    );
    let database = Connection::open(folder.at("app.db")).unwrap();
    database.execute_batch("create table people(id integer); insert into people values (1), (2)").unwrap();
    ade.run(&["build"]).succeeds();
    assert_eq!(ade.rows("select id from app__quarantine.people"), ["2"]);
    folder.remove("sources/s.yml");
    let drop = ["maintain", "--drop", "app.people"];
    let died = ade.env("FAILPOINTS", "lake::drop::marked=1*return(abort)").run(&drop);
    assert!(died.signal.is_some(), "{}", died.all());
    ade.run(&drop).succeeds();
    for gone in ["app.people", "app__quarantine.people"] {
        ade.run(&["query", &format!("select * from {gone}")]).exits(1);
    }
    let left = folder.files();
    let left: Vec<_> = left.iter().filter(|path| path.starts_with(folder.at("lake/app__quarantine"))).collect();
    assert!(left.is_empty(), "{left:?}");
}
