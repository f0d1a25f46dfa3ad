//! The failing rows for tables of stored failures.

use ade_quality::{Check, CheckKind, QualityError, failing_rows};
use arrow::array::RecordBatch;

use crate::setup::{check, column, integers, now, session, table, texts};

#[tokio::test]
async fn all_failing_rows_are_given_with_all_their_columns() {
    let orders = table(vec![
        ("id", integers(&[Some(1), None, None, Some(2)])),
        ("status", texts(&[Some("a"), Some("b"), Some("c"), Some("d")])),
    ]);
    let session = session(vec![("orders", orders)]);
    let not_null = Check { limit: Some(1), ..check(CheckKind::NotNull { subject: column("ID") }) };
    let rows = failing_rows(&session, &not_null, now()).await.unwrap();
    let names: Vec<_> = rows.schema().fields().iter().map(|field| field.name().clone()).collect();
    assert_eq!(names, ["id", "status"]);
    let batches = rows.collect().await.unwrap();
    assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 2);

    let accepted =
        check(CheckKind::AcceptedValues { subject: column("status"), values: vec!["a".to_owned()], quote: true });
    let rows = failing_rows(&session, &accepted, now()).await.unwrap();
    assert_eq!(rows.schema().field(0).name(), "value_field");
    assert_eq!(rows.collect().await.unwrap().iter().map(RecordBatch::num_rows).sum::<usize>(), 3);

    let missing = check(CheckKind::NotNull { subject: column("nope") });
    assert!(matches!(failing_rows(&session, &missing, now()).await, Err(QualityError::NoColumn { .. })));
}
