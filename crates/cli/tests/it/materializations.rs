//! A model that is a table one day, a view the next, and a table again: nothing of another day stays in front.
use ade_testing::{Folder, Program};

use crate::program::program;

const INCREMENTAL: &str =
    "{{ config(materialized='incremental', incremental_strategy='append') }}\nselect * from (values (1), (2)) as t(n)";

fn project(model: &str) -> (Folder, Program) {
    let folder = Folder::with(&[("ade.yml", "name: shop\n"), ("models/m.sql", model)]);
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    ade.run(&["build"]).succeeds();
    (folder, ade)
}

fn as_a(materialized: &str, value: u32) -> String {
    format!("{{{{ config(materialized='{materialized}') }}}}\nselect {value} as n")
}

/// Whether programs that know nothing of views find the table.
fn has_table(folder: &Folder) -> bool {
    folder.files().iter().any(|path| path.starts_with(folder.at("lake/main/m")))
}

fn rows(ade: &Program) -> Vec<String> {
    ade.rows("select n from main.m order by n")
}

#[test]
fn the_newest_materialization_is_what_everybody_reads() {
    let (folder, ade) = project(&as_a("table", 1));
    assert!(has_table(&folder));
    folder.write("models/m.sql", as_a("view", 2));
    ade.run(&["build"]).succeeds();
    assert_eq!(rows(&ade), ["2"]);
    assert!(!has_table(&folder), "other programs find no stale table");
    // Back to exactly what it was.
    folder.write("models/m.sql", as_a("table", 1));
    ade.run(&["build"]).succeeds();
    assert_eq!(rows(&ade), ["1"]);
    assert!(ade.run(&["build"]).succeeds().text().contains("unchanged"));
}

#[test]
fn what_is_left_after_a_crash_between_the_two_is_mended() {
    let crash = |ade: &Program, point: &str| {
        let ended = ade.env("FAILPOINTS", &format!("{point}=return(abort)")).run(&["build"]);
        assert!(!ended.all().contains("done in"), "{}", ended.all());
    };
    let (folder, ade) = project(&as_a("view", 1));
    folder.write("models/m.sql", as_a("table", 2));
    crash(&ade, "run::model::committed");
    ade.run(&["build"]).succeeds();
    assert_eq!(rows(&ade), ["2"], "the table is there, and its view is gone");
    folder.write("models/m.sql", as_a("view", 3));
    crash(&ade, "run::view::switched");
    assert_eq!(rows(&ade), ["3"]);
    ade.run(&["build"]).succeeds();
    assert!(!has_table(&folder), "the table of before is gone");
    assert_eq!(rows(&ade), ["3"]);
}

#[test]
fn an_incremental_model_begins_anew_after_it_was_a_view() {
    let (folder, ade) = project(INCREMENTAL);
    folder.write("models/m.sql", as_a("view", 7));
    ade.run(&["build"]).succeeds();
    folder.write("models/m.sql", INCREMENTAL);
    ade.run(&["build"]).succeeds();
    assert_eq!(rows(&ade), ["1", "2"]);
    ade.run(&["build", "--force"]).succeeds();
    assert_eq!(rows(&ade), ["1", "1", "2", "2"], "then it is incremental again");
}
