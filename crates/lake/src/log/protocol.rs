//! What tables this lake reads and writes.
//!
//! A scan here is a plain Parquet scan of whole files, so a table where some rows of a file are deleted, or whose
//! columns have other names in the files, cannot be read. A write here knows nothing of constraints, generated columns
//! or change feeds, so a table that relies on them must not be written.

use arrow::datatypes::{DataType, Schema};
use deltalake_core::kernel::{Metadata, Protocol};

/// Features that a plain scan of the files gives the right rows for.
const READABLE: &[&str] =
    &["timestampNtz", "v2Checkpoint", "vacuumProtocolCheck", "typeWidening", "typeWidening-preview"];

/// Features that need no more of a writer than we do.
const WRITABLE: &[&str] = &["timestampNtz", "appendOnly", "invariants", "vacuumProtocolCheck", "domainMetadata"];

/// The feature that keeps a table from being read, if any.
pub(crate) fn check_readable(protocol: &Protocol, metadata: &Metadata) -> Result<(), String> {
    let mode = metadata.configuration().get("delta.columnMapping.mode").map(String::as_str);
    if mode.is_some_and(|mode| mode != "none") {
        return Err("column mapping".into());
    }
    if protocol.min_reader_version() > 3 {
        return Err(format!("reader version {}", protocol.min_reader_version()));
    }
    for feature in protocol.reader_features().unwrap_or_default() {
        let feature = feature.as_ref();
        // Both are only refused where they are used: the mapping above, deletion vectors file by file.
        let unused = ["columnMapping", "deletionVectors"].contains(&feature);
        if !unused && !READABLE.contains(&feature) {
            return Err(format!("the reader feature `{feature}`"));
        }
    }
    Ok(())
}

/// The feature that keeps a table from being written, if any.
pub(crate) fn check_writable(protocol: &Protocol, metadata: &Metadata) -> Result<(), String> {
    check_readable(protocol, metadata)?;
    let configuration = metadata.configuration();
    let is_true = |key: &str| configuration.get(key).is_some_and(|value| value == "true");
    if is_true("delta.appendOnly") {
        return Err("append-only".into());
    }
    if is_true("delta.enableChangeDataFeed") {
        return Err("the change data feed".into());
    }
    if is_true("delta.enableInCommitTimestamps") {
        return Err("in-commit timestamps".into());
    }
    if configuration.keys().any(|key| key.starts_with("delta.constraints.")) {
        return Err("CHECK constraints".into());
    }
    let schema = metadata.parse_schema().map_err(|error| format!("a schema that cannot be read ({error})"))?;
    for field in schema.fields() {
        if !field.is_nullable() {
            return Err(format!("NOT NULL on column `{}`", field.name()));
        }
        let keys = ["delta.invariants", "delta.generationExpression", "delta.identity.start"];
        if let Some(key) = keys.iter().find(|key| field.metadata().contains_key(**key)) {
            return Err(format!("`{key}` on column `{}`", field.name()));
        }
    }
    if protocol.min_writer_version() > 7 {
        return Err(format!("writer version {}", protocol.min_writer_version()));
    }
    for feature in protocol.writer_features().unwrap_or_default() {
        let feature = feature.as_ref();
        // Not in use, as was seen above.
        let unused = ["changeDataFeed", "checkConstraints", "generatedColumns", "columnMapping", "inCommitTimestamp"];
        if !unused.contains(&feature) && !WRITABLE.contains(&feature) {
            return Err(format!("the writer feature `{feature}`"));
        }
    }
    Ok(())
}

/// The features that a table with these columns must declare.
pub(crate) fn needed_protocol(schema: &Schema) -> Vec<&'static str> {
    fn without_zone(data_type: &DataType) -> bool {
        match data_type {
            DataType::Timestamp(_, zone) => zone.is_none(),
            DataType::List(item) | DataType::Map(item, _) => without_zone(item.data_type()),
            DataType::Struct(fields) => fields.iter().any(|field| without_zone(field.data_type())),
            _ => false,
        }
    }
    if schema.fields().iter().any(|field| without_zone(field.data_type())) { vec!["timestampNtz"] } else { Vec::new() }
}
