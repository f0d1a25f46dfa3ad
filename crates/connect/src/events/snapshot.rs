//! What a source has in a round, read like the tables of any other source.

use std::sync::Arc;

use arrow::datatypes::{DataType, Schema};
use async_trait::async_trait;
use futures::stream;
use serde_json::{Value, json};

use super::message::OWN;
use super::table::Table;
use super::{EventFeed, EventRound, LogPlace};
use crate::batch_stream::Item;
use crate::table_plan::{PlannedColumn, planned_columns};
use crate::{
    BatchStream, ColumnDrift, ConnectError, Place, ReadPlan, ReadRequest, ReadUnit, RejectedRecord, Snapshot, UnitEnd,
};

/// The rule of records that are rejected of a table since it could not land them.
pub const STOPPED: &str = "stopped";

/// What a source has in a round.
pub(super) struct SourceRound {
    pub(super) round: Arc<EventRound>,
    pub(super) source: String,
    /// Whether tables cannot land it: then all of it is rejected of them.
    pub(super) is_aside: bool,
    /// The replay that it is of, where it is no round of the log.
    pub(super) replay: Option<String>,
}

impl SourceRound {
    /// The rows of a table that are to land.
    fn table(&self, from: &str) -> Option<&Table> {
        if self.is_aside { None } else { self.all_of(from) }
    }

    fn all_of(&self, from: &str) -> Option<&Table> {
        self.round.sources.get(&self.source)?.tables.get(&EventFeed::parse(from))
    }

    /// Records that do not land, behind a place: those that no table is for, where the table is the one that they are rejected of,
    /// and those that the table cannot land.
    fn rejected(&self, from: &str, after: Option<LogPlace>) -> Vec<RejectedRecord> {
        let events = self.round.sources.get(&self.source);
        let events = events.filter(|events| events.home == Some(EventFeed::parse(from)));
        let rejected = events.into_iter().flat_map(|events| &events.rejected);
        let nowhere = rejected.filter(|rejected| after.is_none_or(|after| rejected.at.0 > after));
        let mut all: Vec<RejectedRecord> =
            nowhere.map(|rejected| self.round.record(rejected.at, rejected.rule, rejected.reason.clone())).collect();
        if let (true, Some(table)) = (self.is_aside, self.all_of(from)) {
            let reason = "its table could not land what came with it";
            let records = table.records(table.first_after(after)).into_iter();
            all.extend(records.map(|at| self.round.record(at, STOPPED, reason.to_owned())));
        }
        all
    }

    /// Up to where a table has what it is given.
    fn after(&self, position: Option<&Value>) -> Option<LogPlace> {
        position.filter(|_| self.replay.is_none()).and_then(LogPlace::of_position)
    }

    fn label(&self) -> String {
        if let Some(replay) = &self.replay {
            return format!("events of {} replayed as {replay}", self.source);
        }
        // Whoever reads it again may find that more has arrived: it is known by where it begins.
        let LogPlace { segment, offset } = self.round.begin;
        format!("events of {} behind {segment}:{offset}", self.source)
    }
}

/// Rows of a unit that have been read already.
fn first_row(unit: &ReadUnit) -> usize {
    unit.detail["first"].as_u64().and_then(|first| usize::try_from(first).ok()).unwrap_or(0)
}

#[async_trait]
impl Snapshot for SourceRound {
    async fn plan(&self, request: &ReadRequest) -> Result<ReadPlan, ConnectError> {
        let empty = Table::default();
        let table = self.table(&request.from).unwrap_or(&empty);
        let after = self.after(request.position.as_ref());
        let (first, label) = (table.first_after(after), self.label());
        let rows = table.rows() - first;
        let rejected = self.rejected(&request.from, after);
        // Columns that every event has are there for whoever lists them; nobody is asked about them.
        let is_listed =
            |name: &str| request.promised.as_ref().is_none_or(|schema| schema.field_with_name(name).is_ok());
        let mut found = table.found(first);
        found.retain(|(name, _)| is_listed(name) || !OWN.contains(name));
        // A member that a message has not got is NULL: nothing that was promised is ever missing. What has no type yet gets
        // one with its first value.
        let promised = request.promised.iter().flat_map(|schema| schema.fields().iter());
        let typed: Vec<_> = promised.clone().filter(|field| *field.data_type() != DataType::Null).collect();
        let valued = |name: &str| found.iter().find(|(known, _)| *known == name).map(|(_, data_type)| data_type);
        let known = promised.filter(|field| *field.data_type() != DataType::Null || valued(field.name()).is_some());
        let known = Arc::new(Schema::new(known.cloned().collect::<Vec<_>>()));
        let silent = typed.iter().map(|field| field.name().as_str()).filter(|name| valued(name).is_none());
        let names = found.iter().map(|(name, _)| *name).chain(silent);
        let columns: Vec<_> =
            names.enumerate().map(|(position, name)| PlannedColumn { position, name, source_type: "" }).collect();
        let narrowed = ReadRequest { promised: request.promised.as_ref().map(|_| known), ..request.clone() };
        let natural = |name: &str| valued(name).cloned().unwrap_or(DataType::Utf8);
        let misfit = |name: &str, wanted: &DataType| {
            let found = valued(name).filter(|found| *found != wanted);
            found.filter(|_| !table.fits(name, first, wanted)).cloned()
        };
        let (fields, drift) = planned_columns(&narrowed, &label, &columns, natural, misfit);
        let unit = ReadUnit {
            label,
            replaces_batch: None,
            size_bytes: Some(1),
            rows: Some(rows as u64),
            drift: ColumnDrift::default(),
            detail: json!({ "first": first, "is_replay": self.replay.is_some() }),
        };
        Ok(ReadPlan {
            request: Arc::new(request.clone()),
            schema: Arc::new(Schema::new(fields)),
            units: if rows > 0 || !rejected.is_empty() { vec![unit] } else { Vec::new() },
            drift,
            replaces_all: false,
            notes: Vec::new(),
            can_tell_misfits: false,
            misfits: Vec::new(),
            can_reject: true,
            rejects: false,
        })
    }

    async fn read(&self, plan: &ReadPlan, unit: &ReadUnit) -> Result<BatchStream, ConnectError> {
        let empty = Table::default();
        let table = self.table(&plan.request.from).unwrap_or(&empty);
        let (first, rows) = (first_row(unit), table.rows());
        let size = plan.request.batch_rows.max(1);
        let pieces = (first..rows).step_by(size);
        let batch = |from| table.batch(&plan.schema, &unit.label, from, rows.min(from + size)).map(Item::Batch);
        let mut items: Vec<_> = pieces.map(batch).collect();
        let after = self.after(plan.request.position.as_ref());
        let rejected = self.rejected(&plan.request.from, after);
        if let Some(first) = rejected.first() {
            items.push(if plan.rejects {
                Ok(Item::Rejected(rejected))
            } else {
                Err(ConnectError::Malformed {
                    place: Box::new(Place::of(&first.place)),
                    reason: first.reason.clone(),
                    advice: "correct the client, or say `drift: {broken_record: quarantine_rows}` at the source"
                        .to_owned(),
                })
            });
        }
        let (end, replay) = (self.round.end, self.replay.clone());
        let position = move |before, _: &str| match &replay {
            Some(id) => Some(LogPlace::replayed(before, id)),
            None => Some(end.after(before)),
        };
        let end = UnitEnd::new((rows - first.min(rows)) as u64, Vec::new(), position);
        items.push(Ok(Item::End(end)));
        Ok(BatchStream::new(Arc::clone(&plan.schema), stream::iter(items)))
    }

    async fn place_of_row(&self, plan: &ReadPlan, unit: &ReadUnit, row: u64) -> Result<Option<Place>, ConnectError> {
        let row = usize::try_from(row).ok().map(|row| first_row(unit) + row);
        let place = self.table(&plan.request.from).zip(row).and_then(|(table, row)| table.place(row));
        Ok(place.map(|place| Place::of(format!("event log {}:{}", place.segment, place.offset))))
    }
}
