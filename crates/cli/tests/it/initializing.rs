//! `ade init` in folders that hold something already: the key stays out of the repository and in its place.
use std::fs;
use std::process::Command;

use ade_testing::{Folder, Program};

use crate::program::program;

fn git(folder: &Folder, args: &[&str]) -> String {
    let done = Command::new("git").args(args).current_dir(folder.path()).output().unwrap();
    assert!(done.status.success(), "{args:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

/// A project of dbt in a repository with a `.gitignore` of its own.
fn repository() -> (Folder, Program) {
    let folder = Folder::with(&[
        ("dbt_project.yml", "name: x\nversion: '1'\n"),
        (".gitignore", "target/\n# the lake of ade is elsewhere"),
        ("models/a.sql", "select 1 as x"),
    ]);
    git(&folder, &["init", "--quiet"]);
    let ade = program(&folder);
    (folder, ade)
}

#[test]
fn the_key_is_not_staged_with_everything_else() {
    let (folder, ade) = repository();
    ade.run(&["init", "."]).succeeds();
    assert!(folder.at(".ade/keys/dev.key").is_file());
    assert_eq!(folder.read(".gitignore"), "target/\n# the lake of ade is elsewhere\n/.ade/\n/lake/\n");
    git(&folder, &["add", "--all"]);
    let staged = git(&folder, &["diff", "--cached", "--name-only"]);
    assert!(staged.contains("models/a.sql") && !staged.contains(".ade"), "{staged}");
    // Also when somebody takes the line out again, and when `init` runs once more.
    folder.write(".gitignore", "target/\n");
    git(&folder, &["add", "--all"]);
    assert!(!git(&folder, &["diff", "--cached", "--name-only"]).contains(".ade"));
    let key = folder.read(".ade/keys/dev.key");
    ade.run(&["init", "."]).succeeds();
    ade.run(&["init", "."]).succeeds();
    assert_eq!(
        (folder.read(".gitignore"), folder.read(".ade/keys/dev.key")),
        ("target/\n/.ade/\n/lake/\n".into(), key)
    );
}

#[test]
fn a_key_is_made_for_environments_that_there_are_alone() {
    let (folder, ade) = repository();
    for name in ["../../evil", "prod", "", "a/b"] {
        let refused = ade.run(&["init", "--env", name, "."]).exits(2);
        assert!(refused.all().contains(&format!("there is no environment `{name}`")), "{}", refused.all());
    }
    let empty = Folder::new();
    let new = program(&empty);
    for name in ["../../evil", "9", ""] {
        let refused = new.run(&["init", "--env", name, "."]).exits(2);
        assert!(refused.all().contains("cannot be the name of an environment"), "{}", refused.all());
    }
    assert!(fs::read_dir(empty.path()).unwrap().next().is_none() && !folder.at(".ade").exists(), "nothing is made");
    new.run(&["init", "--env", "prod", "."]).succeeds();
    assert!(empty.at(".ade/keys/prod.key").is_file());
    new.run(&["build", "--env", "prod"]).succeeds();
}

#[test]
fn a_key_that_is_written_out_in_the_project_is_refused() {
    let folder = Folder::with(&[("ade.yml", &format!("name: x\nprivacy:\n  key: \"{}\"\n", "0f".repeat(32)))]);
    let refused = program(&folder).run(&["check"]).exits(2);
    for told in ["inline-secret", "ade.yml:3:8", "${env:NAME}"] {
        assert!(refused.all().contains(told), "{told}: {}", refused.all());
    }
}
