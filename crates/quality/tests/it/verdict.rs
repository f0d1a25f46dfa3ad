//! From a number of failures to a verdict.

use ade_engine::Session;
use ade_quality::{Check, CheckKind, CheckStatus, Condition, Severity};

use crate::setup::{check, column, integers, run_one, session, table};

fn three_failures() -> Session {
    session(vec![("orders", table(vec![("id", integers(&[Some(1), None, None, None]))]))])
}

async fn verdict(severity: Severity, warn_if: &str, error_if: &str) -> (CheckStatus, String) {
    let check = Check {
        severity,
        warn_if: Condition::parse(warn_if),
        error_if: Condition::parse(error_if),
        ..check(CheckKind::NotNull { subject: column("id") })
    };
    let outcome = run_one(&three_failures(), check).await;
    assert_eq!(outcome.failures, Some(3));
    (outcome.status, outcome.message)
}

#[tokio::test]
async fn severity_and_bounds_decide_as_in_dbt() {
    use CheckStatus::{Fail, Pass, Warn};
    for (severity, warn_if, error_if, expected) in [
        (Severity::Error, "", "", Fail),
        (Severity::Warn, "", "", Warn),
        (Severity::Error, "!= 0", "> 10", Warn),
        (Severity::Error, "> 5", ">10", Pass),
        (Severity::Error, "between 1 and 5", "> 2", Fail),
        (Severity::Warn, "> 2", "> 2", Warn),
        (Severity::Warn, "> 3", "> 2", Pass),
        (Severity::Error, "", "in (1, 3)", Fail),
        (Severity::Error, "", "> 2.5 + 0.5", Warn),
        (Severity::Error, "is null", "= 1 or failures is null", Pass),
    ] {
        let (status, message) = verdict(severity, warn_if, error_if).await;
        assert_eq!(status, expected, "{severity:?} {warn_if:?} {error_if:?}: {message}");
    }
}

#[tokio::test]
async fn a_bound_of_ones_own_is_named() {
    let rows = "3 of 4 rows have no `id`";
    assert_eq!(verdict(Severity::Error, "", "").await.1, rows);
    assert_eq!(verdict(Severity::Error, "", ">2").await.1, format!("{rows}; fails if >2"));
    assert_eq!(verdict(Severity::Error, "> 5", "> 10").await.1, format!("{rows}; fails if > 10, warns if > 5"));
}

#[tokio::test]
async fn a_bound_that_is_not_sql_is_an_error() {
    let (status, message) = {
        let check =
            Check { error_if: Condition::parse("more than 3"), ..check(CheckKind::NotNull { subject: column("id") }) };
        let outcome = run_one(&three_failures(), check).await;
        (outcome.status, outcome.message)
    };
    assert_eq!(status, CheckStatus::Error, "{message}");
}
