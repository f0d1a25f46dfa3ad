//! What the program says about itself, and how it ends.
use ade_testing::Folder;

use crate::program::program;

/// The commands as `ade --help` lists them.
fn commands(help: &str) -> Vec<String> {
    let list = help.split("Commands:").nth(1).unwrap().split("\n\n").next().unwrap();
    let names = list.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

#[test]
fn every_command_has_examples_that_parse() {
    let folder = Folder::new();
    let ade = program(&folder);
    let help = ade.run(&["--help"]).succeeds().text();
    let commands = commands(&help);
    for expected in [
        "init",
        "demo",
        "build",
        "ingest",
        "seed",
        "run",
        "test",
        "plan",
        "ls",
        "show",
        "query",
        "history",
        "restore",
        "maintain",
        "check",
        "inspect",
        "schema",
        "completions",
    ] {
        assert!(commands.iter().any(|command| command == expected), "{expected} is missing in {commands:?}");
    }
    // `help` is no work of its own.
    for command in commands.iter().filter(|command| *command != "help") {
        let help = ade.run(&[command.as_str(), "--help"]).succeeds().text();
        let examples =
            help.split("Examples:").nth(1).unwrap_or_else(|| panic!("`ade {command}` has no examples:\n{help}"));
        assert!(examples.trim().starts_with(&format!("ade {command}")), "{examples}");
        for line in examples.trim().lines() {
            let line = line.trim();
            let own = line.split_once(" | ").map_or(line, |(_, own)| own);
            assert!(own.starts_with("ade "), "`{line}` is no example");
        }
        assert!(help.contains(&format!("Usage: ade {command}")), "{help}");
    }
}

#[test]
fn a_word_that_is_no_command_gets_a_hint() {
    let folder = Folder::new();
    let ade = program(&folder);
    let told = ade.run(&["buidl"]).exits(2).complaints();
    assert!(told.contains("a similar subcommand exists: 'build'"), "{told}");
    ade.run(&["build", "--no-such-option"]).exits(2);
    assert_eq!(ade.run::<&str>(&[]).code, Some(2));
    let version = ade.run(&["--version"]).succeeds().text();
    assert_eq!(version.trim(), concat!("ade ", env!("CARGO_PKG_VERSION")));
}

#[test]
fn completions_and_schemas_are_printed() {
    let folder = Folder::new();
    let ade = program(&folder);
    for shell in ["bash", "zsh", "fish"] {
        assert!(ade.run(&["completions", shell]).succeeds().text().contains("maintain"));
    }
    let kinds = ade.run(&["schema"]).succeeds().text();
    for kind in kinds.lines() {
        let schema: serde_json::Value = serde_json::from_str(&ade.run(&["schema", kind]).succeeds().text()).unwrap();
        assert!(schema["$schema"].is_string() || schema["type"].is_string(), "{kind}: {schema}");
    }
    assert_eq!(kinds, "ade\ndbt_project\nproperties\n");
    ade.run(&["schema", "nothing"]).exits(2);
}

#[test]
fn where_there_is_no_project() {
    let folder = Folder::new();
    let ade = program(&folder);
    for args in [&["build"][..], &["ls"], &["query", "select 1"], &["check"], &["maintain"]] {
        let told = ade.run(args).exits(2).complaints();
        assert!(told.contains("there is no project in") && told.contains("ade init"), "{told}");
    }
}
