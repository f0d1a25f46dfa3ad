//! Rows of a query into batches.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatchOptions, new_null_array};
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};
use tokio::sync::mpsc;

use super::cursor::CursorWatch;
use super::database::Database;
use super::epochs;
use super::plan::{ahead, unfit_cursor, window};
use super::position::Position;
use super::query::Query;
use super::value_builder::ValueBuilder;
use crate::batch_stream::Item;
use crate::value::CORRECT;
use crate::{ConnectError, Note, Place, ReadMode, ReadRequest, UnitEnd, type_name};

/// One read: what, and as what.
pub(crate) struct Read {
    pub(crate) database: Arc<Database>,
    pub(crate) request: Arc<ReadRequest>,
    pub(crate) schema: SchemaRef,
    pub(crate) query: Query,
}

/// How often a read looks whether anybody still listens, in rows.
const LISTEN_ROWS: u64 = 1_024;

impl Read {
    /// Sends all batches and the end, or the error. Ends early when nobody listens.
    pub(crate) fn run(&self, connection: &Connection, sender: &mpsc::Sender<Result<Item, ConnectError>>) {
        let result = self.batches(connection, sender);
        let last = match result {
            Ok(Some(end)) => Ok(Item::End(end)),
            Ok(None) => return,
            Err(error) => Err(error),
        };
        // If nobody listens, there is nobody to tell.
        let _ = sender.blocking_send(last);
    }

    fn batches(
        &self,
        connection: &Connection,
        sender: &mpsc::Sender<Result<Item, ConnectError>>,
    ) -> Result<Option<UnitEnd>, ConnectError> {
        let failed = |error| self.database.failed(&self.query.table, &error);
        let mut statement = connection
            .prepare(&self.query.sql())
            .map_err(|error| self.database.cannot_prepare(&self.query.table, &error))?;
        let mut rows = statement.query(rusqlite::params_from_iter(self.query.parameters())).map_err(failed)?;
        let batch_rows = self.request.batch_rows.max(1);
        let mut columns = self.columns(batch_rows)?;
        let mut watch = CursorWatch::after(self.query.last.clone());
        let (mut total, mut in_batch) = (0_u64, 0_usize);
        while let Some(row) = rows.next().map_err(failed)? {
            total += 1;
            self.append(&mut columns, row, total)?;
            if let Some(cursor) = &self.query.cursor {
                let value = row.get_ref(1).map_err(failed)?;
                watch.see(value).map_err(|unfit| unfit_cursor(&self.request, cursor, unfit))?;
            }
            in_batch += 1;
            if in_batch == batch_rows {
                if sender.blocking_send(Ok(Item::Batch(self.batch(&mut columns, in_batch)?))).is_err() {
                    return Ok(None);
                }
                in_batch = 0;
            } else if total.is_multiple_of(LISTEN_ROWS) && sender.is_closed() {
                return Ok(None);
            }
        }
        if in_batch > 0 && sender.blocking_send(Ok(Item::Batch(self.batch(&mut columns, in_batch)?))).is_err() {
            return Ok(None);
        }
        self.end(connection, total, &watch).map(Some)
    }

    /// For each field of the schema, the column of the statement and its builder; none: the table has not got it.
    fn columns(&self, rows: usize) -> Result<Vec<Option<(usize, ValueBuilder)>>, ConnectError> {
        let column = |field: &arrow::datatypes::Field| {
            let Some(place) = self.query.columns.iter().position(|name| name == field.name()) else { return Ok(None) };
            let builder =
                ValueBuilder::new(field.data_type(), rows.min(8_192), epochs::of(&self.request.options, field.name()));
            let builder = builder.ok_or_else(|| ConnectError::Request {
                from: self.query.table.clone(),
                reason: format!("column `{}` was planned as {}", field.name(), type_name(field.data_type())),
                advice: "read units with the plan that they are of".to_owned(),
            })?;
            Ok(Some((place + 2, builder)))
        };
        self.schema.fields().iter().map(|field| column(field)).collect()
    }

    fn append(
        &self,
        columns: &mut [Option<(usize, ValueBuilder)>],
        row: &Row<'_>,
        number: u64,
    ) -> Result<(), ConnectError> {
        for (index, column) in columns.iter_mut().enumerate() {
            let Some((place, builder)) = column else { continue };
            let value = row.get_ref(*place).map_err(|error| self.database.failed(&self.query.table, &error))?;
            builder.append(value).map_err(|found| {
                let place = Place::of(&self.query.table).column(self.schema.field(index).name());
                let place = match row.get_ref(0) {
                    Ok(ValueRef::Integer(rowid)) => place.rowid(rowid),
                    _ => place.row(number),
                };
                let expected = type_name(self.schema.field(index).data_type());
                ConnectError::Value { place: Box::new(place), expected, found, advice: CORRECT.to_owned() }
            })?;
        }
        Ok(())
    }

    fn batch(&self, columns: &mut [Option<(usize, ValueBuilder)>], rows: usize) -> Result<RecordBatch, ConnectError> {
        let arrays = columns.iter_mut().zip(self.schema.fields()).map(|(column, field)| match column {
            Some((_, builder)) => builder.finish(),
            None => Ok::<ArrayRef, _>(new_null_array(field.data_type(), rows)),
        });
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        arrays
            .collect::<Result<Vec<_>, _>>()
            .and_then(|arrays| RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options))
            .map_err(|_| ConnectError::SourceFailed {
                object: self.query.table.clone(),
                reason: "its columns do not form a batch of the planned schema".to_owned(),
            })
    }

    fn end(&self, connection: &Connection, rows: u64, watch: &CursorWatch) -> Result<UnitEnd, ConnectError> {
        let mut notes = Vec::new();
        let ReadMode::Incremental { cursor: Some(cursor), .. } = &self.request.mode else {
            return Ok(UnitEnd::new(rows, notes, |_, _| None));
        };
        if watch.nulls > 0 {
            notes.push(Note::cursor_null(cursor, &self.query.table, watch.nulls, self.query.with_nulls));
        }
        notes.extend(watch.largest().and_then(|value| ahead(&self.database, &self.request, value)));
        let position = match watch.largest() {
            Some(value) => Some(Position {
                cursor: cursor.clone(),
                value: value.clone(),
                window: window(&self.database, connection, &self.request, &self.query, value)?,
            }),
            None => None,
        };
        Ok(UnitEnd::new(rows, notes, move |before, _| match &position {
            Some(position) => position.to_value(),
            None => before,
        }))
    }
}
