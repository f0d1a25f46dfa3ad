//! What is looked at of one table.

use ade_connect::{ConnectError, Connection, ConnectorSpec, RowCounts, RowPredicate, TableInfo};
use arrow::record_batch::RecordBatch;

use crate::error::RunError;

/// Rows of a table that are looked at for proposing classes.
const SAMPLE_ROWS: usize = 1_000;

/// What was seen of one table. It holds raw values, and goes when its table has been described.
#[derive(Default)]
pub(super) struct Look {
    /// Its first rows, if they could be read.
    pub(super) sample: Option<RecordBatch>,
    /// How many rows of a bounded number are test rows, migrated ones, deleted ones. A table of which the server does not tell is
    /// judged by the sample.
    pub(super) counts: Option<RowCounts>,
    /// What a person should know of it.
    pub(super) notes: Vec<String>,
}

/// Looks at a table. One that breaks off does not take the others with it: its columns are a person's to classify.
pub(super) async fn look(opened: &dyn Connection, spec: &ConnectorSpec, table: &TableInfo) -> Result<Look, RunError> {
    let mut look = Look::default();
    // What browsing could not read is listed with the reason, and has nothing to look at.
    if table.columns.is_empty() {
        return Ok(look);
    }
    let options = table.options.iter().cloned().collect();
    let options = spec.table_options(&options).map_err(|problems| ConnectError::Settings { problems })?;
    match opened.sample(&table.from, &options, SAMPLE_ROWS).await {
        Ok(sample) => {
            look.notes = sample.notes;
            look.sample = Some(sample.rows);
        }
        Err(error) => look.notes.push(format!("its rows could not be looked at: {error}")),
    }
    look.counts = match opened.count(table, &RowPredicate::of_table(table)).await {
        Ok(counts) => counts,
        Err(error) => {
            tracing::debug!(table = table.from, %error, "rows were not counted");
            None
        }
    };
    Ok(look)
}
