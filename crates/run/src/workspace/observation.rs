//! The schema `ade`: what the program has observed, readable with SQL.
use std::sync::Arc;

use ade_engine::datafusion::datasource::MemTable;
use ade_engine::{Relation, RelationName, SqlError, SqlErrorKind};
use ade_lake::TableName;
use ade_meta::{Meta, MetaError, Observation};
use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::error::ArrowError;
use chrono::{DateTime, Utc};

use super::observation_table::ObservationTable;

/// Name of the schema.
pub(crate) const SCHEMA: &str = "ade";

const TABLES: [&str; 6] = ["checks", "leases", "reveals", "runs", "tasks", "views"];

/// Where an observation is that is not only in the metadata database. Until the first one there is what was observed before.
pub(super) fn in_lake(table: &str) -> Option<TableName> {
    (table == "reveals").then(|| TableName::new(SCHEMA, table).ok()).flatten()
}

pub(crate) fn names() -> impl Iterator<Item = RelationName> {
    TABLES.into_iter().map(|table| RelationName::new(SCHEMA, table))
}

pub(crate) async fn relation(meta: &Meta, table: &str) -> Result<Option<Relation>, SqlError> {
    let observed = match table {
        "runs" => Some(Observation::Runs),
        "tasks" => Some(Observation::Tasks),
        "checks" => Some(Observation::Checks),
        "reveals" => Some(Observation::Reveals),
        _ => None,
    };
    if let Some(observed) = observed {
        return Ok(Some(Relation::Table(Arc::new(ObservationTable::new(meta.clone(), observed)))));
    }
    let columns = match table {
        "views" => views(meta).await,
        "leases" => leases(meta).await,
        _ => return Ok(None),
    };
    let failed = |reason: String| SqlError::new(SqlErrorKind::Failed, reason);
    let columns = columns.map_err(|error| failed(error.to_string()))?;
    let batch = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true)))
        .map_err(|error: ArrowError| failed(error.to_string()))?;
    let table = MemTable::try_new(batch.schema(), vec![vec![batch]]).map_err(|error| failed(error.to_string()))?;
    Ok(Some(Relation::Table(Arc::new(table))))
}

type Columns = Vec<(&'static str, ArrayRef)>;

fn text<T>(rows: &[T], value: impl Fn(&T) -> Option<String>) -> ArrayRef {
    Arc::new(rows.iter().map(value).collect::<StringArray>())
}

fn number<T>(rows: &[T], value: impl Fn(&T) -> Option<u64>) -> ArrayRef {
    Arc::new(rows.iter().map(|row| value(row).and_then(|number| i64::try_from(number).ok())).collect::<Int64Array>())
}

fn time<T>(rows: &[T], value: impl Fn(&T) -> Option<DateTime<Utc>>) -> ArrayRef {
    let times = rows.iter().map(|row| value(row).map(|time| time.timestamp_micros()));
    Arc::new(times.collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
}

async fn views(meta: &Meta) -> Result<Columns, MetaError> {
    let rows = meta.all_views().await?;
    Ok(vec![
        ("environment", text(&rows, |row| Some(row.environment.clone()))),
        ("schema", text(&rows, |row| Some(row.definition.schema.clone()))),
        ("name", text(&rows, |row| Some(row.definition.name.clone()))),
        ("version", number(&rows, |row| Some(row.version))),
        ("sql", text(&rows, |row| Some(row.definition.sql.clone()))),
        ("valid_from", time(&rows, |row| Some(row.valid_from))),
        ("valid_to", time(&rows, |row| row.valid_to)),
        ("run_id", text(&rows, |row| row.run_id.map(|id| id.to_string()))),
    ])
}

async fn leases(meta: &Meta) -> Result<Columns, MetaError> {
    let rows = meta.leases().await?;
    Ok(vec![
        ("scope", text(&rows, |row| Some(row.scope.clone()))),
        ("purpose", text(&rows, |row| Some(row.purpose.clone()))),
        ("process", text(&rows, |row| Some(row.process.to_string()))),
        ("run_id", text(&rows, |row| row.run_id.map(|id| id.to_string()))),
        ("token", number(&rows, |row| Some(row.token))),
        ("acquired_at", time(&rows, |row| Some(row.acquired_at))),
        ("expires_at", time(&rows, |row| Some(row.expires_at))),
    ])
}
