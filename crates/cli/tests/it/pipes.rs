//! A reader that goes away, as `head` does when it has its lines, is no failure of what it read from.
use std::io::{BufRead, BufReader, pipe};
use std::process::{Command, Stdio};

use crate::program::path;
use crate::shop::Shop;

/// Runs the command with a reader of so many lines; gives the exit code and what was complained of.
fn read_lines(shop: &Shop, args: &[&str], lines: usize) -> (Option<i32>, String) {
    let (reader, writer) = pipe().unwrap();
    let mut command = Command::new(path());
    command.args(args).current_dir(shop.folder.path()).stdin(Stdio::null()).stdout(writer).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    // The command keeps its end of the pipe open as long as it lives.
    drop(command);
    let mut reader = BufReader::new(reader);
    for _ in 0..lines {
        assert!(reader.read_line(&mut String::new()).unwrap() > 0, "{args:?} prints at least {lines} lines");
    }
    drop(reader);
    let ended = child.wait_with_output().unwrap();
    (ended.status.code(), String::from_utf8(ended.stderr).unwrap())
}

#[test]
fn a_reader_that_never_reads() {
    let shop = Shop::new();
    let quietly = (Some(0), String::new());
    assert_eq!(read_lines(&shop, &["build"], 0), quietly);
    for args in [
        &["--help"][..],
        &["query", "--help"],
        &["completions", "zsh"],
        &["schema"],
        &["schema", "sources"],
        &["check"],
        &["inspect", "app_db"],
        &["inspect", "app_db", "--output", "json"],
        &["plan"],
        &["plan", "--output", "json"],
        &["ls"],
        &["ls", "--output", "json"],
        &["show", "cities_now"],
        &["show", "cities_now", "--sql"],
        &["show", "cities_now", "--output", "json"],
        &["history", "cities_now"],
        &["history", "cities_now", "--output", "json"],
        &["query", "select * from main.cities_now"],
        &["query", "select * from main.cities_now", "--format", "csv"],
        &["query", "select * from main.cities_now", "--format", "json"],
        &["query", "select * from main.cities_now", "--format", "parquet"],
        &["query", "select * from main.cities_now", "--format", "csv", "--timing"],
        &["maintain"],
        &["maintain", "--output", "json"],
        &["test"],
        &["build", "--force", "--output", "json"],
        &["restore", "cities_now", "--to", "0"],
    ] {
        assert_eq!(read_lines(&shop, args, 0), quietly, "ade {}", args.join(" "));
    }
    shop.ade.run(&["build"]).succeeds();
    shop.assert_complete();
}

#[test]
fn a_reader_of_the_first_lines() {
    let shop = Shop::new();
    // More than any pipe holds.
    let sql = "select a.n * 1000 + b.n as n, repeat('x', 100) as x
               from generate_series(1, 1000) as a(n), generate_series(1, 1000) as b(n)";
    for format in ["table", "csv", "json"] {
        let ended = read_lines(&shop, &["query", "--limit", "500000", "--format", format, sql], 3);
        assert_eq!(ended, (Some(0), String::new()), "{format}");
    }
    shop.folder.write("two.sql", format!("{sql};\nselect nothing from nowhere;\n"));
    let ended = read_lines(&shop, &["query", "--format", "csv", "--file", "two.sql"], 3);
    assert_eq!(ended, (Some(0), String::new()), "nobody waits for the second statement");
}

#[test]
fn what_else_cannot_be_written_is_a_failure() {
    let shop = Shop::new();
    for format in ["table", "csv", "json", "parquet"] {
        let full = shop.ade.run(&["query", "--format", format, "--out", "/dev/full", "select 1 as one"]).exits(1);
        assert!(full.complaints().contains("No space left on device"), "{}", full.all());
    }
}
