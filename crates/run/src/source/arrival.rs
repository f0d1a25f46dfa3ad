//! Units of a source on their way into one commit: read, obfuscate, stage, audit, commit.
use std::sync::Arc;

use ade_connect::{ChangeColumns, DELETED, ReadUnit, Snapshot as SourceSnapshot, UnitEnd};
use ade_engine::datafusion::common::ScalarValue;
use ade_lake::{At, CommitNote, KeySpec, LakeError, Region, RowCounts, SchemaChange, StageRequest, StageWriter, Write};
use ade_project::resource::IngestMode;
use arrow::array::{BooleanArray, RecordBatch};
use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef};
use chrono::{DateTime, Utc};
use futures::StreamExt;
use serde_json::Value;
use uuid::Uuid;

use super::carry::carried;
use super::changed_rows::ChangedRows;
use super::door::named;
use super::gaps::Gaps;
use super::ingest::{Decided, TableLanding};
use super::key::rows_with_null_key;
use super::landing::{ContentHash, Landing};
use super::losses::Losses;
use super::stamp::{BATCH_ID, stamp};
use crate::build::{TaskError, discard_stage};
use crate::error::RunError;
use crate::event::{CheckReport, Event};
use crate::failpoint::{self, hit};

/// Rows between two words of progress.
const PROGRESS_ROWS: u64 = 100_000;

/// Units on their way into one commit.
pub(super) struct Arrival<'a> {
    pub(super) table: &'a TableLanding<'a>,
    pub(super) decided: &'a Decided,
    pub(super) units: &'a [ReadUnit],
    /// Whether it replaces all that is there.
    pub(super) whole: bool,
}

/// What became of units.
pub(super) enum Landed {
    /// They are committed.
    Committed(Committed),
    /// They are what is there already.
    Same(Vec<String>, Losses),
    /// A check stopped them; nothing of them is visible.
    Stopped(Refused),
    /// The unit at this place could not be read; nothing of them is visible.
    Broken(usize, TaskError),
}

/// Units that a check stopped.
pub(super) struct Refused {
    pub(super) rows: u64,
    pub(super) checks: Vec<CheckReport>,
    /// Where to look first.
    pub(super) notes: Vec<String>,
}

/// Units that are committed.
pub(super) struct Committed {
    /// Rows of the table that were not in it before: of rows with the same key, the last one counts.
    pub(super) rows: u64,
    /// How many rows the table had, if it has none any more.
    pub(super) emptied: Option<u64>,
    pub(super) version: u64,
    /// One for each unit.
    pub(super) batches: Vec<Uuid>,
    pub(super) checks: Vec<CheckReport>,
    /// What a person should know.
    pub(super) notes: Vec<String>,
    /// Values that are NULL now.
    pub(super) losses: Losses,
    /// Where the source has been read to.
    pub(super) position: Option<Value>,
}

impl Arrival<'_> {
    /// Lands the units: all of them in one commit, or none. `rows_before` have landed in this run already.
    pub(super) async fn land(
        &self,
        snapshot: &dyn SourceSnapshot,
        position: Option<&Value>,
        rows_before: u64,
    ) -> Result<Landed, TaskError> {
        let table = self.table;
        let workspace = &table.build.workspace;
        let request = StageRequest::new(self.staged_schema(), self.write()).schema_change(SchemaChange::Evolve);
        hit(failpoint::SOURCE_PLANNED)?;
        let mut writer = workspace.lake.stage(table.table, request, table.lease).await?;
        let mut hash = (table.declared.mode == IngestMode::Full).then(ContentHash::default);
        let mut rows = 0;
        let mut position = position.cloned();
        let (mut batches, mut notes) = (Vec::new(), Vec::new());
        let mut gaps = Gaps::default();
        let mut losses = Losses::default();
        for (place, unit) in self.units.iter().enumerate() {
            let batch_id = workspace.world.ids.next();
            let mut reading =
                Reading { arrival: self, writer: &mut writer, hash: &mut hash, gaps: &mut gaps, losses: &mut losses };
            let end = match reading.read(snapshot, unit, batch_id, rows_before + rows).await {
                Ok(end) => end,
                Err(error) => {
                    discard_stage(writer).await;
                    return Ok(Landed::Broken(place, error));
                }
            };
            rows += end.rows;
            notes.extend(end.notes.iter().map(|note| note.message.clone()));
            position = end.position(position.take(), &batch_id.to_string());
            batches.push(batch_id);
        }
        let mut landing = self.decided.landing.clone();
        landing.content = hash.map(|hash| hash.finish());
        let staged = writer.finish().await?;
        let counts = staged.row_counts();
        notes.extend(self.repeated(counts));
        if self.same_content(&landing).await? {
            staged.discard().await?;
            return Ok(Landed::Same(notes, losses));
        }
        let checks = table.build.audit_table(&table.source.relation, table.checks, &staged).await?;
        if checks.iter().any(CheckReport::stops) {
            staged.discard().await?;
            let mut notes = gaps.notes(snapshot, &self.decided.plan, self.units).await;
            notes.extend(losses.notes());
            return Ok(Landed::Stopped(Refused { rows, checks, notes }));
        }
        // A table that its source has no rows for still gets a commit: then it exists.
        let batch_id = batches.last().copied().unwrap_or_else(|| workspace.world.ids.next());
        let note = CommitNote {
            run_id: Some(table.build.run_id),
            position: position.clone(),
            fingerprint: Some(landing.to_text()),
            ..CommitNote::new(batch_id)
        };
        let version = staged.commit(&note).await?.version();
        hit(failpoint::SOURCE_COMMITTED)?;
        table.build.checkpoint(table.table, version, table.lease).await;
        let emptied = (counts.total == 0).then_some(counts.removed).filter(|before| *before > 0);
        let rows = counts.added;
        Ok(Landed::Committed(Committed { rows, emptied, version, batches, checks, notes, losses, position }))
    }

    /// Whether what is read are changes, with those of rows that are no more.
    fn is_of_changes(&self) -> bool {
        self.table.declared.mode == IngestMode::Capture && !self.whole
    }

    /// The columns of the rows that are staged.
    fn staged_schema(&self) -> SchemaRef {
        if !self.is_of_changes() {
            return Arc::clone(&self.decided.schema);
        }
        let mark = Arc::new(Field::new(DELETED, DataType::Boolean, false));
        let fields = self.decided.schema.fields().iter().cloned().chain([mark]);
        Arc::new(Schema::new(fields.collect::<Fields>()))
    }

    fn write(&self) -> Write {
        let declared = self.table.declared;
        if self.whole {
            // The first rows of a keyed table may hold a key more than once: an overlap, several files, a key that is none.
            return match declared.mode {
                IngestMode::Incremental | IngestMode::Capture if !declared.key.is_empty() => {
                    Write::ReplaceByKey(self.keys())
                }
                _ => Write::Replace,
            };
        }
        if declared.mode == IngestMode::Capture {
            return Write::Upsert(self.keys().delete_when(DELETED));
        }
        // Each unit has a batch of its own, and none replaces one of this write: together they replace what each would.
        let replaced: Vec<ScalarValue> = self
            .units
            .iter()
            .filter_map(|unit| unit.replaces_batch.clone())
            .map(|batch| ScalarValue::Utf8(Some(batch)))
            .collect();
        let replaced = (!replaced.is_empty()).then(|| Region::In { column: BATCH_ID.to_owned(), values: replaced });
        match (declared.key.is_empty(), replaced) {
            (true, None) => Write::Append,
            (true, Some(region)) => Write::Exchange(region),
            (false, None) => Write::Upsert(self.keys()),
            (false, Some(region)) => Write::UpsertExchange(self.keys(), region),
        }
    }

    /// That rows came with a key that others of them have, too: expected of what is delivered again, and otherwise the sign
    /// of a key that does not tell all rows apart.
    fn repeated(&self, counts: RowCounts) -> Option<String> {
        let repeated = counts.arrived.saturating_sub(counts.added);
        if self.table.declared.mode != IngestMode::Incremental || self.table.declared.key.is_empty() || repeated == 0 {
            return None;
        }
        Some(format!(
            "{repeated} of {} rows came with a key ({}) that a later row of them has, too: the last one of each key stayed",
            counts.arrived,
            self.table.declared.key.join(", "),
        ))
    }

    fn keys(&self) -> KeySpec {
        let spelled = |name: &String| {
            let field = self.decided.schema.fields().iter().find(|field| field.name().eq_ignore_ascii_case(name));
            field.map_or_else(|| name.clone(), |field| field.name().clone())
        };
        KeySpec::new(self.table.declared.key.iter().map(spelled))
    }

    async fn same_content(&self, landing: &Landing) -> Result<bool, TaskError> {
        let build = self.table.build;
        if landing.content.is_none() || build.options.full_refresh || build.options.force {
            return Ok(false);
        }
        match build.workspace.lake.snapshot(self.table.table, At::Latest).await {
            Ok(current) => Ok(current.state().fingerprint.as_deref() == Some(landing.to_text().as_str())),
            Err(LakeError::NoTable { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// What every row of a unit carries.
struct Stamp {
    batch_id: String,
    loaded_at: DateTime<Utc>,
}

/// One unit from the source to the stage.
struct Reading<'a> {
    arrival: &'a Arrival<'a>,
    writer: &'a mut StageWriter,
    hash: &'a mut Option<ContentHash>,
    gaps: &'a mut Gaps,
    losses: &'a mut Losses,
}

impl Reading<'_> {
    async fn read(
        &mut self,
        snapshot: &dyn SourceSnapshot,
        unit: &ReadUnit,
        batch_id: Uuid,
        rows_before: u64,
    ) -> Result<UnitEnd, TaskError> {
        let arrival = self.arrival;
        let Arrival { table, decided, .. } = arrival;
        let plan = &decided.plan;
        let workspace = &table.build.workspace;
        let stamp = Stamp { batch_id: batch_id.to_string(), loaded_at: workspace.world.clock.now() };
        let expected_rows = plan.units.iter().map(|unit| unit.rows).sum();
        let mut rows = 0_u64;
        let mut said = 0;
        let mut stream = snapshot.read(plan, unit).await?;
        while let Some(batch) = stream.next().await {
            let batch = batch?;
            // Tasks are stopped where they wait. With a reader that is always ahead and a writer that only computes, this one
            // would not.
            tokio::task::yield_now().await;
            hit(failpoint::SOURCE_BATCH_READ)?;
            let arrived = batch.num_rows() as u64;
            if arrival.is_of_changes() {
                self.changes(&batch, unit, &stamp, rows).await?;
            } else {
                let treated = self.treat(&named(&batch, &decided.inside)?, unit, rows)?;
                self.write(&treated, unit, &stamp, None).await?;
            }
            rows += arrived;
            if rows - said >= PROGRESS_ROWS {
                said = rows;
                let node = table.source.id.to_string();
                workspace.observer.on(&Event::TaskProgress { node, rows: rows_before + rows, expected_rows });
            }
        }
        let broke_off = || ade_connect::ConnectError::SourceFailed {
            object: unit.label.clone(),
            reason: "it ended without saying so".to_owned(),
        };
        hit(failpoint::SOURCE_UNIT_READ)?;
        Ok(stream.end().cloned().ok_or_else(broke_off)?)
    }

    /// Holds rows against what was promised of them, and treats them. `before` rows of the unit came before them.
    fn treat(&mut self, batch: &RecordBatch, unit: &ReadUnit, before: u64) -> Result<RecordBatch, TaskError> {
        let Arrival { table, decided, .. } = self.arrival;
        if let Some(problem) = table.build.broken_promise(table.source, &unit.label, batch) {
            return Err(TaskError::Diagnostics(vec![problem]));
        }
        let place = self.arrival.units.iter().position(|other| std::ptr::eq(other, unit));
        self.gaps.look(table.source, place.unwrap_or_default(), batch, before);
        let treated = decided.obfuscator.apply(batch)?;
        self.losses.add(decided.obfuscator.losses(batch, &treated));
        Ok(treated)
    }

    /// Takes a batch of changes.
    async fn changes(
        &mut self,
        batch: &RecordBatch,
        unit: &ReadUnit,
        stamp: &Stamp,
        before: u64,
    ) -> Result<(), TaskError> {
        let Arrival { table, decided, .. } = self.arrival;
        let not_changes = || ade_connect::ConnectError::SourceFailed {
            object: unit.label.clone(),
            reason: "it gave rows where changes were asked for".to_owned(),
        };
        let (rows, said) = ChangeColumns::split(batch).ok_or_else(not_changes)?;
        let rows = named(&rows, &decided.inside)?;
        let parted = ChangedRows::new(&rows, &said).map_err(|_| RunError::Stamp { rows: rows.num_rows() })?;
        let complete = self.treat(&parted.complete, unit, before)?;
        self.write(&complete, unit, stamp, Some(false)).await?;
        let (partial, said) = parted.partial;
        if partial.num_rows() > 0 {
            // What they leave out was held against the promises when it landed.
            let treated = decided.obfuscator.apply(&partial)?;
            let whole = carried(table, decided, &partial, treated, &said).await?;
            self.write(&whole, unit, stamp, Some(false)).await?;
        }
        let gone = decided.obfuscator.apply(&parted.gone)?;
        self.write(&gone, unit, stamp, Some(true)).await
    }

    /// Stages treated rows; `deleted` marks them where changes land.
    async fn write(
        &mut self,
        batch: &RecordBatch,
        unit: &ReadUnit,
        stamp: &Stamp,
        deleted: Option<bool>,
    ) -> Result<(), TaskError> {
        let Arrival { table, decided, .. } = self.arrival;
        if batch.num_rows() == 0 {
            return Ok(());
        }
        hit(failpoint::SOURCE_BATCH_OBFUSCATED)?;
        if let Some(problem) = rows_with_null_key(table.source, &unit.label, batch) {
            return Err(TaskError::Diagnostics(vec![problem]));
        }
        if let Some(hash) = self.hash {
            hash.add(batch);
        }
        let mut stamped = self::stamp(batch, &decided.schema, &stamp.batch_id, stamp.loaded_at)?;
        if let Some(deleted) = deleted {
            let rows = batch.num_rows();
            let mut columns = stamped.columns().to_vec();
            columns.push(Arc::new(BooleanArray::from(vec![deleted; rows])));
            stamped =
                RecordBatch::try_new(self.arrival.staged_schema(), columns).map_err(|_| RunError::Stamp { rows })?;
        }
        Ok(self.writer.write(stamped).await?)
    }
}
