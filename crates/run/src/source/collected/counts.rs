//! What became of everything that was received, as a table: received = landed + rejected + ignored + erased + duplicates.
//!
//! Each is counted where it happens, and none is what is left of the others: what was received and what was there before, in the log; what
//! landed, what is kept apart, what rules left out and what is of people who were erased, where each table wrote it ([`Came`]). A
//! row for each table and round. Where they do not add up, something was lost or is there twice, and everybody can see it.
use std::collections::HashMap;
use std::sync::Arc;

use ade_connect::{EventCount, EventFeed, EventRound, EventSource, LogPlace};
use ade_lake::{CommitNote, Lease, SchemaChange, StageRequest, TableName, Write};
use ade_project::resource::SourceTable;
use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use serde_json::Value;

use super::super::stamp::BATCH_ID;
use super::Came;
use super::growth::feed;
use crate::build::{Build, TaskError};
use crate::error::RunError;
use crate::workspace::Workspace;

/// What became of the messages of a round that are, or would be, one table's. What is replayed later moves from one number to
/// another: then these are what is added, and some are below zero.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) source: String,
    /// Empty where nobody can say which table it would be.
    pub(super) table: String,
    pub(super) received: i64,
    pub(super) landed: i64,
    pub(super) rejected: i64,
    pub(super) ignored: i64,
    pub(super) erased: i64,
    pub(super) duplicates: i64,
}

impl Row {
    /// What is known to have become of messages.
    pub(super) fn accounted(&self) -> i64 {
        self.landed + self.rejected + self.ignored + self.erased + self.duplicates
    }

    /// Whether less or more became of the messages than there are.
    pub(super) fn is_wrong(&self) -> bool {
        self.received != self.accounted()
    }
}

/// What became of the messages of a round; `replay`: the id under which they came again, where they did.
pub(super) async fn of_round(
    workspace: &Workspace,
    sources: &[EventSource],
    tables: &[SourceTable],
    round: &EventRound,
    replay: Option<&str>,
) -> Result<Vec<Row>, TaskError> {
    let mut rows = Vec::new();
    for source in sources {
        let mut came = HashMap::new();
        for table in tables.iter().filter(|table| table.source == source.name) {
            let Some(feed) = feed(table).filter(|feed| round.has_any(&source.name, feed)) else { continue };
            let newest = workspace.lake.newest(&Workspace::table_name(&table.relation)?).await?;
            let position = newest.and_then(|(_, state)| state.position);
            let is_of_it = |position: &Value| match replay {
                Some(id) => LogPlace::is_replayed(position, id),
                None => LogPlace::of_position(position) == Some(round.end),
            };
            // What is not there has not landed, and is missed.
            let of_table = position.filter(is_of_it);
            let of_table = of_table.and_then(|position| Came::of_position(&position, replay.is_some()));
            came.insert(feed, of_table.unwrap_or_default());
        }
        rows.extend(of_source(source, &came, round));
    }
    Ok(rows)
}

/// Of one source; `came`: what each of its tables says.
fn of_source(source: &EventSource, came: &HashMap<EventFeed, Came>, round: &EventRound) -> Vec<Row> {
    let home = came.get(&source.home).cloned().unwrap_or_default();
    let rejects = round.rejects(&source.name);
    // All that no table is for is kept beside one of them, but for what is of people who were erased.
    let kept = home.kept_records.min(rejects.saturating_sub(home.erased_records.len() as u64));
    let mut missing = rejects.saturating_sub(kept + home.erased_records.len() as u64);
    let mut erased: HashMap<&str, u64> = HashMap::new();
    for place in &home.erased_records {
        if let Some(name) = round.counted_by(&source.name, place) {
            *erased.entry(name).or_default() += 1;
        }
    }
    let mut rows = Vec::new();
    for (name, count) in round.counts(&source.name) {
        let EventCount { received, duplicates, rejected, ignored } = count;
        let feed = came.keys().find(|feed| feed.table_name() == name && **feed != EventFeed::All);
        let own = feed.and_then(|feed| came.get(feed)).cloned().unwrap_or_default();
        let is_of_changes = matches!(feed, Some(EventFeed::Changes(_) | EventFeed::History(_)));
        let extra = feed.map_or(0, |feed| round.extra_rows(&source.name, feed));
        // That a row of another system is no more has landed when the row has gone.
        let (deleted, removed) = if is_of_changes { (own.deleted, 0) } else { (0, own.deleted) };
        // Beside a table are its own events that it could not land, and those that no table is for, where it keeps them.
        let nowhere = if feed == Some(&source.home) { kept } else { 0 };
        let set_aside = own.kept_records.saturating_sub(nowhere);
        let erased_records = erased.get(name).copied().unwrap_or_default();
        let set_aside_erased = own.erased_records.len() as u64
            - if feed == Some(&source.home) {
                erased.values().sum::<u64>().min(own.erased_records.len() as u64)
            } else {
                0
            };
        let lost = missing.min(rejected);
        missing -= lost;
        rows.push(Row {
            source: source.name.clone(),
            table: name.to_owned(),
            received: number(received),
            landed: number(own.landed + deleted) - number(extra),
            rejected: number(rejected) - number(erased_records + lost) + number(own.kept_rows + set_aside),
            ignored: number(ignored + own.left_out + removed),
            erased: number(own.erased_rows + erased_records + set_aside_erased),
            duplicates: number(duplicates),
        });
    }
    rows
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Commits the rows of a round, with the place where it ends.
pub(super) async fn commit(
    build: &Build,
    table: &TableName,
    lease: &Lease,
    rows: &[Row],
    position: Value,
) -> Result<(), TaskError> {
    let workspace = &build.workspace;
    let batch_id = workspace.world.ids.next();
    let request = StageRequest::new(schema(), Write::Append).schema_change(SchemaChange::Evolve);
    let mut writer = workspace.lake.stage(table, request, lease).await?;
    let batch = batch(rows, &batch_id.to_string(), workspace.world.clock.now().timestamp_micros())?;
    if batch.num_rows() > 0 {
        writer.write(batch).await?;
    }
    let staged = writer.finish().await?;
    let note = CommitNote { run_id: Some(build.run_id), position: Some(position), ..CommitNote::new(batch_id) };
    let version = staged.commit(&note).await?.version();
    build.checkpoint(table, version, lease).await;
    Ok(())
}

const NUMBERS: [&str; 6] = ["received", "landed", "rejected", "ignored", "erased", "duplicates"];

fn schema() -> SchemaRef {
    let texts = ["source", "table_name"].map(|name| Field::new(name, DataType::Utf8, true));
    let numbers = NUMBERS.map(|name| Field::new(name, DataType::Int64, true));
    let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let end = [Field::new(BATCH_ID, DataType::Utf8, true), Field::new("counted_at", time, true)];
    Arc::new(Schema::new(texts.into_iter().chain(numbers).chain(end).collect::<Vec<_>>()))
}

fn batch(rows: &[Row], batch_id: &str, now: i64) -> Result<RecordBatch, RunError> {
    let number = |of: &dyn Fn(&Row) -> i64| -> ArrayRef { Arc::new(Int64Array::from_iter_values(rows.iter().map(of))) };
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from_iter_values(rows.iter().map(|row| &row.source))),
        Arc::new(rows.iter().map(|row| Some(&row.table).filter(|table| !table.is_empty())).collect::<StringArray>()),
        number(&|row| row.received),
        number(&|row| row.landed),
        number(&|row| row.rejected),
        number(&|row| row.ignored),
        number(&|row| row.erased),
        number(&|row| row.duplicates),
        Arc::new(StringArray::from_iter_values(rows.iter().map(|_| batch_id))),
        Arc::new(TimestampMicrosecondArray::from_value(now, rows.len()).with_timezone("UTC")),
    ];
    RecordBatch::try_new(schema(), columns).map_err(|_| RunError::Stamp { rows: rows.len() })
}
