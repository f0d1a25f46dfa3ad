//! Each kind of check, with dbt's meaning.

use ade_engine::Session;
use ade_quality::{Check, CheckKind, CheckStatus, Subject};

use crate::setup::{check, column, integers, relation, run, run_one, session, table, texts};

fn orders() -> Session {
    let orders = table(vec![
        ("id", integers(&[Some(1), Some(2), Some(2), Some(3), Some(3), None, None])),
        ("status", texts(&[Some("paid"), Some("it's"), Some("lost"), Some("lost"), Some("odd"), None, Some("paid")])),
        ("amount", integers(&[Some(0), Some(5), Some(10), Some(11), Some(-1), None, Some(7)])),
        ("customer", integers(&[Some(1), Some(1), Some(2), Some(9), Some(9), None, Some(8)])),
        ("Mixed Case", integers(&[Some(1), None, Some(1), Some(1), Some(1), Some(1), Some(1)])),
        ("select", integers(&[Some(1), None, None, Some(1), Some(1), Some(1), Some(1)])),
    ]);
    let customers = table(vec![("id", integers(&[Some(1), Some(1), Some(2), None]))]);
    let empty = table(vec![("id", integers(&[]))]);
    session(vec![("orders", orders), ("customers", customers), ("empty", empty)])
}

async fn failures(kind: CheckKind) -> u64 {
    let outcome = run_one(&orders(), check(kind)).await;
    let failures = outcome.failures.unwrap_or_else(|| panic!("{outcome:?}"));
    assert_eq!(outcome.status == CheckStatus::Pass, failures == 0, "{outcome:?}");
    failures
}

#[tokio::test]
async fn not_null_counts_rows() {
    assert_eq!(failures(CheckKind::NotNull { subject: column("id") }).await, 2);
    assert_eq!(failures(CheckKind::NotNull { subject: column("status") }).await, 1);
    assert_eq!(failures(CheckKind::NotNull { subject: Subject::parse("coalesce(id, amount)") }).await, 1);
}

#[tokio::test]
async fn names_are_quoted_and_found_without_regard_to_case() {
    assert_eq!(failures(CheckKind::NotNull { subject: column("Mixed Case") }).await, 1);
    assert_eq!(failures(CheckKind::NotNull { subject: column("mixed case") }).await, 1);
    assert_eq!(failures(CheckKind::NotNull { subject: column("STATUS") }).await, 1);
    assert_eq!(failures(CheckKind::NotNull { subject: column("select") }).await, 2);
    assert_eq!(failures(CheckKind::Unique { subject: column("select") }).await, 1);
}

#[tokio::test]
async fn unique_counts_values_and_leaves_nulls_out() {
    assert_eq!(failures(CheckKind::Unique { subject: column("id") }).await, 2);
    assert_eq!(failures(CheckKind::Unique { subject: column("amount") }).await, 0);
    assert_eq!(failures(CheckKind::Unique { subject: Subject::parse("(id || '-' || status)") }).await, 0);
}

#[tokio::test]
async fn accepted_values_counts_values_and_leaves_nulls_out() {
    let accepted = |values: &[&str], quote| CheckKind::AcceptedValues {
        subject: column(if quote { "status" } else { "amount" }),
        values: values.iter().map(|value| (*value).to_owned()).collect(),
        quote,
    };
    assert_eq!(failures(accepted(&["paid", "it's", "odd", "lost"], true)).await, 0);
    assert_eq!(failures(accepted(&["paid", "it's"], true)).await, 2);
    assert_eq!(failures(accepted(&[], true)).await, 4);
    assert_eq!(failures(accepted(&["0", "5", "10", "5 + 2"], false)).await, 2);
}

#[tokio::test]
async fn relationships_counts_rows_and_leaves_nulls_out() {
    let to =
        |name: &str| CheckKind::Relationships { subject: column("customer"), to: relation(name), field: column("ID") };
    // Twice 9 and 8; the customer that is there twice makes no row count twice.
    assert_eq!(failures(to("customers")).await, 3);
    assert_eq!(failures(to("empty")).await, 6);
    let same = CheckKind::Relationships { subject: column("id"), to: relation("orders"), field: column("id") };
    assert_eq!(failures(same).await, 0);
}

#[tokio::test]
async fn an_expression_must_not_be_false() {
    let expression = |subject: Option<&str>, text: &str| CheckKind::ExpressionIsTrue {
        subject: subject.map(Subject::parse),
        expression: text.to_owned(),
    };
    assert_eq!(failures(expression(None, "amount >= 0 or status = 'x' -- not negative")).await, 1);
    assert_eq!(failures(expression(Some("amount"), "< 10")).await, 2);
    assert_eq!(failures(expression(None, "null")).await, 0);
    // What a condition of an aggregate may not be is asked alone.
    assert_eq!(failures(expression(None, "amount <= (select max(id) from main.customers)")).await, 4);
}

#[tokio::test]
async fn a_range_includes_its_bounds_unless_told_otherwise() {
    let range = |min: Option<&str>, max: Option<&str>, inclusive| CheckKind::AcceptedRange {
        subject: column("amount"),
        min: min.map(str::to_owned),
        max: max.map(str::to_owned),
        inclusive,
    };
    assert_eq!(failures(range(Some("0"), Some("10"), true)).await, 2);
    assert_eq!(failures(range(Some("0"), Some("10"), false)).await, 4);
    assert_eq!(failures(range(Some("0"), None, true)).await, 1);
    assert_eq!(failures(range(None, Some("5 + 5"), true)).await, 1);
    assert_eq!(failures(range(None, None, true)).await, 0);
}

#[tokio::test]
async fn row_count_has_bounds() {
    let bounds = |min, max| CheckKind::RowCount { min, max };
    assert_eq!(failures(bounds(Some(7), Some(7))).await, 0);
    assert_eq!(failures(bounds(Some(8), None)).await, 1);
    assert_eq!(failures(bounds(None, Some(6))).await, 1);
    let empty = Check::new("filled", relation("empty"), bounds(Some(1), None));
    assert_eq!(run_one(&orders(), empty).await.message, "main.empty has 0 rows; at least 1 is expected");
}

#[tokio::test]
async fn sql_gives_the_failing_rows() {
    let sql = |text: &str| CheckKind::Sql { sql: text.to_owned() };
    assert_eq!(failures(sql("select * from orders where amount < 0; \n")).await, 1);
    assert_eq!(
        failures(sql("with big as (select * from orders) select 1 from big where amount > 5 -- big ones")).await,
        3
    );
    assert_eq!(failures(sql("select 1 where false")).await, 0);
}

#[tokio::test]
async fn only_the_rows_of_where_count() {
    let kinds = [
        CheckKind::NotNull { subject: column("id") },
        CheckKind::Unique { subject: column("id") },
        CheckKind::Relationships { subject: column("customer"), to: relation("customers"), field: column("id") },
        CheckKind::RowCount { min: Some(3), max: None },
        CheckKind::ExpressionIsTrue { subject: None, expression: "dbt_subquery.amount > 10".to_owned() },
    ];
    let checks: Vec<_> =
        kinds.into_iter().map(|kind| Check { filter: Some("amount >= 10 -- big".to_owned()), ..check(kind) }).collect();
    let found: Vec<_> = run(&orders(), &checks).await.into_iter().map(|outcome| outcome.failures).collect();
    assert_eq!(found, [Some(0), Some(0), Some(1), Some(1), Some(1)]);
}

#[tokio::test]
async fn limit_and_fail_calc_shape_the_count() {
    let wrong =
        || check(CheckKind::AcceptedValues { subject: column("status"), values: vec!["paid".to_owned()], quote: true });
    let limited = run_one(&orders(), Check { limit: Some(2), ..wrong() }).await;
    assert_eq!(limited.failures, Some(2));
    let rows = run_one(&orders(), Check { fail_calc: Some("sum(n_records)".to_owned()), ..wrong() }).await;
    assert_eq!(rows.failures, Some(4));
    assert_eq!(rows.message, "`sum(n_records)` over the failing rows is 4");
    let none = Check { filter: Some("false".to_owned()), fail_calc: Some("sum(n_records)".to_owned()), ..wrong() };
    assert_eq!(run_one(&orders(), none).await.status, CheckStatus::Pass);
    let usual = run_one(&orders(), Check { fail_calc: Some(" COUNT( * ) ".to_owned()), ..wrong() }).await;
    assert_eq!(usual.failures, Some(3));
}

#[tokio::test]
async fn one_broken_check_leaves_the_others_alone() {
    use CheckStatus::{Error, Fail};
    let expression = |text: &str| CheckKind::ExpressionIsTrue { subject: None, expression: text.to_owned() };
    let checks = [
        CheckKind::NotNull { subject: column("id") },
        expression("cast(status as bigint) > 0"),
        CheckKind::NotNull { subject: column("stauts") },
        expression("no_such_function(id)"),
        CheckKind::Unique { subject: column("id") },
    ]
    .map(check);
    let gone = Check::new("gone", relation("ordres"), CheckKind::RowCount { min: Some(1), max: None });
    let outcomes = run(&orders(), &[&checks[..], &[gone]].concat()).await;
    let statuses: Vec<_> = outcomes.iter().map(|outcome| outcome.status).collect();
    assert_eq!(statuses, [Fail, Error, Error, Error, Fail, Error]);
    assert_eq!(outcomes[0].message, "2 rows have no `id`");
    assert_eq!(outcomes[2].message, "main.orders has no column `stauts`; did you mean `status`?");
    assert!(outcomes[1].failures.is_none());
    for value in ["paid", "it's", "lost", "odd"] {
        assert!(!outcomes[1].message.contains(value), "{}", outcomes[1].message);
    }
    assert!(outcomes[3].message.contains("no_such_function"), "{}", outcomes[3].message);
    assert!(outcomes[5].message.contains("ordres"), "{}", outcomes[5].message);
    assert!(CheckStatus::Error.stops() && CheckStatus::Fail.stops() && !CheckStatus::Warn.stops());
}

#[tokio::test]
async fn truth_values_are_accepted_as_they_are_written_in_yaml() {
    let flags = std::sync::Arc::new(arrow::array::BooleanArray::from(vec![Some(true), Some(false), None]));
    let session = session(vec![("orders", table(vec![("paid", flags)]))]);
    let accepted = |values: &[&str]| CheckKind::AcceptedValues {
        subject: column("paid"),
        values: values.iter().map(|value| (*value).to_owned()).collect(),
        quote: true,
    };
    assert_eq!(run_one(&session, check(accepted(&["true", "false"]))).await.failures, Some(0));
    assert_eq!(run_one(&session, check(accepted(&["True"]))).await.failures, Some(1));
}
