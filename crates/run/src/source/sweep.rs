//! Rows that the source has not got any more, found by comparing keys: an incremental read sees what is there and never what
//! is not.
//!
//! Keys are compared as they lie in the lake, after their treatment; only columns of the key are read, and those by which a
//! condition tells that a row is not to land. A row is in the table or kept apart beside it: it goes from where it is. The time
//! of the last comparison is in the table's commits and decides when the next one is due, never what it finds.
mod apart;
mod compared;
mod expected;
mod found;
mod keys;

use std::sync::Arc;

use ade_connect::{ReadRequest, Snapshot as SourceSnapshot};
use ade_diagnostic::{agree, count};
use ade_lake::{At, CommitNote, KeySpec, LakeError, SchemaChange, Snapshot, StageRequest, StageWriter, Write};
use ade_project::resource::{IngestMode, OnDelete, Sweep};
use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use chrono::{DateTime, TimeDelta, Utc};

pub(super) use self::compared::next;
use self::compared::only_there;
use self::found::Found;
pub(super) use self::keys::Keys;
use super::drift::Retyping;
use super::extras::IS_DELETED;
use super::ingest::{TableLanding, landed};
use super::key::key_places;
use super::landing::Landing;
use super::quarantine::kept_apart;
use super::sieve::Sieve;
use super::stamp::{BATCH_ID, LOADED_AT, stamp, stamped};
use super::tally::are_gone;
use crate::build::{Outcome, TaskError, discard_stage, relation_name};
use crate::error::RunError;
use crate::event::{CheckReport, Status};

impl TableLanding<'_> {
    /// Compares the keys when it is time to, and removes or marks the rows that the source has not got any more. `read` is
    /// what the source was asked for before, `sieve` what its rows were held against, if any were. What has landed stays in the
    /// outcome, also when the comparison fails.
    pub(super) async fn sweep(
        &self,
        snapshot: &dyn SourceSnapshot,
        read: &ReadRequest,
        retyping: &Retyping,
        sieve: Option<&Sieve>,
        outcome: &mut Outcome,
    ) -> Result<(), TaskError> {
        match self.try_sweep(snapshot, read, retyping, sieve, outcome).await {
            // A conflict is answered by planning anew, from what is committed.
            Err(error) if outcome.version.is_some() && !error.is_conflict() => {
                outcome.status = Status::Failed;
                outcome.note(&error.message());
                Ok(())
            }
            result => result,
        }
    }

    async fn try_sweep(
        &self,
        snapshot: &dyn SourceSnapshot,
        read: &ReadRequest,
        retyping: &Retyping,
        sieve: Option<&Sieve>,
        outcome: &mut Outcome,
    ) -> Result<(), TaskError> {
        let current = match self.build.workspace.lake.snapshot(self.table, At::Latest).await {
            Ok(current) => current,
            Err(LakeError::NoTable { .. }) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let Some(landing) = landed(&current) else { return Ok(()) };
        let now = self.build.workspace.world.clock.now();
        if self.declared.mode != IngestMode::Incremental || !is_due(self.declared.sweep, landing.swept_at, now) {
            return Ok(());
        }
        let apart = kept_apart(self.build, self.table).await?;
        let found = self.compare(snapshot, read, retyping, sieve, &current, apart.as_ref()).await?;
        found.tell(&self.declared.key, outcome);
        if let Some(apart) = apart.filter(|_| !found.gone_apart.is_empty()) {
            Box::pin(self.take_from_apart(&found, &apart, outcome)).await?;
        }
        if found.gone.is_empty() && self.declared.sweep == Sweep::Every {
            return Ok(());
        }
        let landing = Landing { swept_at: Some(now), ..landing };
        Box::pin(self.take_out(&found, landing, &current, outcome)).await
    }

    /// Removes or marks rows, and remembers when that was.
    async fn take_out(
        &self,
        found: &Found,
        landing: Landing,
        current: &Snapshot,
        outcome: &mut Outcome,
    ) -> Result<(), TaskError> {
        let workspace = &self.build.workspace;
        let marks = self.source.on_delete == OnDelete::Mark;
        let key = found.columns.clone();
        let (write, columns) = if found.gone.is_empty() {
            (Write::Append, Vec::new())
        } else if marks {
            let own = current.schema().fields().iter().map(|field| field.name().clone());
            let own: Vec<String> = own.filter(|name| ![BATCH_ID, LOADED_AT].contains(&name.as_str())).collect();
            (Write::Upsert(KeySpec::new(key)), own)
        } else {
            (Write::DeleteByKey { columns: key.clone() }, key)
        };
        let schema = Arc::clone(current.schema());
        let request = StageRequest::new(schema, write).schema_change(SchemaChange::Evolve);
        let mut writer = workspace.lake.stage(self.table, request, self.lease).await?;
        let batch_id = workspace.world.ids.next();
        if !found.gone.is_empty()
            && let Err(error) = self.stage_gone(&mut writer, found, &columns, current, &batch_id.to_string()).await
        {
            discard_stage(writer).await;
            return Err(error);
        }
        let staged = writer.finish().await?;
        let counts = staged.row_counts();
        let rows = found.gone.len();
        // Readers see the same rows as before where none is gone: there is nothing to look at.
        let checks = match rows {
            0 => Vec::new(),
            _ => self.build.audit_table(&self.source.relation, self.checks, &staged).await?,
        };
        let stopped = checks.iter().any(CheckReport::stops);
        if stopped {
            staged.discard().await?;
            outcome.audited(checks);
            let (told, are) = (count(rows, "row"), agree(rows, "is", "are"));
            let what = if marks { "marked as deleted" } else { "removed" };
            outcome
                .note(&format!("{told} that the source has not got any more {are} not {what}: a check stopped that"));
            return Ok(());
        }
        let note = CommitNote {
            run_id: Some(self.build.run_id),
            fingerprint: Some(landing.to_text()),
            ..CommitNote::new(batch_id)
        };
        let version = staged.commit(&note).await?.version();
        self.build.checkpoint(self.table, version, self.lease).await;
        outcome.version = Some(version);
        if rows > 0 {
            outcome.audited(checks);
            outcome.batches.push(batch_id);
            outcome.note(&are_gone(rows as u64, self.source.on_delete));
            if outcome.status == Status::Unchanged {
                outcome.status = Status::Success;
            }
            if rows == found.there {
                // A source that lost everything and one that shows nothing look alike.
                outcome.warn();
                outcome.note(&if marks {
                    let were = agree(rows, "was", "were");
                    format!("every row of the table is marked as deleted now; before, {rows} {were} not")
                } else if counts.total == 0 {
                    format!("the table is empty now; before it had {}", count(counts.removed, "row"))
                } else {
                    let others = count(rows, "other");
                    format!("every row that is left in the table is marked as deleted; before it had {others}")
                });
            }
        }
        Ok(())
    }

    async fn stage_gone(
        &self,
        writer: &mut StageWriter,
        found: &Found,
        columns: &[String],
        current: &Snapshot,
        batch_id: &str,
    ) -> Result<(), TaskError> {
        let loaded_at = self.build.workspace.world.clock.now();
        let mut rows = self.rows(&relation_name(&self.source.relation), columns, &only_there(current)).await?;
        while let Some(batch) = next(&mut rows).await? {
            let shape = |_| RunError::Stamp { rows: batch.num_rows() };
            let places = key_places(batch.schema_ref(), &found.columns);
            let digests = found.keys.digests(&batch.project(&places).map_err(shape)?)?;
            let gone: BooleanArray = digests.iter().map(|digest| Some(found.gone.contains(digest))).collect();
            let gone = filter_record_batch(&batch, &gone).map_err(shape)?;
            if gone.num_rows() == 0 {
                continue;
            }
            let gone = if self.source.on_delete == OnDelete::Mark {
                let marked = marked(&gone)?;
                let schema = stamped(marked.schema_ref());
                stamp(&marked, &schema, batch_id, loaded_at)?
            } else {
                gone
            };
            writer.write(gone).await?;
        }
        Ok(())
    }
}

/// The same rows with the mark.
fn marked(rows: &RecordBatch) -> Result<RecordBatch, RunError> {
    let count = rows.num_rows();
    let mut columns = rows.columns().to_vec();
    for (place, field) in rows.schema_ref().fields().iter().enumerate() {
        if field.name() == IS_DELETED {
            columns[place] = Arc::new(BooleanArray::from(vec![true; count]));
        }
    }
    RecordBatch::try_new(rows.schema(), columns).map_err(|_| RunError::Stamp { rows: count })
}

/// Whether it is time to compare. A clock that was ahead when the last comparison was noted does not put the next one off.
fn is_due(sweep: Sweep, last: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
    match (sweep, last) {
        (Sweep::Never, _) => false,
        (Sweep::Every, _) | (Sweep::After(_), None) => true,
        (Sweep::After(_), Some(last)) if last > now => true,
        (Sweep::After(every), Some(last)) => {
            TimeDelta::from_std(every).is_ok_and(|every| now.signed_duration_since(last) >= every)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_comparison_is_due_after_its_time_and_when_the_clock_was_wrong() {
        let at = |hour: i64| DateTime::UNIX_EPOCH + TimeDelta::hours(hour);
        let daily = Sweep::After(Duration::from_hours(24));
        assert!(is_due(daily, None, at(0)) && is_due(daily, Some(at(0)), at(24)));
        assert!(!is_due(daily, Some(at(0)), at(23)));
        assert!(is_due(daily, Some(at(48)), at(24)), "noted by a clock that was a day ahead");
        assert!(is_due(Sweep::Every, Some(at(0)), at(0)) && !is_due(Sweep::Never, None, at(0)));
    }
}
