//! Two real processes: one is killed, the other goes on at once.

use std::{
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use ade_meta::{LeaseAttempt, LeaseRequest, Meta, ProcfsProbe, RunStatus};

use crate::{
    run::start,
    setup::{Fixture, HandClock, id},
};

const DATABASE: &str = "ADE_META_TEST_DATABASE";

async fn open(path: &Path) -> Meta {
    Meta::open(path, HandClock::new(), Arc::new(ProcfsProbe)).await.unwrap()
}

fn request() -> LeaseRequest {
    LeaseRequest::new("dev:main.orders", Some(id(1)), "ade build")
}

/// What the other process does; as a test of this binary it does nothing.
#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "how a test tells the copy of itself that it starts what to do")]
async fn other_process() {
    let Some(path) = std::env::var_os(DATABASE) else { return };
    let meta = open(Path::new(&path)).await;
    meta.start_run(&start(id(1))).await.unwrap();
    let guard = meta.acquire_lease(&request(), Duration::ZERO, |_| {}).await.unwrap();
    println!("\nholds {}", guard.lease().token);
    // Until it is killed or its parent is gone.
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await.unwrap().unwrap();
    guard.release().await.unwrap();
}

/// The process and the token of its lease. Its output stays open with it.
fn spawn(path: &Path) -> (Child, u64) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "process::other_process", "--nocapture"])
        .env(DATABASE, path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let token = output
        .by_ref()
        .lines()
        .map(Result::unwrap)
        .find_map(|line| line.strip_prefix("holds ").map(|token| token.parse().unwrap()));
    child.stdout = Some(output.into_inner());
    (child, token.unwrap())
}

#[tokio::test]
async fn the_lease_and_the_run_of_a_killed_process_are_taken_over_at_once() {
    let fixture = Fixture::new();
    let meta = open(&fixture.path()).await;
    let (mut child, token) = spawn(&fixture.path());
    let LeaseAttempt::Held(holder) = meta.try_acquire_lease(&request()).await.unwrap() else { panic!("not held") };
    assert_eq!((holder.process.pid, holder.token), (child.id(), token));
    assert_ne!(&holder.process, meta.process());
    assert!(meta.recover().await.unwrap().is_empty());

    child.kill().unwrap();
    // Killed but not yet waited for, it is a zombie: it holds nothing either. The kernel takes a moment to get there.
    let guard = meta.acquire_lease(&request(), Duration::from_secs(30), |_| {}).await.unwrap();
    assert!(guard.lease().token > token);
    assert_eq!(meta.recover().await.unwrap().len(), 1);
    assert_eq!(meta.run(id(1)).await.unwrap().unwrap().status, RunStatus::Crashed);
    child.wait().unwrap();
}

#[tokio::test]
async fn a_process_that_ends_by_itself_gives_its_lease_back() {
    let fixture = Fixture::new();
    let (mut child, token) = spawn(&fixture.path());
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
    let meta = open(&fixture.path()).await;
    let LeaseAttempt::Acquired(lease) = meta.try_acquire_lease(&request()).await.unwrap() else { panic!("held") };
    assert!(lease.token > token);
}
