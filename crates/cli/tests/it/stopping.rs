//! Being stopped in the middle of a read, and not being in each other's way at the start.
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use ade_testing::Folder;

use crate::program::{self, program};

/// A file of 2,000,000 rows.
fn big() -> Folder {
    let folder = Folder::with(&[
        (
            "ade.yml",
            "name: shop\nenvironments:\n  dev: {lake: lake, schema: main, custom_schema: replace}\nconnections:\n  feed: {type: files, path: data}\n",
        ),
        (
            "sources/s.yml",
            "sources:\n  - name: feed\n    connection: feed\n    tables:\n      - name: t\n        ingest: {from: t.csv}\n        columns:\n          - {name: id, data_type: bigint, privacy: public}\n",
        ),
    ]);
    let mut text = "id\n".to_owned();
    for id in 0..2_000_000 {
        writeln!(text, "{id}").unwrap();
    }
    folder.write("data/t.csv", text);
    program(&folder).run(&["init", "."]).succeeds();
    folder
}

#[test]
fn an_ingest_stops_between_two_batches_and_says_so() {
    let folder = big();
    for signal in ["INT", "TERM"] {
        // Each batch takes a while: all of them together, more than ten seconds.
        let mut child = Command::new(program::path())
            .args(["ingest", "--output", "json"])
            .current_dir(folder.path())
            .env("FAILPOINTS", "run::source::batch_read=sleep(100)")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut events = BufReader::new(child.stdout.take().unwrap()).lines();
        let is_progress = |line: String| line.contains("task_progress");
        assert!(events.by_ref().map_while(Result::ok).any(is_progress), "it says how far it is");
        let asked = Instant::now();
        let kill = Command::new("kill").arg(format!("-{signal}")).arg(child.id().to_string()).status();
        assert!(kill.unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(130));
        let took = asked.elapsed();
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert!(said.contains("stopping…"), "{said}");
        assert!(took < Duration::from_secs(3), "{signal}: {took:?}");
        assert!(!folder.at("lake/feed/t/_delta_log/00000000000000000000.json").exists(), "nothing is visible");
    }
    let ade = program(&folder);
    ade.run(&["ingest"]).succeeds();
    assert_eq!(ade.rows("select count(*) from feed.t"), ["2000000"]);
}

/// How long a process has computed, in hundredths of a second.
fn computed(id: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    [11, 12].iter().filter_map(|at| fields.get(*at)?.parse::<u64>().ok()).sum()
}

fn wait_for(mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_mins(1), "it never came to that");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Computes for years, and waits for nothing.
const ENDLESS: &str =
    "select count(*) as n from generate_series(1, 100000000) as a(i) cross join generate_series(1, 100000000) as b(i)";

#[test]
fn what_only_computes_stops_too() {
    let folder = Folder::with(&[
        ("ade.yml", "name: shop\nenvironments:\n  dev: {lake: lake, schema: main, custom_schema: replace}\n"),
        ("models/endless.sql", &format!("{{{{ config(materialized='table') }}}}\n{ENDLESS}")),
    ]);
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    for (args, signal) in
        [(vec!["query", ENDLESS], "INT"), (vec!["query", "--out", "o.csv", ENDLESS], "TERM"), (vec!["build"], "INT")]
    {
        let mut running = ade.patience(Duration::from_secs(90)).start(&args);
        // Starting takes less.
        wait_for(|| computed(running.id()) > 400 || running.has_ended());
        running.signal(signal);
        let said = running.wait().exits(130).all();
        assert!(said.contains("stop"), "{args:?}: {said}");
        let left = |path: &std::path::PathBuf| path.to_string_lossy().contains("unfinished");
        assert!(!folder.files().iter().any(left), "{args:?}");
    }
    assert_eq!(ade.rows("select status from ade.runs"), ["cancelled"]);
}

#[test]
fn a_second_request_ends_the_program_whatever_it_does() {
    let folder = big();
    for second in ["INT", "TERM"] {
        let mut child = Command::new(program::path())
            .args(["ingest", "--output", "json"])
            .current_dir(folder.path())
            .env("FAILPOINTS", "run::run::started=sleep(600000)")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let id = child.id().to_string();
        let signal =
            |name: &str| assert!(Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap().success());
        let mut events = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(events.by_ref().map_while(Result::ok).any(|line| line.contains("run_started")));
        signal("INT");
        let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
        assert!(said.by_ref().map_while(Result::ok).any(|line| line.contains("stopping…")));
        signal(second);
        assert_eq!(child.wait().unwrap().code(), Some(130));
    }
}

#[test]
fn two_builds_load_a_seed_once() {
    let folder = Folder::with(&[
        ("ade.yml", "name: shop\nenvironments:\n  dev: {lake: lake, schema: main, custom_schema: replace}\n"),
        ("seeds/s.csv", "id\n1\n2\n"),
    ]);
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    // Whoever is second waits for the lease while the other one still reads.
    let slow = ade.env("FAILPOINTS", "run::seed::read=sleep(1500)");
    let builds = [slow.start(&["build"]), slow.start(&["build"])];
    for build in builds {
        build.wait().succeeds();
    }
    assert_eq!(ade.rows("select count(*) from main.s"), ["2"]);
    assert!(!folder.at("lake/main/s/_delta_log/00000000000000000001.json").exists(), "it is loaded once");
}
