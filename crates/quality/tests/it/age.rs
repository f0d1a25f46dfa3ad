//! Recency and freshness: how old the latest is.

use ade_engine::Session;
use ade_quality::{Check, CheckKind, CheckOutcome, CheckStatus, DatePart};
use arrow::array::{ArrayRef, Date32Array};
use chrono::TimeDelta;
use std::sync::Arc;

use crate::setup::{check, column, instants, now, run_one, session, table, texts};

/// The latest is 2 days and 4 hours before now.
fn loads() -> Session {
    let days: ArrayRef = Arc::new(Date32Array::from(vec![Some(20_541), None, Some(20_500)]));
    session(vec![(
        "orders",
        table(vec![
            ("at", instants(&[Some("2026-03-01T00:00:00Z"), Some("2026-03-29T04:00:00Z"), None])),
            ("day", days),
            ("text", texts(&[Some("2026-03-29 04:00:00"), None, Some("2026-01-01 00:00:00")])),
            ("never", instants(&[None, None, None])),
        ]),
    )])
}

async fn recency(name: &str, date_part: DatePart, interval: u32, ignore_time: bool) -> CheckOutcome {
    let kind = CheckKind::Recency { subject: column(name), date_part, interval, ignore_time };
    let check = check(kind);
    let outcome = run_one(&loads(), check.clone()).await;
    // The query of the failing rows agrees.
    let rows = loads().query(&check.sql(now())).await.unwrap().collect().await.unwrap();
    let rows: usize = rows.iter().map(arrow::array::RecordBatch::num_rows).sum();
    assert_eq!(outcome.failures, Some(rows as u64), "{outcome:?}");
    outcome
}

#[tokio::test]
async fn recency_compares_the_latest() {
    assert_eq!(recency("at", DatePart::Day, 3, false).await.status, CheckStatus::Pass);
    let old = recency("at", DatePart::Day, 2, false).await;
    assert_eq!(old.status, CheckStatus::Fail);
    assert_eq!(old.message, "the latest `at` is 2 days 4 hours old; at most 2 days is allowed");
    assert_eq!(recency("at", DatePart::Day, 2, true).await.status, CheckStatus::Pass);
    assert_eq!(recency("at", DatePart::Day, 1, true).await.status, CheckStatus::Fail);
    assert_eq!(recency("at", DatePart::Month, 1, false).await.status, CheckStatus::Pass);
    assert_eq!(recency("text", DatePart::Hour, 51, false).await.status, CheckStatus::Fail);
    assert_eq!(recency("text", DatePart::Hour, 52, false).await.status, CheckStatus::Pass);
    assert_eq!(recency("day", DatePart::Day, 1, true).await.status, CheckStatus::Fail);
    assert_eq!(recency("day", DatePart::Day, 2, true).await.status, CheckStatus::Pass);
}

#[tokio::test]
async fn recency_of_nothing_passes_as_in_dbt_utils_and_says_so() {
    let nothing = recency("never", DatePart::Day, 1, false).await;
    assert_eq!((nothing.status, nothing.message.as_str()), (CheckStatus::Pass, "main.orders has no time to judge"));
}

async fn freshness(name: &str, warn_after: Option<i64>, error_after: Option<i64>) -> CheckOutcome {
    let kind = CheckKind::Freshness {
        loaded_at: column(name),
        warn_after: warn_after.and_then(TimeDelta::try_hours),
        error_after: error_after.and_then(TimeDelta::try_hours),
    };
    run_one(&loads(), check(kind)).await
}

#[tokio::test]
async fn freshness_warns_and_fails_by_age() {
    assert_eq!(freshness("at", Some(53), Some(100)).await.status, CheckStatus::Pass);
    assert_eq!(freshness("at", None, None).await.status, CheckStatus::Pass);
    let late = freshness("at", Some(24), Some(72)).await;
    assert_eq!(late.status, CheckStatus::Warn);
    assert_eq!(late.message, "the latest `at` is 2 days 4 hours old; at most 1 day is allowed");
    assert_eq!(freshness("at", Some(24), Some(48)).await.status, CheckStatus::Fail);
    assert_eq!(freshness("at", None, Some(48)).await.status, CheckStatus::Fail);
    // Exactly as old as allowed is fresh.
    assert_eq!(freshness("at", Some(52), None).await.status, CheckStatus::Pass);
}

#[tokio::test]
async fn a_source_without_rows_is_not_fresh() {
    let never = freshness("never", Some(24), Some(48)).await;
    assert_eq!(
        (never.status, never.message.as_str()),
        (CheckStatus::Fail, "there is no `never`; at most 2 days is allowed")
    );
    let kind = CheckKind::Freshness { loaded_at: column("at"), warn_after: TimeDelta::try_hours(1), error_after: None };
    let filtered = Check { filter: Some("false".to_owned()), ..check(kind) };
    assert_eq!(run_one(&loads(), filtered).await.status, CheckStatus::Warn);
}
