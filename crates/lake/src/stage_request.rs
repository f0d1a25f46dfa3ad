//! What a writer asks for.

use arrow::datatypes::SchemaRef;

use crate::{SchemaChange, Write};

/// How to stage a write.
#[derive(Debug, Clone)]
pub struct StageRequest {
    /// The arrivals' columns, as they will come in the batches.
    pub schema: SchemaRef,
    /// What happens with the rows that are there.
    pub write: Write,
    /// Whether columns may change.
    pub schema_change: SchemaChange,
    /// Columns that split the table into folders; `None` keeps those of an existing table.
    pub partition_by: Option<Vec<String>>,
}

impl StageRequest {
    /// A write that changes no column of an existing table.
    pub fn new(schema: SchemaRef, write: Write) -> Self {
        Self { schema, write, schema_change: SchemaChange::Refuse, partition_by: None }
    }

    /// Says whether columns may change.
    pub fn schema_change(mut self, change: SchemaChange) -> Self {
        self.schema_change = change;
        self
    }

    /// Splits the table by the values of these columns.
    pub fn partition_by<S: Into<String>>(mut self, columns: impl IntoIterator<Item = S>) -> Self {
        self.partition_by = Some(columns.into_iter().map(Into::into).collect());
        self
    }
}
