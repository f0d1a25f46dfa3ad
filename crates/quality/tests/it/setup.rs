//! Tables in memory, and checks over them.

use std::{num::NonZeroUsize, sync::Arc};

use ade_engine::{
    Catalog, Engine, EngineOptions, MemoryCatalog, RelationName, Session, SessionOptions,
    datafusion::datasource::MemTable,
};
use ade_quality::{Check, CheckKind, CheckOutcome, Subject, run_checks};
use arrow::{
    array::{ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray},
    datatypes::{Field, Schema},
};
use chrono::{DateTime, Utc};

pub(crate) fn relation(name: &str) -> RelationName {
    RelationName::new("main", name)
}

pub(crate) fn column(name: &str) -> Subject {
    Subject::Column(name.to_owned())
}

pub(crate) fn integers(values: &[Option<i64>]) -> ArrayRef {
    Arc::new(Int64Array::from(values.to_vec()))
}

pub(crate) fn texts(values: &[Option<&str>]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

pub(crate) fn instants(values: &[Option<&str>]) -> ArrayRef {
    let micros = |text: &str| text.parse::<DateTime<Utc>>().unwrap().timestamp_micros();
    Arc::new(values.iter().map(|value| value.map(micros)).collect::<TimestampMicrosecondArray>())
}

/// A table of nullable columns.
pub(crate) fn table(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let fields: Vec<_> =
        columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true)).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns.into_iter().map(|(_, array)| array).collect()).unwrap()
}

/// A session that sees the tables.
pub(crate) fn session(tables: Vec<(&str, RecordBatch)>) -> Session {
    session_over(Arc::new(catalog(tables)))
}

pub(crate) fn session_over(catalog: Arc<dyn Catalog>) -> Session {
    Engine::new(&EngineOptions::small()).unwrap().session(catalog, SessionOptions::new("main"))
}

/// The tables, each in two partitions.
pub(crate) fn catalog(tables: Vec<(&str, RecordBatch)>) -> MemoryCatalog {
    let mut catalog = MemoryCatalog::new();
    for (name, batch) in tables {
        let half = batch.num_rows() / 2;
        let parts = vec![vec![batch.slice(0, half)], vec![batch.slice(half, batch.num_rows() - half)]];
        let provider = MemTable::try_new(batch.schema(), parts).unwrap();
        catalog = catalog.with_table(relation(name), Arc::new(provider));
    }
    catalog
}

pub(crate) fn now() -> DateTime<Utc> {
    "2026-03-31T08:00:00Z".parse().unwrap()
}

/// A check of `main.orders` under the name of its kind.
pub(crate) fn check(kind: CheckKind) -> Check {
    Check::new("check", relation("orders"), kind)
}

pub(crate) async fn run(session: &Session, checks: &[Check]) -> Vec<CheckOutcome> {
    run_checks(session, checks, now(), NonZeroUsize::new(3).unwrap()).await
}

pub(crate) async fn run_one(session: &Session, check: Check) -> CheckOutcome {
    run(session, &[check]).await.pop().unwrap()
}
