//! What is rejected of a table: rows, treated like all others, values of rows that landed without them, and records that no
//! row could be made of, in a table beside it.
//!
//! `app.customers` has `app__quarantine.customers`. A row is in one of the two: one that comes again and breaks no promise any
//! more goes from here as it lands there. Without a key nobody knows which row comes again: then rows go only with the batch
//! that brought them. What is committed here is committed before: whoever dies between the two finds the same rows again,
//! and each is here once. A table that has rows here is looked after also when nothing is kept apart any more: what comes again
//! goes from here, and a load of everything leaves nothing. A value that is here goes with its row in the same way. What somebody
//! discarded stays so when it comes again as it was.
mod columns;
mod settled;

pub(crate) use self::columns::{DISCARDED, KIND, PLACE, REASON, REPLAYED, ROW, RULE, SEALED, STATE, own_of_rejects};

use std::sync::Arc;

use ade_connect::RejectedRecord;
use ade_lake::{
    At, CommitNote, KeySpec, LakeError, Lease, Region, SchemaChange, Snapshot, StageRequest, StageWriter, TableName,
    Write,
};
use ade_privacy::{Keyring, seal};
use ade_project::resource::IngestMode;
use arrow::array::{Array, BooleanArray, RecordBatch, StringArray};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use self::columns::{SealedRecord, of_records, of_rows, own_columns};
use self::settled::Settled;
use super::key::key_places;
use super::rejection::Rejection;
use super::row_digest::{Place, RowDigests, record_digest};
use super::stamp::{stamp, stamped};
use crate::build::{Build, TaskError, discard_stage};
use crate::error::RunError;

/// What the schema of such tables ends with.
pub(crate) const QUARANTINE: &str = "__quarantine";
/// Name of the column of arrivals that is true for rows which are not kept apart (any more).
const GONE: &str = "_ade_deleted";

/// The table beside a table.
pub(crate) fn beside(table: &TableName) -> Result<TableName, RunError> {
    Ok(TableName::new(format!("{}{QUARANTINE}", table.schema()), table.table())?)
}

/// How many rows are kept apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct KeptApart {
    /// Before what was landed.
    pub(super) before: u64,
    /// … and since then.
    pub(super) now: u64,
}

/// What is kept apart of a table now, if anything is.
pub(super) async fn kept_apart(build: &Build, table: &TableName) -> Result<Option<Snapshot>, TaskError> {
    match build.workspace.lake.snapshot(&beside(table)?, At::Latest).await {
        Ok(snapshot) => Ok(Some(snapshot).filter(|snapshot| snapshot.rows() != Some(0))),
        Err(LakeError::NoTable { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The condition of rejects that are rows of the table, or values of some; those of earlier builds are. `there`: what is kept
/// apart.
pub(super) fn of_rows_alone(there: &Snapshot) -> String {
    let has_kinds = there.schema().field_with_name(KIND).is_ok();
    if has_kinds { format!(" where {KIND} is distinct from 'record'") } else { String::new() }
}

/// How rows get there.
pub(super) struct Intake<'a> {
    pub(super) build: &'a Build,
    /// Whether rows that come now may be kept apart; else only what was before is looked after.
    pub(super) keeps_apart: bool,
    /// The table that the rows are not in.
    pub(super) table: &'a TableName,
    /// Columns as they land.
    pub(super) columns: SchemaRef,
    pub(super) key: &'a [String],
    pub(super) mode: IngestMode,
    /// Whether what is read takes the place of everything.
    pub(super) whole: bool,
    /// The batches that what is read takes the place of.
    pub(super) replaced: Option<Region>,
    /// Where the source had been read to before; empty: nowhere.
    pub(super) origin: String,
    /// Every reason for which something may be rejected, with what is broken then.
    pub(super) promises: Vec<(String, String)>,
}

/// Rows on their way to be kept apart.
pub(super) struct Quarantine<'a> {
    intake: Intake<'a>,
    table: TableName,
    /// Whether the table is there.
    is_there: bool,
    /// Rows from before.
    before: u64,
    /// What the table remembered of how it landed when these were kept apart, if all of it came then.
    fingerprint: Option<String>,
    settled: Settled,
    digests: RowDigests,
    /// Whether a row was kept apart.
    any: bool,
    held: Option<(Lease, StageWriter)>,
}

impl<'a> Quarantine<'a> {
    /// `None` where nothing is kept apart, and nothing was.
    pub(super) async fn new(intake: Intake<'a>) -> Result<Option<Self>, TaskError> {
        let table = beside(intake.table)?;
        let there = match intake.build.workspace.lake.snapshot(&table, At::Latest).await {
            Ok(snapshot) => Some(snapshot),
            Err(LakeError::NoTable { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        let settled = match &there {
            Some(there) => Settled::of(intake.build, &table, there).await?,
            None => Settled::default(),
        };
        let before = there.as_ref().and_then(Snapshot::rows).unwrap_or_default().saturating_sub(settled.rows);
        let has_rows = there.as_ref().is_some_and(|there| there.rows() != Some(0));
        if !has_rows && !intake.keeps_apart {
            return Ok(None);
        }
        let fingerprint = there.as_ref().and_then(|there| there.state().fingerprint.clone());
        let is_there = there.is_some();
        let key = if intake.mode == IngestMode::Full { Vec::new() } else { key_places(&intake.columns, intake.key) };
        let digests = RowDigests::new(&intake.columns, key, intake.origin.clone())?;
        let mut new = Self { intake, table, is_there, before, fingerprint, settled, digests, any: false, held: None };
        if has_rows {
            new.open().await?;
        }
        Ok(Some(new))
    }

    /// The table with what was kept apart before, if there is any.
    pub(super) fn before(&self) -> Option<&TableName> {
        self.is_there.then_some(&self.table)
    }

    fn schema(&self) -> SchemaRef {
        stamped(&own_columns(&self.intake.columns))
    }

    fn arriving(&self) -> SchemaRef {
        if !self.digests.are_keyed() {
            return self.schema();
        }
        let mut fields: Vec<Arc<Field>> = self.schema().fields().iter().cloned().collect();
        fields.push(Arc::new(Field::new(GONE, DataType::Boolean, false)));
        Arc::new(Schema::new(fields))
    }

    /// Whether nothing from before stays.
    fn is_anew(&self) -> bool {
        self.intake.whole || !self.is_there
    }

    async fn open(&mut self) -> Result<(), TaskError> {
        if self.held.is_some() {
            return Ok(());
        }
        let build = self.intake.build;
        let lake = &build.workspace.lake;
        let is_keyed = self.digests.are_keyed();
        let keys = KeySpec::new([ROW]);
        let keys = if is_keyed { keys.delete_when(GONE) } else { keys };
        let write = match self.intake.replaced.clone() {
            _ if self.is_anew() && is_keyed => Write::ReplaceByKey(keys),
            _ if self.is_anew() => Write::Replace,
            Some(region) => Write::UpsertExchange(keys, region),
            None => Write::Upsert(keys),
        };
        let change = if self.is_anew() { SchemaChange::Sync } else { SchemaChange::Evolve };
        let schema = self.arriving();
        let lease = lake.lease(&self.table, "ade").await?;
        match lake.stage(&self.table, StageRequest::new(schema, write).schema_change(change), &lease).await {
            Ok(writer) => {
                self.held = Some((lease, writer));
                Ok(())
            }
            Err(error) => {
                build.workspace.release(&self.table, &lease).await;
                Err(error.into())
            }
        }
    }

    /// Takes treated rows: those that are rejected, wholly or in a value, are here from now on, all others are not, whatever was
    /// before. Returns what is rejected.
    pub(super) async fn take(
        &mut self,
        treated: &RecordBatch,
        rejection: Option<&Rejection>,
        place: Place<'_>,
        batch_id: &str,
        loaded_at: DateTime<Utc>,
    ) -> Result<Option<RecordBatch>, TaskError> {
        let rows = treated.num_rows();
        if rows == 0 {
            return Ok(None);
        }
        let shape = |_| RunError::Stamp { rows };
        let none = StringArray::new_null(rows);
        let none = Rejection { reasons: none.clone(), kinds: none.clone(), rules: vec![None; rows], sealed: none };
        let rejection = rejection.unwrap_or(&none);
        let is_apart = rejection.any()?;
        let any = is_apart.true_count() > 0;
        if any {
            self.open().await?;
            self.any = true;
        }
        // Only a row that is here can go from here.
        let changes_sides = self.digests.are_keyed() && (self.any || !self.is_anew());
        let Some((_, writer)) = self.held.as_mut().filter(|_| any || changes_sides) else { return Ok(None) };
        let digests = self.digests.of(treated, &is_apart, place)?;
        let has_digest = arrow::compute::is_not_null(&digests).map_err(shape)?;
        let discarded = |row: usize, digests: &StringArray| {
            let sealed = rejection.sealed.is_valid(row).then(|| rejection.sealed.value(row));
            self.settled.discarded(digests.value(row), rejection.reasons.value(row), sealed)
        };
        let batch = of_rows(treated, rejection, digests, &self.intake.promises, place, discarded)?;
        let stamped = stamp(&batch, &stamped(batch.schema_ref()), batch_id, loaded_at)?;
        if changes_sides {
            let marked = marked(&stamped, arrow::compute::not(&is_apart).map_err(shape)?)?;
            writer.write(filter_record_batch(&marked, &has_digest).map_err(shape)?).await?;
        } else {
            writer.write(filter_record_batch(&stamped, &is_apart).map_err(shape)?).await?;
        }
        Ok(any.then(|| filter_record_batch(&batch, &is_apart)).transpose().map_err(shape)?)
    }

    /// Takes records that no row could be made of, of the unit that is called `unit`. Returns them as they are kept.
    pub(super) async fn take_records(
        &mut self,
        records: Vec<RejectedRecord>,
        unit: &str,
        keyring: &Keyring,
        batch_id: &str,
        loaded_at: DateTime<Utc>,
    ) -> Result<RecordBatch, TaskError> {
        self.open().await?;
        self.any = true;
        let mut kept = Vec::with_capacity(records.len());
        for RejectedRecord { place, rule, reason, record } in records {
            let sealed = seal(&record, keyring)?;
            let digest = record_digest(&self.intake.origin, unit, &place, &sealed);
            kept.push(SealedRecord { digest, rule, reason, place, sealed });
        }
        let batch = of_records(&self.intake.columns, &kept)?;
        let mut stamped = stamp(&batch, &stamped(batch.schema_ref()), batch_id, loaded_at)?;
        if self.digests.are_keyed() {
            stamped = marked(&stamped, BooleanArray::from(vec![false; kept.len()]))?;
        }
        if let Some((_, writer)) = &mut self.held {
            writer.write(stamped).await?;
        }
        Ok(batch)
    }

    /// Commits what is kept apart, for a table that remembers `fingerprint` of how it landed.
    pub(super) async fn commit(self, fingerprint: Option<String>, run_id: Uuid) -> Result<KeptApart, TaskError> {
        Box::pin(self.close(Ending::Commit { fingerprint }, run_id)).await
    }

    /// The same for a table that stays as it is. Whoever died between the two tables left here what belongs to another load.
    pub(super) async fn settle(self, fingerprint: String, run_id: Uuid) -> Result<KeptApart, TaskError> {
        let is_of_it = self.fingerprint.as_ref() == Some(&fingerprint);
        let ending = if is_of_it { Ending::Discard } else { Ending::Commit { fingerprint: Some(fingerprint) } };
        Box::pin(self.close(ending, run_id)).await
    }

    /// Takes back what is not committed.
    pub(super) async fn discard(self, run_id: Uuid) -> Result<(), TaskError> {
        Box::pin(self.close(Ending::Discard, run_id)).await.map(|_| ())
    }

    async fn close(self, ending: Ending, run_id: Uuid) -> Result<KeptApart, TaskError> {
        let as_before = KeptApart { before: self.before, now: self.before };
        let Self { intake: Intake { build, .. }, table, is_there, held, settled, .. } = self;
        let Some((lease, writer)) = held else { return Ok(as_before) };
        let result = match ending {
            Ending::Commit { fingerprint } => {
                let note = CommitNote {
                    run_id: Some(run_id),
                    fingerprint,
                    ..CommitNote::new(build.workspace.world.ids.next())
                };
                match committed(writer, is_there, &note).await {
                    Ok(total) if settled.rows > 0 => open_of(build, &table, total).await,
                    total => total,
                }
                .map(|now| KeptApart { now, ..as_before })
            }
            Ending::Discard => {
                discard_stage(writer).await;
                Ok(as_before)
            }
        };
        build.workspace.release(&table, &lease).await;
        result
    }
}

/// Rows that say of each whether it is not here any more.
fn marked(rows: &RecordBatch, gone: BooleanArray) -> Result<RecordBatch, RunError> {
    let mut columns = rows.columns().to_vec();
    columns.push(Arc::new(gone));
    let mut fields: Vec<Arc<Field>> = rows.schema_ref().fields().iter().cloned().collect();
    fields.push(Arc::new(Field::new(GONE, DataType::Boolean, false)));
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(|_| RunError::Stamp { rows: rows.num_rows() })
}

/// What becomes of what was staged.
enum Ending {
    /// It is committed, for a table that remembers `fingerprint` of how it landed.
    Commit { fingerprint: Option<String> },
    /// It is taken back.
    Discard,
}

/// How many of so many rejects are open.
async fn open_of(build: &Build, table: &TableName, total: u64) -> Result<u64, TaskError> {
    let there = build.workspace.lake.snapshot(table, At::Latest).await?;
    Ok(total.saturating_sub(Settled::of(build, table, &there).await?.rows))
}

/// Gives how many rows there are then.
async fn committed(writer: StageWriter, is_there: bool, note: &CommitNote) -> Result<u64, TaskError> {
    let staged = writer.finish().await?;
    let counts = staged.row_counts();
    if is_there && counts.added == 0 && counts.removed == 0 {
        staged.discard().await?;
        return Ok(counts.total);
    }
    staged.commit(note).await?;
    Ok(counts.total)
}
