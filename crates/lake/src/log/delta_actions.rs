//! The lines of a log entry, each the JSON of one action of the Delta protocol.

use std::collections::HashMap;

use arrow::datatypes::Schema;
use arrow::error::ArrowError;
use chrono::{DateTime, Utc};
use deltalake_core::kernel::engine::arrow_conversion::TryIntoKernel;
use deltalake_core::kernel::{Action, Add, Remove, StructType};
use serde_json::json;
use uuid::Uuid;

use super::entry::batch_transaction;
use crate::DataFile;
use crate::types::log_schema;

/// A file that becomes part of the table.
pub(crate) fn add_line(file: &DataFile, data_change: bool) -> Result<String, serde_json::Error> {
    let partition_values: HashMap<_, _> = file.partition_values.clone().into_iter().collect();
    serde_json::to_string(&Action::Add(Add {
        path: file.path.clone(),
        partition_values,
        size: i64::try_from(file.size_bytes).unwrap_or(i64::MAX),
        modification_time: file.modified_ms,
        data_change,
        stats: file.stats.clone(),
        ..Add::default()
    }))
}

/// A file that is no longer part of it.
pub(crate) fn remove_line(file: &DataFile, data_change: bool, now: DateTime<Utc>) -> Result<String, serde_json::Error> {
    let partition_values: HashMap<_, _> = file.partition_values.clone().into_iter().collect();
    serde_json::to_string(&Action::Remove(Remove {
        path: file.path.clone(),
        data_change,
        deletion_timestamp: Some(now.timestamp_millis()),
        extended_file_metadata: Some(true),
        partition_values: Some(partition_values),
        size: Some(i64::try_from(file.size_bytes).unwrap_or(i64::MAX)),
        ..Remove::default()
    }))
}

/// The batch, so that it is never committed twice. Each batch is an application of its own. Its version grows with
/// every change: odd while its rows are in the table, even after a restore has taken them out.
pub(crate) fn transaction_line(batch_id: Uuid, version: i64, now: DateTime<Utc>) -> String {
    let last_updated = now.timestamp_millis();
    json!({"txn": {"appId": batch_transaction(batch_id), "version": version, "lastUpdated": last_updated}}).to_string()
}

/// The least protocol that a table with the columns of `schema` needs, as `(reader, writer, features)`.
pub(crate) fn protocol_line(reader: i32, writer: i32, features: &[&str]) -> String {
    if features.is_empty() {
        return json!({"protocol": {"minReaderVersion": reader, "minWriterVersion": writer}}).to_string();
    }
    json!({"protocol": {
        "minReaderVersion": reader, "minWriterVersion": writer,
        "readerFeatures": features, "writerFeatures": features,
    }})
    .to_string()
}

/// Columns, partitioning and properties of a table.
///
/// # Errors
/// When a column's type is not one of Delta's.
pub(crate) fn metadata_line(
    id: &str,
    schema: &Schema,
    partition_by: &[String],
    configuration: &HashMap<String, String>,
    created: Option<i64>,
) -> Result<String, ArrowError> {
    let columns: StructType = (&log_schema(schema)).try_into_kernel()?;
    let schema = serde_json::to_string(&columns).map_err(|error| ArrowError::from_external_error(Box::new(error)))?;
    let line = json!({"metaData": {
        "id": id,
        "name": null,
        "description": null,
        "format": {"provider": "parquet", "options": {}},
        "schemaString": schema,
        "partitionColumns": partition_by,
        "configuration": configuration,
        "createdTime": created,
    }});
    Ok(line.to_string())
}
