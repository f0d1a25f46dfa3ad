//! The record of reveals: who was shown plain values, when and why. It is a table of the lake, `ade.reveals`, so that it lasts as long as
//! what was revealed; a table nobody could write to could not be revealed from.
use std::sync::Arc;

use ade_lake::{At, CommitNote, LakeError, StageRequest, TableName, Write};
use ade_meta::Observation;
use ade_privacy::{Domain, Keys, decrypt_text, key_id_of};
use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use chrono::{DateTime, Utc};
use futures::StreamExt;
use uuid::Uuid;

use super::needles::Needles;
use super::reveal::sealed;
use crate::error::RunError;
use crate::workspace::Workspace;

/// The domain that conditions of reveals are encrypted in.
const CONDITIONS: &str = "ade_reveal_condition";
/// The column that they are in.
pub(super) const CONDITION: &str = "condition";
/// What takes the place of words that name a person who was erased.
const ERASED: &str = "(erased)";

/// One reveal. It is recorded before anything is shown.
#[derive(Debug, Clone)]
pub(super) struct RevealRecord {
    pub(super) reveal_id: Uuid,
    /// Who asked, as the operating system knows them.
    pub(super) person: String,
    /// Why, in their words.
    pub(super) reason: String,
    pub(super) table: String,
    pub(super) column: String,
    /// The version of the table.
    pub(super) version: u64,
    /// Which rows were asked for, in SQL.
    pub(super) condition: Option<String>,
    /// How many values were shown.
    pub(super) rows: u64,
    pub(super) revealed_at: DateTime<Utc>,
}

/// Whether a table is the record.
pub(super) fn is_record_of_reveals(table: &TableName) -> bool {
    (table.schema(), table.table()) == ("ade", "reveals")
}

fn name() -> Result<TableName, RunError> {
    Ok(TableName::new("ade", "reveals")?)
}

fn schema() -> SchemaRef {
    let time = || DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let fields = [
        ("revealed_at", time()),
        ("person", DataType::Utf8),
        ("reason", DataType::Utf8),
        ("table", DataType::Utf8),
        ("column", DataType::Utf8),
        ("rows", DataType::Int64),
        ("table_version", DataType::Int64),
        ("condition", DataType::Utf8),
        ("environment", DataType::Utf8),
        ("reveal_id", DataType::Utf8),
    ];
    Arc::new(Schema::new(fields.map(|(name, data_type)| Field::new(name, data_type, true)).to_vec()))
}

impl Workspace {
    /// Records a reveal; it is durable when this returns.
    pub(super) async fn record_reveal(&self, reveal: &RevealRecord) -> Result<(), RunError> {
        let table = name()?;
        self.write_as(reveal.reveal_id, "ade privacy reveal", std::time::Duration::from_secs(30));
        let lease = self.lake.lease(&table, "ade privacy reveal").await?;
        let recorded = Box::pin(self.append(&table, reveal, &lease)).await;
        self.release(&table, &lease).await;
        recorded
    }

    async fn append(&self, table: &TableName, reveal: &RevealRecord, lease: &ade_lake::Lease) -> Result<(), RunError> {
        let is_first = match self.lake.snapshot(table, At::Latest).await {
            Ok(_) => false,
            Err(LakeError::NoTable { .. }) => true,
            Err(error) => return Err(error.into()),
        };
        let batch = self.batch(reveal)?;
        let mut writer = self.lake.stage(table, StageRequest::new(schema(), Write::Append), lease).await?;
        if is_first {
            // What was recorded in the metadata database, before the record was in the lake.
            for earlier in self.recorded_before().await? {
                writer.write(earlier).await?;
            }
        }
        writer.write(batch).await?;
        let staged = writer.finish().await?;
        let note = CommitNote { run_id: Some(reveal.reveal_id), ..CommitNote::new(reveal.reveal_id) };
        staged.commit(&note).await?;
        Ok(())
    }

    fn batch(&self, reveal: &RevealRecord) -> Result<RecordBatch, RunError> {
        // It may name somebody.
        let condition = match &reveal.condition {
            Some(condition) => sealed(condition, Domain::new(CONDITIONS)?, self.keys()?.current())?,
            None => String::new(),
        };
        let text = |text: &str| -> ArrayRef { Arc::new(StringArray::from(vec![text])) };
        let number =
            |number: u64| -> ArrayRef { Arc::new(Int64Array::from(vec![i64::try_from(number).unwrap_or(i64::MAX)])) };
        let at = TimestampMicrosecondArray::from(vec![reveal.revealed_at.timestamp_micros()]).with_timezone("UTC");
        let columns: Vec<ArrayRef> = vec![
            Arc::new(at),
            text(&reveal.person),
            text(&reveal.reason),
            text(&reveal.table),
            text(&reveal.column),
            number(reveal.rows),
            number(reveal.version),
            text(&condition),
            text(self.environment()),
            text(&reveal.reveal_id.to_string()),
        ];
        RecordBatch::try_new(schema(), columns).map_err(|_| RunError::Stamp { rows: 1 })
    }

    async fn recorded_before(&self) -> Result<Vec<RecordBatch>, RunError> {
        let own = schema();
        let names: Vec<String> = own.fields().iter().map(|field| format!("\"{}\"", field.name())).collect();
        debug_assert_eq!(names.len(), Observation::Reveals.columns().len());
        let sql = format!("select {} from ade.reveals", names.join(", "));
        let mut rows = self.session(At::Latest).query(&sql).await?;
        let mut all = Vec::new();
        while let Some(batch) = rows.next().await.transpose()? {
            let shape = |_| RunError::Stamp { rows: batch.num_rows() };
            let columns =
                batch.columns().iter().zip(own.fields()).map(|(column, field)| cast(column, field.data_type()));
            let columns = columns.collect::<Result<Vec<_>, _>>().map_err(shape)?;
            all.push(RecordBatch::try_new(Arc::clone(&own), columns).map_err(shape)?);
        }
        Ok(all)
    }
}

/// A condition that was encrypted under an old key, under the current one.
pub(super) fn resealed_condition(text: &str, old: &str, keys: &Keys) -> Result<String, RunError> {
    let Some(key) = key_id_of(text).filter(|id| *id == old).and_then(|id| keys.get(id)) else {
        return Ok(text.to_owned());
    };
    let domain = Domain::new(CONDITIONS)?;
    sealed(&decrypt_text(text, &domain, key)?, domain, keys.current())
}

/// Rows of the record without words that name a person: that there was a reveal stays. `None` where no row does; else also how many.
pub(super) fn without_person(
    workspace: &Workspace,
    batch: &RecordBatch,
    needles: &Needles,
) -> Result<Option<(RecordBatch, u64)>, RunError> {
    let shape = |_| RunError::Stamp { rows: batch.num_rows() };
    let keys = workspace.keys()?;
    let conditions = Domain::new(CONDITIONS)?;
    let plain = |text: &str| -> String {
        let key = key_id_of(text).and_then(|id| keys.get(id));
        let opened = key.and_then(|key| decrypt_text(text, &conditions, key).ok());
        opened.map_or_else(|| text.to_owned(), |opened| opened.to_string())
    };
    let mut columns = batch.columns().to_vec();
    let mut rows = vec![false; batch.num_rows()];
    for name in ["reason", CONDITION] {
        let place = batch.schema_ref().index_of(name).map_err(shape)?;
        let texts = cast(batch.column(place), &DataType::Utf8).map_err(shape)?;
        let texts = texts.as_string::<i32>();
        let names_person = |text: &str| needles.is_in_text(&plain(text)) || needles.is_anywhere_in(text.as_bytes());
        let without: StringArray = texts
            .iter()
            .enumerate()
            .map(|(row, text)| {
                let is_named = text.is_some_and(names_person);
                rows[row] |= is_named;
                if is_named { Some(ERASED) } else { text }
            })
            .collect();
        columns[place] = cast(&without, batch.column(place).data_type()).map_err(shape)?;
    }
    let named = rows.iter().filter(|row| **row).count() as u64;
    let batch = RecordBatch::try_new(batch.schema(), columns).map_err(shape)?;
    Ok((named > 0).then_some((batch, named)))
}
