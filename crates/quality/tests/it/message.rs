//! What people read.

use ade_quality::CheckKind;

use crate::setup::{check, column, integers, relation, run, session, table, texts};

#[tokio::test]
async fn findings_count_and_name_and_hold_no_values() {
    let ids: Vec<Option<i64>> = (0..1204).map(|id| (id > 2).then_some(id % 1000)).collect();
    let canary = "canary-4711";
    let states: Vec<Option<&str>> = (0..1204).map(|id| Some(if id == 7 { canary } else { "paid" })).collect();
    let orders = table(vec![("id", integers(&ids)), ("status", texts(&states))]);
    let customers = table(vec![("id", integers(&[Some(5)]))]);
    let session = session(vec![("orders", orders), ("customers", customers)]);
    let kinds = [
        CheckKind::NotNull { subject: column("id") },
        CheckKind::NotNull { subject: column("status") },
        CheckKind::Unique { subject: column("id") },
        CheckKind::AcceptedValues { subject: column("status"), values: vec!["paid".to_owned()], quote: true },
        CheckKind::Relationships { subject: column("id"), to: relation("customers"), field: column("id") },
        CheckKind::ExpressionIsTrue { subject: None, expression: "status = 'paid' ".to_owned() },
        CheckKind::ExpressionIsTrue { subject: Some(column("id")), expression: "> 4".to_owned() },
        CheckKind::AcceptedRange {
            subject: column("id"),
            min: Some("4".to_owned()),
            max: Some("998".to_owned()),
            inclusive: true,
        },
        CheckKind::RowCount { min: Some(2000), max: Some(3000) },
        CheckKind::Sql { sql: "select * from orders where id = 999".to_owned() },
    ];
    let outcomes = run(&session, &kinds.map(check)).await;
    let messages: Vec<_> = outcomes.iter().map(|outcome| outcome.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "3 of 1,204 rows have no `id`",
            "holds (1,204 rows)",
            "201 values of `id` occur more than once (402 rows)",
            "1 value of `status` is not accepted (1 row)",
            "`id` is not in main.customers.id in 1,199 rows",
            "1 of 1,204 rows contradicts `status = 'paid'`",
            "7 of 1,204 rows contradict `id > 4`",
            "`id` is not >= 4 and <= 998 in 6 of 1,204 rows",
            "main.orders has 1,204 rows; 2,000 to 3,000 are expected",
            "1 row fails",
        ]
    );
    assert!(!format!("{outcomes:?}").contains(canary));
}
