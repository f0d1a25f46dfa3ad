//! A project that this user cannot write to: what reads works, what writes says so.
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use ade_testing::{Finished, Folder, Program};

use crate::program::{path, program};

/// Nobody, on most systems.
const NOBODY: &str = "65534";

/// Takes the right to write from a folder and all in it, or gives it back.
fn set_mode(folder: &Path, mode: u32) {
    fs::set_permissions(folder, Permissions::from_mode(mode)).unwrap();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
        set_mode(&entry, mode);
    }
}

/// A place that others may look into, with the program: root may write anywhere, so somebody else has to run it there.
struct Elsewhere(Folder);

impl Elsewhere {
    fn new() -> Self {
        let folder = Folder::new();
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        let there = folder.at("ade");
        fs::hard_link(path(), &there).or_else(|_| fs::copy(path(), &there).map(|_| ())).unwrap();
        Self(folder)
    }

    fn run(&self, folder: &Folder, args: &[&str]) -> Finished {
        let program_path = self.0.at("ade").display().to_string();
        if fs::metadata("/proc/self").unwrap().uid() != 0 {
            return Program::new(program_path, folder.path()).run(args);
        }
        let as_nobody = ["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", &program_path];
        Program::new("setpriv", folder.path()).run(&[&as_nobody[..], args].concat())
    }
}

#[test]
fn what_reads_works_and_what_writes_says_so() {
    let folder = Folder::with(&[
        ("ade.yml", "name: shop\n"),
        ("seeds/s.csv", "id\n1\n2\n"),
        ("models/v.sql", "select id + 1 as id from {{ ref('s') }}"),
        ("models/t.sql", "{{ config(materialized='table') }}\nselect sum(id) as n from {{ ref('v') }}"),
    ]);
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    ade.run(&["build"]).succeeds();
    set_mode(folder.path(), 0o555);
    let other = Elsewhere::new();
    let run = |args: &[&str]| other.run(&folder, args);
    let both = "select n from main.t union all select max(id) from main.v order by 1";
    let rows = run(&["query", "--format", "csv", both]).succeeds();
    assert_eq!(rows.text(), "n\n3\n5\n", "{}", rows.all());
    assert_eq!(
        run(&["query", "--format", "csv", "select status from ade.runs"]).succeeds().text(),
        "status\nsucceeded\n"
    );
    run(&["check"]).succeeds();
    assert!(run(&["plan", "--output", "json"]).succeeds().text().contains("\"reason\":\"unchanged\""));
    assert!(run(&["ls"]).succeeds().text().contains('t'));
    run(&["history", "t"]).succeeds();
    assert!(run(&["show", "v"]).succeeds().text().contains("main.v"));
    for args in [&["build"][..], &["test"], &["maintain"], &["restore", "t", "--to", "0"]] {
        let text = run(args).exits(1).all();
        assert!(text.contains("cannot be written to") && text.contains(&format!("`ade {}`", args[0])), "{text}");
    }
    set_mode(folder.path(), 0o755);
    // The same before anything was built.
    let new = Folder::with(&[("ade.yml", "name: shop\n"), ("seeds/s.csv", "id\n1\n")]);
    set_mode(new.path(), 0o555);
    assert!(other.run(&new, &["plan"]).succeeds().text().contains('s'));
    assert_eq!(other.run(&new, &["query", "--format", "csv", "select 1 as n"]).succeeds().text(), "n\n1\n");
    other.run(&new, &["build"]).exits(1);
    set_mode(new.path(), 0o755);
}
