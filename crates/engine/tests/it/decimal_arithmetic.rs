//! Decimals are exact, whether they fit 64 bits or not, with NULLs in between.

use std::sync::Arc;

use ade_engine::datafusion::datasource::MemTable;
use ade_engine::{MemoryCatalog, RelationName, Session};
use arrow::array::{Decimal128Array, RecordBatch};

use crate::support::ask;

/// `t` with `a` of scale 2, `b` of scale 4; the last row fits 64 bits only when `wide` is not asked for.
fn session(wide: bool) -> Session {
    let last = if wide { 10_i128.pow(20) + 1 } else { 7 };
    let column = |values: Vec<Option<i128>>, precision, scale| {
        Arc::new(Decimal128Array::from(values).with_precision_and_scale(precision, scale).expect("a column"))
    };
    let a = column(vec![Some(12_345), None, Some(-1), Some(last)], 24, 2);
    let b = column(vec![Some(500), Some(1), None, Some(10_001)], 8, 4);
    let batch = RecordBatch::try_from_iter([("a", a as _), ("b", b as _)]).expect("rows");
    let table = MemTable::try_new(batch.schema(), vec![vec![batch]]).expect("a table");
    crate::support::session(MemoryCatalog::new().with_table(RelationName::new("main", "t"), Arc::new(table)))
}

#[tokio::test(flavor = "multi_thread")]
async fn narrow_and_wide_decimals_are_computed_exactly() {
    for (wide, answers) in [
        (
            false,
            ["6.172500,NULL,NULL,0.070007", "6.242507", "117.277500,-0.000007", "123.5000,1.0701", "123.4000,-0.9301"],
        ),
        (
            true,
            [
                "6.172500,NULL,NULL,1000100000000000000.010001",
                "1000100000000000006.182501",
                "117.277500,-100000000000000.000001",
                "123.5000,1000000000000000001.0101",
                "123.4000,999999999999999999.0099",
            ],
        ),
    ] {
        let session = session(wide);
        for (sql, answer) in [
            "select string_agg(coalesce((a * b)::text, 'NULL'), ',') from t",
            "select sum(a * b) from t",
            "select string_agg((a * (1 - b))::text, ',') from t",
            "select string_agg((a + b)::text, ',') from t",
            "select string_agg((a - b)::text, ',') from t",
        ]
        .into_iter()
        .zip(answers)
        {
            assert_eq!(ask(&session, sql).await, answer, "{sql}, wide: {wide}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_beyond_38_digits_is_refused() {
    let session = session(true);
    let failed = session.query("select a * a * a from t").await;
    let rows = match failed {
        Ok(rows) => rows.collect().await.map(drop),
        Err(error) => Err(error),
    };
    assert!(rows.is_err());
}
