//! Rows of a query into batches.

use std::sync::Arc;

use ade_diagnostic::agree;
use arrow::array::{ArrayRef, RecordBatchOptions, new_null_array};
use arrow::datatypes::{Field, SchemaRef};
use arrow::record_batch::RecordBatch;
use mysql_async::{Row, Value};
use tokio::sync::mpsc;
use tokio::time::{Duration, Instant};

use super::column_type::ColumnType;
use super::cursor::CursorWatch;
use super::decoder::Decoder;
use super::failure::failed;
use super::plan::{ahead, window};
use super::position::Position;
use super::query::Query;
use super::server::Server;
use super::session::Session;
use crate::batch_stream::Item;
use crate::value::CORRECT;
use crate::{ConnectError, Note, Place, ReadMode, ReadRequest, UnitEnd, type_name};

/// One read: what, and as what.
pub(crate) struct Read {
    pub(crate) server: Arc<Server>,
    pub(crate) request: Arc<ReadRequest>,
    pub(crate) schema: SchemaRef,
    pub(crate) query: Query,
}

type Sender = mpsc::Sender<Result<Item, ConnectError>>;

/// For each field of the schema, the column of the statement and its decoder; none: the table has not got it.
type Columns = Vec<Option<(usize, Decoder)>>;

impl Read {
    /// Sends all batches and the end, or the error. Ends early when nobody listens.
    pub(crate) async fn run(&self, session: &mut Session, sender: &Sender) {
        let last = match self.batches(session, sender).await {
            Ok(Some(end)) => Ok(Item::End(end)),
            Ok(None) => return,
            Err(error) => Err(error),
        };
        // If nobody listens, there is nobody to tell.
        let _ = sender.send(last).await;
    }

    async fn batches(&self, session: &mut Session, sender: &Sender) -> Result<Option<UnitEnd>, ConnectError> {
        let failed = |error| failed(&self.server.name, &self.request.from, &error);
        let batch_rows = self.request.batch_rows.max(1);
        let mut columns = self.columns(batch_rows)?;
        let mut watch =
            self.query.cursor.as_ref().map(|cursor| CursorWatch::after(cursor.kind, self.query.last.as_ref()));
        let (mut total, mut in_batch) = (0_u64, 0_usize);
        let begin = Instant::now();
        let mut rows = session.rows(&self.query.sql(), self.query.parameters()).await.map_err(failed)?;
        while let Some(row) = rows.next().await.map_err(failed)? {
            total += 1;
            self.append(&mut columns, &row, total)?;
            if let Some(watch) = &mut watch {
                watch.see(row.as_ref(0).unwrap_or(&Value::NULL));
            }
            in_batch += 1;
            if in_batch == batch_rows {
                if sender.send(Ok(Item::Batch(self.batch(&mut columns, in_batch)?))).await.is_err() {
                    return Ok(None);
                }
                in_batch = 0;
                self.hold_back(begin, total).await;
            }
        }
        drop(rows);
        if in_batch > 0 && sender.send(Ok(Item::Batch(self.batch(&mut columns, in_batch)?))).await.is_err() {
            return Ok(None);
        }
        let no_dates = self.no_dates(&columns);
        self.end(session, total, watch.as_ref(), no_dates).await.map(Some)
    }

    /// Waits until so many rows may have been read.
    async fn hold_back(&self, begin: Instant, rows: u64) {
        if let Some(limit) = self.server.limits.rows_per_second {
            let micros = u128::from(rows) * 1_000_000 / u128::from(limit.max(1));
            tokio::time::sleep_until(begin + Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))).await;
        }
    }

    fn columns(&self, rows: usize) -> Result<Columns, ConnectError> {
        let column = |field: &Field| {
            let place = self.query.columns.iter().position(|(name, _)| name == field.name());
            let Some((place, (_, column))) = place.zip(place.and_then(|place| self.query.columns.get(place))) else {
                return Ok(None);
            };
            let decoder = Decoder::new(*column, field.data_type(), rows.min(8_192));
            let decoder = decoder.ok_or_else(|| unfit(&self.request.from, field, *column))?;
            Ok(Some((place + 1, decoder)))
        };
        self.schema.fields().iter().map(|field| column(field)).collect()
    }

    fn append(&self, columns: &mut Columns, row: &Row, number: u64) -> Result<(), ConnectError> {
        for (index, column) in columns.iter_mut().enumerate() {
            let Some((place, decoder)) = column else { continue };
            decoder.append(row.as_ref(*place).unwrap_or(&Value::NULL)).map_err(|found| {
                let field = self.schema.field(index);
                ConnectError::Value {
                    place: Box::new(Place::of(&self.request.from).row(number).column(field.name())),
                    expected: type_name(field.data_type()),
                    found,
                    advice: CORRECT.to_owned(),
                }
            })?;
        }
        Ok(())
    }

    fn batch(&self, columns: &mut Columns, rows: usize) -> Result<RecordBatch, ConnectError> {
        let arrays = columns.iter_mut().zip(self.schema.fields()).map(|(column, field)| match column {
            Some((_, decoder)) => decoder.finish(),
            None => Ok::<ArrayRef, _>(new_null_array(field.data_type(), rows)),
        });
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        arrays
            .collect::<Result<Vec<_>, _>>()
            .and_then(|arrays| RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options))
            .map_err(|_| ConnectError::SourceFailed {
                object: self.request.from.clone(),
                reason: "its columns do not form a batch of the planned schema".to_owned(),
            })
    }

    fn no_dates(&self, columns: &Columns) -> Vec<Note> {
        let counted = columns.iter().zip(self.schema.fields());
        let counted = counted.filter_map(|(column, field)| Some((column.as_ref()?.1.no_dates(), field)));
        counted
            .filter(|(count, _)| *count > 0)
            .map(|(count, field)| zero_dates(&self.request.from, field.name(), count))
            .collect()
    }

    async fn end(
        &self,
        session: &mut Session,
        rows: u64,
        watch: Option<&CursorWatch>,
        mut notes: Vec<Note>,
    ) -> Result<UnitEnd, ConnectError> {
        let (ReadMode::Incremental { cursor: Some(cursor), .. }, Some(watch)) = (&self.request.mode, watch) else {
            return Ok(UnitEnd::new(rows, notes, |_, _| None));
        };
        if watch.nulls > 0 {
            notes.push(Note::cursor_null(cursor, &self.request.from, watch.nulls, self.query.with_nulls));
        }
        let largest = watch.largest();
        notes.extend(largest.as_ref().and_then(|value| ahead(&self.server, &self.request, value)));
        let position = match largest {
            Some(value) => Some(Position {
                cursor: cursor.clone(),
                window: window(&self.server, session, &self.request, &self.query, &value).await?,
                value,
            }),
            None => None,
        };
        Ok(UnitEnd::new(rows, notes, move |before, _| match &position {
            Some(position) => position.to_value(),
            None => before,
        }))
    }
}

/// The error for a column that cannot be read as what it is promised to be.
pub(crate) fn unfit(from: &str, field: &Field, column: ColumnType) -> ConnectError {
    let (promised, found) = (type_name(field.data_type()), type_name(&column.data_type()));
    ConnectError::Request {
        from: from.to_owned(),
        reason: format!("column `{}` is promised as {promised}, and is {found}", field.name()),
        advice: "promise the type that it has, or varchar, and convert it in a model".to_owned(),
    }
}

/// What is said of dates that are none, for which NULL lands.
pub(crate) fn zero_dates(from: &str, column: &str, count: u64) -> Note {
    Note {
        id: "zero-dates",
        message: format!(
            "{} in column `{column}` of `{from}` {} (such as 0000-00-00): NULL lands there; promise varchar to take what \
             is there",
            ade_diagnostic::count(count, "value"),
            agree(count, "is no date", "are no dates")
        ),
    }
}
