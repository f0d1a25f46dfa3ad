//! One unit from the source to the stage: told apart, held against promises, treated, marked.
mod changing;

use std::sync::Arc;

use ade_connect::{ChangeColumns, ConnectError, ReadUnit, RejectedRecord, Snapshot as SourceSnapshot, UnitEnd};
use ade_lake::StageWriter;
use ade_project::resource::IngestMode;
use arrow::array::{Array, AsArray, BooleanArray, RecordBatch, TimestampMicrosecondArray};
use arrow::compute::{filter_record_batch, not};
use chrono::{DateTime, Utc};
use futures::StreamExt;
use uuid::Uuid;

use super::arrival::Arrival;
use super::door::named;
use super::extras::Known;
use super::gaps::Gaps;
use super::key::{rows_with_null_key, with_whole_key};
use super::landing::ContentHash;
use super::losses::Losses;
use super::merging::Merging;
use super::quarantine::{KIND, Quarantine};
use super::reject_limit::RejectLimit;
use super::rejection::{RejectKind, Rejection};
use super::row_digest::Place;
use super::shape::Shapes;
use super::sieve::Sifted;
use super::stamp::stamp;
use super::staying::Seen;
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
    /// What remembers which rows came, where others stay.
    pub(super) seen: &'a mut Option<Seen>,
    /// What completes rows that say only what is new.
    pub(super) merging: &'a mut Option<Merging>,
    /// How much may be rejected.
    pub(super) limit: &'a mut RejectLimit<'q>,
    /// What the documents in columns of JSON look like.
    pub(super) shapes: &'a mut Shapes<'q>,
}

impl Reading<'_, '_> {
    pub(super) async fn read(
        &mut self,
        snapshot: &dyn SourceSnapshot,
        unit: &ReadUnit,
        batch_id: Uuid,
        (rows_before, of_others): (u64, u64),
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
            self.limit.see(&batch);
            self.records(stream.take_rejected(), unit, &stamp, of_others + rows).await?;
            self.stay_below(of_others + rows)?;
            if batch.num_rows() == 0 {
                continue;
            }
            // Tasks are stopped where they wait. With a reader that is always ahead and a writer that only computes, this one
            // would not.
            tokio::task::yield_now().await;
            hit(failpoint::SOURCE_BATCH_READ)?;
            let arrived = batch.num_rows() as u64;
            if arrival.is_of_changes() {
                Box::pin(self.changes(snapshot, &batch, unit, &stamp, rows)).await?;
            } else {
                // A column of the source may have that name, too.
                let is_captured = table.declared.mode == IngestMode::Capture;
                let timed = if is_captured { ChangeColumns::split_times(&batch) } else { None };
                let (batch, changed_at) = match timed {
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
                workspace.observer.on(&Event::TaskProgress {
                    node,
                    rows: rows_before + of_others + rows,
                    expected_rows,
                });
            }
        }
        self.records(stream.take_rejected(), unit, &stamp, of_others + rows).await?;
        let broke_off = || ConnectError::SourceFailed {
            object: unit.label.clone(),
            reason: "it ended without saying so".to_owned(),
        };
        hit(failpoint::SOURCE_UNIT_READ)?;
        Ok(stream.end().cloned().ok_or_else(broke_off)?)
    }

    /// Ends a load that rejects too much, of which so many rows came.
    fn stay_below(&mut self, rows: u64) -> Result<(), TaskError> {
        match self.limit.problem(rows, self.tally, false) {
            Some(problem) => {
                self.limit.given_up = true;
                Err(TaskError::Diagnostics(vec![problem]))
            }
            None => Ok(()),
        }
    }

    /// Takes records that no row could be made of. `before`: how many rows of the load came before them.
    async fn records(
        &mut self,
        mut records: Vec<RejectedRecord>,
        unit: &ReadUnit,
        stamp: &Stamp,
        before: u64,
    ) -> Result<(), TaskError> {
        self.limit.see_records(&records);
        if let Some(suppressor) = &self.arrival.decided.sieve.suppressor {
            let is_erased = |record: &RejectedRecord| suppressor.is_in(&String::from_utf8_lossy(&record.record));
            let (erased, others): (Vec<_>, Vec<_>) = records.into_iter().partition(is_erased);
            self.tally.suppressed += erased.len() as u64;
            self.tally.suppressed_records.extend(erased.into_iter().map(|record| record.place));
            records = others;
        }
        if records.is_empty() {
            return Ok(());
        }
        let decided = self.arrival.decided;
        if self.quarantine.is_none() || decided.sealing.is_none() || !decided.rejects {
            self.tally.skipped += records.len() as u64;
            return Ok(());
        }
        self.tally.rejected += records.len() as u64;
        for record in &records {
            *self.tally.records.entry(record.rule.replace('_', " ")).or_default() += 1;
        }
        // Sealing them takes longer than reading them.
        self.stay_below(before)?;
        let (Some(quarantine), Some(keyring)) = (&mut *self.quarantine, &decided.sealing) else { return Ok(()) };
        let Stamp { batch_id, loaded_at } = stamp;
        let kept = quarantine.take_records(records, &unit.label, keyring, batch_id, *loaded_at).await?;
        self.tally.kept_records += kept.num_rows() as u64;
        if let Some(hash) = self.hash {
            hash.add(&kept);
        }
        Ok(())
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
        self.look(staying)?;
        let treated = decided.obfuscator.apply(&landing)?;
        if let Some(seen) = self.seen {
            seen.add(&treated)?;
        }
        self.losses.add(decided.obfuscator.losses(&landing, &treated));
        let known = Known { is_deleted: sifted.is_deleted, marks: sifted.marks, changed_at };
        let all = decided.extras.add(&treated, known)?;
        let (apart, aside) = (sifted.apart.as_ref(), sifted.aside.as_ref());
        let rejection =
            Rejection::new(treated.num_rows(), apart, aside, &sifted.unfit, decided.sealing.as_ref(), Vec::new())?;
        self.keep_apart(&treated, rejection.as_ref(), self.arrival.place(unit, before), stamp).await?;
        let gone = sifted.stays.map(|stays| not(&stays)).transpose().map_err(shape)?;
        self.write(&all, gone, unit, stamp).await
    }

    /// Looks at the documents of rows that land.
    fn look(&mut self, rows: &RecordBatch) -> Result<(), TaskError> {
        self.shapes.see(rows);
        match self.shapes.problem(self.arrival.table.source, false) {
            Some(problem) => Err(TaskError::Diagnostics(vec![problem])),
            None => Ok(()),
        }
    }

    async fn keep_apart(
        &mut self,
        treated: &RecordBatch,
        rejection: Option<&Rejection>,
        place: Place<'_>,
        stamp: &Stamp,
    ) -> Result<(), TaskError> {
        let Some(quarantine) = self.quarantine else { return Ok(()) };
        let kept = quarantine.take(treated, rejection, place, &stamp.batch_id, stamp.loaded_at).await?;
        self.tally.kept_rows += kept.as_ref().map_or(0, rows_kept);
        if let (Some(hash), Some(kept)) = (&mut self.hash, kept) {
            hash.add(&kept);
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
        let batch = match self.merging {
            Some(merging) => Box::pin(merging.merge(table, batch)).await?,
            None => batch,
        };
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
        if hit(failpoint::SOURCE_ROW_LOST).is_err() {
            stamped = stamped.slice(1, stamped.num_rows() - 1);
        }
        Ok(self.writer.write(stamped).await?)
    }
}

/// How many rejects are rows that are kept apart.
fn rows_kept(rejects: &RecordBatch) -> u64 {
    let kinds = rejects.column_by_name(KIND).and_then(|kinds| kinds.as_string_opt::<i32>());
    kinds.map_or(0, |kinds| kinds.iter().filter(|kind| *kind == Some(RejectKind::Row.word())).count() as u64)
}
