//! One unit from the source to the stage: told apart, held against promises, treated, marked.
use std::sync::Arc;

use ade_connect::{ChangeColumns, ConnectError, ReadUnit, Snapshot as SourceSnapshot, UnitEnd};
use ade_lake::StageWriter;
use ade_project::resource::{Ingest, SourceTable};
use arrow::array::{Array, AsArray, BooleanArray, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::buffer::NullBuffer;
use arrow::compute::{filter, filter_record_batch, is_not_null, is_null, not, or};
use chrono::{DateTime, Utc};
use futures::StreamExt;
use uuid::Uuid;

use super::arrival::Arrival;
use super::carry::{Missing, carried};
use super::changed_rows::{ChangedRows, narrowed, only};
use super::door::{Door, named};
use super::extras::Known;
use super::gaps::Gaps;
use super::key::{key_places, rows_with_null_key, with_whole_key};
use super::landing::ContentHash;
use super::losses::Losses;
use super::quarantine::Quarantine;
use super::row_digest::Place;
use super::sieve::Sifted;
use super::stamp::stamp;
use super::tally::Tally;
use crate::build::TaskError;
use crate::error::RunError;
use crate::event::Event;
use crate::failpoint::{self, hit};

/// Rows between two words of progress.
const PROGRESS_ROWS: u64 = 100_000;

/// What every row of a unit carries.
struct Stamp {
    batch_id: String,
    loaded_at: DateTime<Utc>,
}

/// One unit from the source to the stage.
pub(super) struct Reading<'a, 'q> {
    pub(super) arrival: &'a Arrival<'a>,
    pub(super) writer: &'a mut StageWriter,
    /// Where rows are kept apart, if any may be.
    pub(super) quarantine: &'a mut Option<Quarantine<'q>>,
    pub(super) hash: &'a mut Option<ContentHash>,
    pub(super) gaps: &'a mut Gaps,
    pub(super) losses: &'a mut Losses,
    pub(super) tally: &'a mut Tally,
    /// How many rows were staged that only say that a row must not be in the table.
    pub(super) gone: &'a mut u64,
}

impl Reading<'_, '_> {
    pub(super) async fn read(
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
                self.changes(snapshot, &batch, unit, &stamp, rows).await?;
            } else {
                let (batch, changed_at) = match ChangeColumns::split_times(&batch) {
                    Some((rows, times)) => (rows, Some(times)),
                    None => (batch, None),
                };
                let sifted = self.sift(&named(&batch, &decided.arriving)?)?;
                self.rows(sifted, changed_at, unit, &stamp, rows).await?;
            }
            rows += arrived;
            if rows - said >= PROGRESS_ROWS {
                said = rows;
                let node = table.source.id.to_string();
                workspace.observer.on(&Event::TaskProgress { node, rows: rows_before + rows, expected_rows });
            }
        }
        let broke_off = || ConnectError::SourceFailed {
            object: unit.label.clone(),
            reason: "it ended without saying so".to_owned(),
        };
        hit(failpoint::SOURCE_UNIT_READ)?;
        Ok(stream.end().cloned().ok_or_else(broke_off)?)
    }

    fn sift(&mut self, batch: &RecordBatch) -> Result<Sifted, TaskError> {
        let source = self.arrival.table.source;
        let table = format!("{}.{}", source.source, source.name);
        self.arrival.decided.sieve.sift(&table, batch, None, self.tally)
    }

    /// Takes rows with all of their values; `changed_at`: when the source committed each.
    async fn rows(
        &mut self,
        sifted: Sifted,
        changed_at: Option<TimestampMicrosecondArray>,
        unit: &ReadUnit,
        stamp: &Stamp,
        before: u64,
    ) -> Result<(), TaskError> {
        let Arrival { table, decided, .. } = self.arrival;
        let shape = |_| RunError::Stamp { rows: sifted.rows.num_rows() };
        let landing = decided.landing_of(&sifted.rows)?;
        let staying =
            sifted.stays.as_ref().map(|stays| filter_record_batch(&landing, stays)).transpose().map_err(shape)?;
        let staying = staying.as_ref().unwrap_or(&landing);
        let nulls = |place: usize| staying.column(place).logical_null_count();
        let broken =
            table.build.broken_promise(table.source, &unit.label, staying.schema_ref(), nulls, &decided.missing);
        if let Some(problem) = broken {
            return Err(TaskError::Diagnostics(vec![problem]));
        }
        let place = self.arrival.units.iter().position(|other| std::ptr::eq(other, unit));
        self.gaps.look(table.source, place.unwrap_or_default(), staying, before, &decided.missing);
        let treated = decided.obfuscator.apply(&landing)?;
        self.losses.add(decided.obfuscator.losses(&landing, &treated));
        let known = Known { is_deleted: sifted.is_deleted, marks: sifted.marks, changed_at };
        let all = decided.extras.add(&treated, known)?;
        self.keep_apart(&treated, sifted.apart.as_ref(), Place { unit: &unit.label, row: before }, stamp).await?;
        let gone = sifted.stays.map(|stays| not(&stays)).transpose().map_err(shape)?;
        self.write(&all, gone, unit, stamp).await
    }

    async fn keep_apart(
        &mut self,
        treated: &RecordBatch,
        reasons: Option<&StringArray>,
        place: Place<'_>,
        stamp: &Stamp,
    ) -> Result<(), TaskError> {
        let Some(quarantine) = self.quarantine else { return Ok(()) };
        let kept = quarantine.take(treated, reasons, place, &stamp.batch_id, stamp.loaded_at).await?;
        if let (Some(hash), Some(kept)) = (&mut self.hash, kept) {
            hash.add(&kept);
        }
        Ok(())
    }

    /// Takes a batch of changes.
    async fn changes(
        &mut self,
        snapshot: &dyn SourceSnapshot,
        batch: &RecordBatch,
        unit: &ReadUnit,
        stamp: &Stamp,
        before: u64,
    ) -> Result<(), TaskError> {
        let Arrival { table, decided, .. } = self.arrival;
        let not_changes = || ConnectError::SourceFailed {
            object: unit.label.clone(),
            reason: "it gave rows where changes were asked for".to_owned(),
        };
        let (rows, said) = ChangeColumns::split(batch).ok_or_else(not_changes)?;
        let rows = named(&rows, &decided.arriving)?;
        let shape = |_| RunError::Stamp { rows: rows.num_rows() };
        let parted = ChangedRows::new(&rows, &said).map_err(shape)?;
        let (complete, said) = parted.complete;
        let sifted = self.sift(&complete)?;
        self.rows(sifted, Some(said.changed_at), unit, stamp, before).await?;
        let (partial, said) = parted.partial;
        if partial.num_rows() > 0 {
            self.partial(snapshot, &partial, &said, unit, stamp).await?;
        }
        let (gone, said) = parted.gone;
        if gone.num_rows() == 0 {
            return Ok(());
        }
        let raw = decided.landing_of(&gone)?;
        let treated = decided.obfuscator.apply(&raw)?;
        self.keep_apart(&treated, None, Place { unit: &unit.label, row: before }, stamp).await?;
        let rows = treated.num_rows();
        let known =
            Known { is_deleted: Some(vec![true; rows].into()), changed_at: Some(said.changed_at.clone()), marks: None };
        let all = decided.extras.add(&treated, known)?;
        if !decided.extras.marks_deleted() {
            return self.write(&all, Some(vec![true; rows].into()), unit, stamp).await;
        }
        // They stay as they were, with the mark: all that is known of them now is the key.
        let key = key_places(all.schema_ref(), &table.declared.key);
        let others = decided.extras.of_before(treated.num_columns(), &key);
        let said = narrowed(&said, &[], &others);
        let kept = carried(table, decided, &raw, all, &said, Missing::LeaveOut).await?;
        self.write(&kept.rows, None, unit, stamp).await
    }

    /// Takes changed rows that leave out values which did not change.
    async fn partial(
        &mut self,
        snapshot: &dyn SourceSnapshot,
        rows: &RecordBatch,
        said: &ChangeColumns,
        unit: &ReadUnit,
        stamp: &Stamp,
    ) -> Result<(), TaskError> {
        let Arrival { table, decided, .. } = self.arrival;
        let source = table.source;
        let name = format!("{}.{}", source.source, source.name);
        let shape = |_| RunError::Stamp { rows: rows.num_rows() };
        let unsure = decided.sieve.unsure(rows, said);
        if unsure.true_count() > 0 {
            self.again(&filter_record_batch(rows, &unsure).map_err(shape)?, snapshot, unit, stamp).await?;
        }
        let sure = not(&unsure).map_err(shape)?;
        let (rows, said) = (&filter_record_batch(rows, &sure).map_err(shape)?, &only(said, &sure).map_err(shape)?);
        let sifted = decided.sieve.sift(&name, rows, Some(said), self.tally)?;
        let raw = decided.landing_of(&sifted.rows)?;
        let treated = decided.obfuscator.apply(&raw)?;
        let own = treated.num_columns();
        let known =
            Known { is_deleted: sifted.is_deleted, marks: sifted.marks, changed_at: Some(said.changed_at.clone()) };
        let all = decided.extras.add(&treated, known)?;
        let none = StringArray::new_null(rows.num_rows());
        let apart = sifted.apart.as_ref().unwrap_or(&none);
        let every = BooleanArray::from(vec![true; rows.num_rows()]);
        let counts = or(sifted.stays.as_ref().unwrap_or(&every), &is_not_null(apart).map_err(shape)?).map_err(shape)?;
        // Rows that land in neither table take what there is of them with them.
        let out = filter_record_batch(&all, &not(&counts).map_err(shape)?).map_err(shape)?;
        self.keep_apart(&first(&out, own)?, None, Place { unit: &unit.label, row: 0 }, stamp).await?;
        self.write(&out, Some(vec![true; out.num_rows()].into()), unit, stamp).await?;
        // The others are completed.
        let some = |batch: &RecordBatch| filter_record_batch(batch, &counts).map_err(shape);
        let said = only(said, &counts).map_err(shape)?;
        let sent = narrowed(&said, &decided.places, &[]);
        let raw = some(&raw)?;
        let beside = match self.quarantine {
            Some(quarantine) => quarantine.before(),
            None => None,
        };
        let completed = carried(table, decided, &raw, some(&all)?, &sent, Missing::LookBeside(beside)).await?;
        let there = &completed.there;
        if there.true_count() < there.len() {
            let lacking = filter_record_batch(&some(rows)?, &not(there).map_err(shape)?).map_err(shape)?;
            self.again(&lacking, snapshot, unit, stamp).await?;
        }
        let (raw, said) = (filter_record_batch(&raw, there).map_err(shape)?, only(&said, there).map_err(shape)?);
        let sent = only(&sent, there).map_err(shape)?;
        let apart = filter(&filter(apart, &counts).map_err(shape)?, there).map_err(shape)?;
        let apart =
            decided.sieve.still_apart(apart.as_string(), &completed.reasons, rows.schema_ref(), &said, self.tally);
        let stays = is_null(&apart).map_err(shape)?;
        // What they leave out was held against the promises when it landed.
        let is_lacking = |row: &usize, nulls: &NullBuffer, place: &usize| {
            stays.value(*row) && nulls.is_null(*row) && !sent.left_out(*row).contains(place)
        };
        let nulls = |place: usize| match raw.column(place).logical_nulls() {
            Some(nulls) => (0..raw.num_rows()).filter(|row| is_lacking(row, &nulls, &place)).count(),
            None => 0,
        };
        if let Some(problem) =
            table.build.broken_promise(source, &unit.label, raw.schema_ref(), nulls, &decided.missing)
        {
            return Err(TaskError::Diagnostics(vec![problem]));
        }
        let whole = completed.rows;
        self.keep_apart(&first(&whole, own)?, Some(&apart), Place { unit: &unit.label, row: 0 }, stamp).await?;
        self.write(&whole, Some(not(&stays).map_err(shape)?), unit, stamp).await
    }

    /// Takes rows of which too little was sent, and nothing is known, as their source has them now: rules left them out before,
    /// or name what was not sent.
    async fn again(
        &mut self,
        rows: &RecordBatch,
        snapshot: &dyn SourceSnapshot,
        unit: &ReadUnit,
        stamp: &Stamp,
    ) -> Result<(), TaskError> {
        let Arrival { table, decided, .. } = self.arrival;
        let Some(found) = snapshot.rows_of(&decided.plan, &source_keys(table.source, table.declared, rows)?).await?
        else {
            return Err(ConnectError::Request {
                from: table.source.relation.to_string(),
                reason: format!(
                    "{} changed rows leave out values that did not change, and the table has not got them",
                    rows.num_rows()
                ),
                advice: format!(
                    "load all of it again with `ade ingest --select source:{}.{} --full-refresh`",
                    table.source.source, table.source.name
                ),
            }
            .into());
        };
        // One that the source has not got any more is told of with the changes that come next.
        let gone = decided.obfuscator.apply(&decided.landing_of(rows)?)?;
        let place = || Place { unit: &unit.label, row: 0 };
        self.keep_apart(&gone, None, place(), stamp).await?;
        let all = decided.extras.add(&gone, Known::default())?;
        self.write(&all, Some(vec![true; rows.num_rows()].into()), unit, stamp).await?;
        for batch in found {
            let sifted = self.sift(&named(&batch, &decided.arriving)?)?;
            self.rows(sifted, None, unit, stamp, 0).await?;
        }
        Ok(())
    }

    /// Stages treated rows. Those that are `gone` must not be in the table.
    async fn write(
        &mut self,
        batch: &RecordBatch,
        gone: Option<BooleanArray>,
        unit: &ReadUnit,
        stamp: &Stamp,
    ) -> Result<(), TaskError> {
        let Arrival { table, decided, .. } = self.arrival;
        let takes_out = self.arrival.takes_out();
        let shape = |_| RunError::Stamp { rows: batch.num_rows() };
        let (batch, gone) = match gone {
            Some(gone) if takes_out => {
                // Without a whole key they never were in the table.
                let known = with_whole_key(table.source, batch, &gone).map_err(shape)?;
                let batch = filter_record_batch(batch, &known).map_err(shape)?;
                let gone = arrow::compute::filter(&gone, &known).map_err(shape)?;
                (batch, gone.as_boolean().clone())
            }
            Some(gone) => {
                let stays = not(&gone).map_err(shape)?;
                let batch = filter_record_batch(batch, &stays).map_err(shape)?;
                let rows = batch.num_rows();
                (batch, BooleanArray::from(vec![false; rows]))
            }
            None => (batch.clone(), BooleanArray::from(vec![false; batch.num_rows()])),
        };
        if batch.num_rows() == 0 {
            return Ok(());
        }
        hit(failpoint::SOURCE_BATCH_OBFUSCATED)?;
        if let Some(problem) = rows_with_null_key(table.source, &unit.label, &batch) {
            return Err(TaskError::Diagnostics(vec![problem]));
        }
        if let Some(hash) = self.hash {
            hash.add(&batch);
        }
        let mut stamped = self::stamp(&batch, &decided.schema, &stamp.batch_id, stamp.loaded_at)?;
        if takes_out {
            let rows = batch.num_rows();
            *self.gone += gone.true_count() as u64;
            let mut columns = stamped.columns().to_vec();
            columns.push(Arc::new(gone));
            stamped =
                RecordBatch::try_new(self.arrival.staged_schema(), columns).map_err(|_| RunError::Stamp { rows })?;
        }
        Ok(self.writer.write(stamped).await?)
    }
}

/// The keys of rows, with the names that they have in the source.
fn source_keys(source: &SourceTable, declared: &Ingest, rows: &RecordBatch) -> Result<RecordBatch, RunError> {
    let shape = |_| RunError::Stamp { rows: rows.num_rows() };
    let door = Door::new(source);
    let places: Vec<usize> = key_places(rows.schema_ref(), &declared.key);
    let keys = rows.project(&places).map_err(shape)?;
    named(&keys, &door.schema_outside(keys.schema_ref()))
}

/// The first columns of rows.
fn first(rows: &RecordBatch, columns: usize) -> Result<RecordBatch, RunError> {
    let places: Vec<usize> = (0..columns).collect();
    rows.project(&places).map_err(|_| RunError::Stamp { rows: rows.num_rows() })
}
