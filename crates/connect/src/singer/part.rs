//! One unit of a stream on its way: what the reading thread hands over, and the snapshot that a landing reads it through.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use arrow::record_batch::RecordBatch;
use async_trait::async_trait;
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, stream};
use serde_json::Value;
use tokio::sync::mpsc;

use super::batch::TypedRows;
use super::json_schema::StreamColumn;
use super::parse::{EXTRACTED_AT, RawRows, RowParser};
use super::position::{Mark, Position};
use crate::batch_stream::Item;
use crate::blocking::blocking;
use crate::files::typed::fit;
use crate::table_plan::{PlannedColumn, planned_columns};
use crate::{
    BatchStream, ColumnDrift, ConnectError, FeedGate, ReadMode, ReadPlan, ReadRequest, ReadUnit, RejectedRecord,
    Snapshot, UnitEnd,
};

/// What comes next of a unit.
pub(crate) enum Slot {
    Rows(RawRows),
    Typed(TypedRows),
    End(PartEnd),
    /// The tap failed, or broke its word.
    Failed(ConnectError),
}

/// What is known at the end of a unit.
#[derive(Debug, Clone, Default)]
pub(crate) struct PartEnd {
    /// What its commit remembers; `None` of a table that is read whole each time.
    pub(crate) then: Option<Then>,
    /// Whether others end with it, which it may have to wait for.
    pub(crate) is_with_others: bool,
}

/// What the commit of a unit remembers.
#[derive(Debug, Clone)]
pub(crate) struct Then {
    /// The round that the rows are of.
    pub(crate) round: u64,
    /// The round that is complete with them; `None`: they are not all of it.
    pub(crate) at: Option<Mark>,
    pub(crate) floor: Mark,
    pub(crate) with: BTreeMap<String, u64>,
    pub(crate) version: Option<i64>,
}

impl Then {
    /// After what is remembered so far, for rows that landed as `batch`, which took the place of those of `stale`.
    fn position(self, before: Option<Position>, batch: &str, stale: &[String]) -> Position {
        let before = before.unwrap_or_default();
        let later = |(round, batch): &(u64, String)| *round > self.floor.round && !stale.contains(batch);
        let mut batches: Vec<(u64, String)> = before.batches.into_iter().filter(later).collect();
        batches.push((self.round, batch.to_owned()));
        let at = self.at.unwrap_or(before.at);
        Position { at, floor: self.floor, with: self.with, batches, version: self.version }
    }
}

/// One unit of a stream. It can be planned as often as needed, and read once.
pub(crate) struct FedPart {
    pub(crate) from: String,
    pub(crate) columns: Vec<StreamColumn>,
    /// Whether its rows take the place of all that is there.
    pub(crate) replaces_all: bool,
    /// Batches that its rows take the place of.
    pub(crate) stale: Vec<String>,
    pub(crate) threads: usize,
    pub(crate) gate: FeedGate,
    pub(crate) slots: Mutex<Option<mpsc::Receiver<Slot>>>,
}

#[async_trait]
impl Snapshot for FedPart {
    async fn plan(&self, request: &ReadRequest) -> Result<ReadPlan, ConnectError> {
        if matches!(request.mode, ReadMode::Capture { .. }) {
            return Err(request.refused("a tap has no log that could be captured", "use `mode: incremental`"));
        }
        if request.columns.is_some() {
            return Err(request.refused(
                "a tap cannot be asked for some columns of all rows, as a sweep would",
                "leave out `sweep`; read the stream with `mode: full` if its deletions count",
            ));
        }
        let mut columns = self.columns.clone();
        let promises = |name: &str| request.promised.as_ref().is_some_and(|schema| schema.index_of(name).is_ok());
        if promises(EXTRACTED_AT) && columns.iter().all(|column| column.name != EXTRACTED_AT) {
            columns.push(StreamColumn {
                name: EXTRACTED_AT.to_owned(),
                data_type: DataType::Timestamp(TimeUnit::Microsecond, Some(Arc::from("UTC"))),
                source_type: "date-time".to_owned(),
                nullable: true,
            });
        }
        let planned: Vec<PlannedColumn<'_>> = columns
            .iter()
            .enumerate()
            .map(|(position, column)| PlannedColumn { position, name: &column.name, source_type: &column.source_type })
            .collect();
        let found = |name: &str| columns.iter().find(|column| column.name == name).map(|column| &column.data_type);
        let natural = |name: &str| found(name).cloned().unwrap_or(DataType::Utf8);
        let misfit = |name: &str, promised: &DataType| {
            let found = found(name).filter(|found| !may_hold(found, promised))?;
            Some(found.clone())
        };
        let (fields, drift) = planned_columns(request, &self.from, &planned, natural, misfit);
        let goes_on = request.position.is_some() && !self.replaces_all;
        let stale = if goes_on { self.stale.as_slice() } else { &[] };
        let unit = |place: usize, replaces: Option<&String>| ReadUnit {
            label: self.from.clone(),
            replaces_batch: replaces.cloned(),
            size_bytes: None,
            rows: None,
            drift: ColumnDrift::default(),
            detail: Value::from(place),
        };
        let mut plan = ReadPlan::of_table(request, fields, Some(unit(0, stale.first())), drift, Vec::new());
        // Each unit replaces one batch: those that follow have no rows of their own.
        plan.units.extend(stale.iter().enumerate().skip(1).map(|(place, batch)| unit(place, Some(batch))));
        plan.replaces_all = self.replaces_all && request.position.is_some();
        plan.can_tell_misfits = true;
        plan.can_reject = true;
        Ok(plan)
    }

    async fn read(&self, plan: &ReadPlan, unit: &ReadUnit) -> Result<BatchStream, ConnectError> {
        if unit.detail.as_u64() != Some(0) {
            let end = UnitEnd::new(0, Vec::new(), |before, _| before);
            return Ok(BatchStream::from_batches(Arc::clone(&plan.schema), stream::empty(), end));
        }
        let again = || ConnectError::SourceFailed {
            object: self.from.clone(),
            reason: "a tap sends its rows once, and they were read already".to_owned(),
        };
        let slots = self.slots.lock().ok().and_then(|mut slots| slots.take()).ok_or_else(again)?;
        let parser = Arc::new(RowParser {
            from: self.from.clone(),
            schema: Arc::clone(&plan.schema),
            misfits: plan.misfits.clone(),
            rejects: plan.rejects,
        });
        let stale = Arc::new(self.stale.clone());
        let reading = Reading { slots, parser, stale, gate: self.gate.clone(), rows: 0 };
        let items = stream::unfold(Some(reading), |reading| async move {
            let mut reading = reading?;
            let slot = reading.slots.recv().await?;
            let (work, goes_on) = reading.work(slot);
            Some((work, goes_on.then_some(reading)))
        });
        let items = items.buffered(self.threads.max(1)).flat_map(|found| match found {
            Ok(found) => stream::iter(found.into_iter().map(Ok).collect::<Vec<_>>()),
            Err(error) => stream::iter(vec![Err(error)]),
        });
        Ok(BatchStream::new(Arc::clone(&plan.schema), items))
    }

    fn can_read_again(&self) -> bool {
        false
    }
}

/// A unit that is read.
struct Reading {
    slots: mpsc::Receiver<Slot>,
    parser: Arc<RowParser>,
    stale: Arc<Vec<String>>,
    gate: FeedGate,
    rows: u64,
}

impl Reading {
    /// What is to be done with what came; whether more comes.
    fn work(&mut self, slot: Slot) -> (BoxFuture<'static, Result<Vec<Item>, ConnectError>>, bool) {
        let parser = Arc::clone(&self.parser);
        match slot {
            Slot::Rows(raw) => {
                self.rows += raw.lines.len() as u64;
                let work = async move {
                    let from = parser.from.clone();
                    blocking(&from, move || parser.parse(&raw)).await.map(items)
                };
                (work.boxed(), true)
            }
            Slot::Typed(typed) => {
                self.rows += typed.rows.num_rows() as u64;
                let work = async move {
                    let from = parser.from.clone();
                    let fitted = move || fit(&typed.object, &parser.schema, &typed.rows, typed.first_row);
                    Ok(vec![Item::Batch(blocking(&from, fitted).await?)])
                };
                (work.boxed(), true)
            }
            Slot::End(PartEnd { then, is_with_others }) => {
                let stale = Arc::clone(&self.stale);
                let end = UnitEnd::new(self.rows, Vec::new(), move |before, batch| {
                    let before = before.as_ref().and_then(Position::parse);
                    then.clone()?.position(before, batch, &stale).to_value()
                });
                let gate = self.gate.clone();
                let work = async move {
                    if is_with_others {
                        gate.wait().await;
                    }
                    Ok(vec![Item::End(end)])
                };
                (work.boxed(), false)
            }
            Slot::Failed(error) => (async move { Err(error) }.boxed(), false),
        }
    }
}

fn items((rows, rejected): (RecordBatch, Vec<RejectedRecord>)) -> Vec<Item> {
    let rejected = (!rejected.is_empty()).then_some(Item::Rejected(rejected));
    std::iter::once(Item::Batch(rows)).chain(rejected).collect()
}

/// Whether values of a type may be what was promised, by how they are written. Of text nobody knows before it is read.
fn may_hold(found: &DataType, promised: &DataType) -> bool {
    if matches!(promised, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View) {
        return true;
    }
    match found {
        DataType::Boolean => *promised == DataType::Boolean,
        DataType::Int64 => promised.is_numeric(),
        DataType::Float64 | DataType::Decimal128(..) => promised.is_floating() || promised.is_decimal(),
        DataType::Date32 | DataType::Timestamp(..) => promised.is_temporal(),
        _ => true,
    }
}

/// The schema of rows that are only looked at.
pub(crate) fn natural_schema(columns: &[StreamColumn]) -> Schema {
    Schema::new(
        columns.iter().map(|column| Field::new(&column.name, column.data_type.clone(), true)).collect::<Vec<_>>(),
    )
}
