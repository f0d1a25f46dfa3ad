//! Memory, spilling, and functions that would make too much.

use std::sync::Arc;

use ade_engine::{Engine, EngineOptions, MemoryCatalog, SessionOptions, SqlErrorKind};
use futures::StreamExt;

use crate::support::{answer, ask, fail, session};

/// Sorts about 30 MB.
const BIG_SORT: &str =
    "select x, md5(x::text) as m, md5((x + 1)::text) as n from generate_series(1, 300000) as x order by m";

#[tokio::test(flavor = "multi_thread")]
async fn a_big_sort_spills_into_the_given_folder_and_leaves_it_empty() {
    let folder = tempfile::tempdir().expect("a folder");
    let spill = folder.path().join("spill");
    let options =
        EngineOptions { memory_bytes: 24 << 20, threads: 1, spill_dir: Some(spill.clone()), spill_bytes: 1 << 30 };
    let engine = Engine::new(&options).expect("an engine");
    let session = engine.session(Arc::new(MemoryCatalog::new()), SessionOptions::new("main"));
    let mut rows = session.query(BIG_SORT).await.expect("a plan");
    let mut count = 0;
    let mut spilled = 0;
    while let Some(batch) = rows.next().await {
        count += batch.expect("rows").num_rows();
        spilled = spilled.max(files_below(&spill));
    }
    drop(rows);
    assert_eq!(count, 300_000);
    assert!(spilled > 0, "the sort did not spill");
    assert_eq!(files_below(&spill), 0, "spilled files are left");
}

fn files_below(folder: &std::path::Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    entries.flatten().map(|entry| if entry.path().is_dir() { files_below(&entry.path()) } else { 1 }).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_spill_folder_a_big_sort_ends_in_a_message() {
    let options = EngineOptions { memory_bytes: 8 << 20, ..EngineOptions::small() };
    let engine = Engine::new(&options).expect("an engine");
    let session = engine.session(Arc::new(MemoryCatalog::new()), SessionOptions::new("main"));
    let error = answer(&session, BIG_SORT).await.expect_err("too little memory");
    assert_eq!(error.kind, SqlErrorKind::Limit, "{error}");
    assert!(error.hint.is_some());
}

#[tokio::test]
async fn one_value_cannot_take_all_memory() {
    let session = session(MemoryCatalog::new());
    for sql in ["select repeat('x', 1000000000)", "select lpad('x', 1000000000)", "select rpad('x', 1000000000, 'y')"] {
        assert_eq!(fail(&session, sql).await.kind, SqlErrorKind::Limit, "{sql}");
    }
}

#[tokio::test]
async fn deep_nesting_ends_in_a_message() {
    let session = session(MemoryCatalog::new());
    let deep = format!("select {}1{}", "(".repeat(5_000), ")".repeat(5_000));
    assert_eq!(fail(&session, &deep).await.message, "the statement nests too deep");
}

#[tokio::test]
async fn a_batch_of_long_values_ends_in_a_message() {
    let session = session(MemoryCatalog::new());
    for sql in [
        "select length(string_agg(repeat('x', 1000000), '')) from generate_series(1, 3000)",
        "select length(string_agg(repeat('x', 1000000 + x), '')) from generate_series(1, 3000) as x",
        "select max(length(lpad(x::text, 9000000))) from generate_series(1, 1000) as x",
        "select array_repeat(1, 1000000000)",
        "select array_repeat(repeat('x', 1000), 1000000)",
        "select array_repeat(x, 1000000) from generate_series(1, 1000) as x",
        "select replace(repeat('a', x), 'a', repeat('b', 10000)) from generate_series(10000000, 10000000) as x",
        "select regexp_replace(repeat('a', x), 'a', repeat('b', 10000), 'g') from generate_series(10000000, 10000000) as x",
        "select generate_series(1, 1000000000)",
        "select generate_series('2000-01-01'::timestamp, '2024-01-01', '1 millisecond')",
        "select x, generate_series(1, x * 1000000) from generate_series(1, 1000) as x",
        "with a as (select repeat('x', 1000000 + x) as t from generate_series(1, 300) as x) select max(length(t || t || t)) from a",
        "with a as (select repeat('x', 1000000 + x) as t from generate_series(1, 300) as x) select max(length(concat(t, t, t))) from a",
    ] {
        let error = fail(&session, sql).await;
        assert_eq!(error.kind, SqlErrorKind::Limit, "{sql}: {error}");
        assert!(error.hint.is_some(), "{sql}: {error}");
    }
}

#[tokio::test]
async fn what_only_could_be_long_is_made() {
    let session = session(MemoryCatalog::new());
    for (sql, answer) in [
        // the replacement is longer than its text, but there is little to replace
        (
            "select length(replace(repeat('ab', x), 'ba!', repeat('x', 1000))) from generate_series(400000, 400000) as x",
            "800000",
        ),
        (
            "select length(regexp_replace(repeat('a', x), '^a', repeat('b', 1000))) from generate_series(100000, 100000) as x",
            "100999",
        ),
        ("select sum(length(repeat('x', 200000 + x % 2))) from generate_series(1, 1000) as x", "200000500"),
        ("select sum(length(lpad(x::text, 5000))) from generate_series(1, 3000) as x", "15000000"),
        ("select count(*) from (select generate_series(1, 1000000)) as q", "1000000"),
    ] {
        assert_eq!(ask(&session, sql).await, answer, "{sql}");
    }
}
