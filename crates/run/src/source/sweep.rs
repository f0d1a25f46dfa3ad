//! Rows that the source has not got any more, found by comparing keys: an incremental read sees what is there and never what
//! is not.
//!
//! Keys are compared as they lie in the lake, after their treatment; only columns of the key are read. The time of the last
//! comparison is in the table's commits and decides when the next one is due, never what it finds.
use std::collections::HashSet;
use std::sync::Arc;

use ade_connect::{ConnectError, ReadMode, ReadPlan, ReadRequest, Snapshot as SourceSnapshot};
use ade_engine::MemoryCatalog;
use ade_lake::{At, CommitNote, LakeError, SchemaChange, Snapshot, StageRequest, StageWriter, Write};
use ade_privacy::{Keyring, Obfuscator, Treatment};
use ade_project::resource::{IngestMode, OnDelete, Sweep};
use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::{cast, filter_record_batch};
use arrow::datatypes::{DataType, Schema};
use arrow::row::{RowConverter, SortField};
use chrono::{DateTime, TimeDelta, Utc};
use futures::StreamExt;

use super::door::{Door, named};
use super::extras::IS_DELETED;
use super::ingest::{TableLanding, landed};
use super::key::key_places;
use super::key_digests::{KeyDigest, KeyDigests};
use super::landing::Landing;
use super::row_digest::plain;
use super::stamp::{BATCH_ID, LOADED_AT, stamp};
use crate::build::{Outcome, TaskError, discard_stage, relation_name};
use crate::error::RunError;
use crate::event::{CheckReport, Status};

/// Notes of a source that does not show all of its rows at one moment: those that it hides are not gone.
const HIDING: [&str; 2] = ["rows-hidden", "not-of-one-moment"];

/// Keys as they lie in the lake, made comparable.
struct Keys {
    types: Vec<DataType>,
    converter: RowConverter,
}

impl Keys {
    fn new(columns: &[&arrow::datatypes::Field]) -> Result<Self, RunError> {
        let types: Vec<DataType> = columns.iter().map(|field| plain(field.data_type())).collect();
        let fields = types.iter().map(|data_type| SortField::new(data_type.clone()));
        let converter = RowConverter::new(fields.collect()).map_err(|_| RunError::Stamp { rows: 0 })?;
        Ok(Self { types, converter })
    }

    fn digests(&self, keys: &RecordBatch) -> Result<Vec<KeyDigest>, RunError> {
        let shape = |_| RunError::Stamp { rows: keys.num_rows() };
        let columns = keys.columns().iter().zip(&self.types).map(|(column, data_type)| cast(column, data_type));
        let columns = columns.collect::<Result<Vec<_>, _>>().map_err(shape)?;
        let rows = self.converter.convert_columns(&columns).map_err(shape)?;
        let digest = |row: arrow::row::Row<'_>| {
            let hash = blake3::hash(row.as_ref());
            std::array::from_fn(|place| hash.as_bytes()[place])
        };
        Ok(rows.iter().map(digest).collect())
    }
}

/// What a comparison found.
struct Found {
    gone: HashSet<KeyDigest>,
    /// Keys of the source that the table has not got.
    absent: usize,
    keys: Keys,
    /// The key's columns, as the table spells them.
    columns: Vec<String>,
}

impl TableLanding<'_> {
    /// Compares the keys when it is time to, and removes or marks the rows that the source has not got any more. `read` is
    /// what the source was asked for before.
    pub(super) async fn sweep(
        &self,
        snapshot: &dyn SourceSnapshot,
        read: &ReadRequest,
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
        let found = self.compare(snapshot, read, &current).await?;
        if found.absent > 0 && self.source.rows.is_empty() && self.source.deleted.is_none() {
            outcome.note(&format!(
                "{} rows of the source are not in the table: their cursor did not say that they changed; `--full-refresh` reads them",
                found.absent
            ));
        }
        if found.gone.is_empty() && self.declared.sweep == Sweep::Every {
            return Ok(());
        }
        let landing = Landing { swept_at: Some(now), ..landing };
        Box::pin(self.take_out(&found, landing, &current, outcome)).await
    }

    async fn compare(
        &self,
        snapshot: &dyn SourceSnapshot,
        read: &ReadRequest,
        current: &Snapshot,
    ) -> Result<Found, TaskError> {
        let door = Door::new(self.source);
        let request = ReadRequest {
            mode: ReadMode::Full,
            position: None,
            replaced: None,
            columns: Some(door.outside_all(&self.declared.key)),
            ..read.clone()
        };
        let plan = snapshot.plan(&request).await?;
        if let Some(note) = plan.notes.iter().find(|note| HIDING.contains(&note.id)) {
            return Err(ConnectError::Request {
                from: self.declared.from.clone(),
                reason: format!(
                    "its keys cannot be compared, because rows that are there may not be seen: {}",
                    note.message
                ),
                advice: "have all of its rows shown, or write `sweep: never`".to_owned(),
            }
            .into());
        }
        let inside = door.schema_inside(&plan.schema);
        let obfuscator = self.of_key(&inside)?;
        let treated = key_places(obfuscator.output_schema(), &self.declared.key);
        let stored = key_places(current.schema(), &self.declared.key);
        let fields: Vec<_> = stored.iter().map(|place| current.schema().field(*place)).collect();
        let keys = Keys::new(&fields)?;
        let columns: Vec<String> = fields.iter().map(|field| field.name().clone()).collect();
        let folder = self.build.workspace.spill.path().join(format!("keys-{}", self.build.workspace.world.ids.next()));
        let mut theirs = KeyDigests::new(folder.join("source"));
        let failed = |_| {
            RunError::usage("the keys of a comparison could not be written to the folder for temporary files", None)
        };
        for unit in &plan.units {
            let mut stream = snapshot.read(&plan, unit).await?;
            while let Some(batch) = stream.next().await {
                let batch = obfuscator.apply(&named(&batch?, &inside)?)?;
                let shape = |_| RunError::Stamp { rows: batch.num_rows() };
                for digest in keys.digests(&batch.project(&treated).map_err(shape)?)? {
                    theirs.add(&digest).map_err(failed)?;
                }
                tokio::task::yield_now().await;
            }
            is_whole(&stream, &plan)?;
        }
        let mut ours = KeyDigests::new(folder.join("lake"));
        let mut stored = self.rows(&columns, only_there(current)).await?;
        while let Some(batch) = stored.next().await {
            let batch = batch.map_err(|error| RunError::usage(error.to_string(), None))?;
            for digest in keys.digests(&batch)? {
                ours.add(&digest).map_err(failed)?;
            }
        }
        let gone = ours.without(&theirs).map_err(failed)?;
        // Rows that are marked as deleted are not there for the source either, and no longer ours to compare.
        let absent =
            if self.source.on_delete == OnDelete::Mark { 0 } else { theirs.without(&ours).map_err(failed)?.len() };
        Ok(Found { gone, absent, keys, columns })
    }

    /// What happens to the columns of the key.
    fn of_key(&self, columns: &Schema) -> Result<Obfuscator, TaskError> {
        let policy = self.build.obfuscation.policy(self.source, columns).map_err(TaskError::Diagnostics)?;
        let is_secret =
            |treatment: &Treatment| matches!(treatment, Treatment::Pseudonym { .. } | Treatment::Encrypt { .. });
        let needs_key = policy.columns().iter().any(|decided| is_secret(&decided.treatment));
        let keyring = if needs_key { self.build.keyring()? } else { Keyring::generate([0; 32]) };
        Ok(Obfuscator::new(columns, &policy, &keyring)?)
    }

    async fn rows(&self, columns: &[String], condition: &str) -> Result<ade_engine::Rows, TaskError> {
        let session = self.build.session(MemoryCatalog::new(), &self.source.relation.schema);
        let columns: Vec<String> = columns.iter().map(|name| format!("\"{}\"", name.replace('"', "\"\""))).collect();
        let from = relation_name(&self.source.relation).to_sql();
        let sql = format!("select {} from {from}{condition}", columns.join(", "));
        Ok(session.query(&sql).await.map_err(|error| RunError::usage(error.to_string(), None))?)
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
            (Write::Upsert(ade_lake::KeySpec::new(key)), own)
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
        let checks = self.build.audit_table(&self.source.relation, self.checks, &staged).await?;
        let stopped = checks.iter().any(CheckReport::stops);
        let rows = found.gone.len();
        let done = if marks { "marked as deleted" } else { "removed" };
        if stopped {
            staged.discard().await?;
            outcome.audited(checks);
            outcome.note(&format!(
                "{rows} rows that the source has not got any more are not {done}: a check stopped that"
            ));
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
            outcome.note(&format!("{rows} rows that the source has not got any more are {done}"));
            if outcome.status == Status::Unchanged {
                outcome.status = Status::Success;
            }
            if !marks && counts.total == 0 {
                outcome.status = Status::Warned;
                outcome.note(&format!("the table is empty now; before it had {} rows", counts.removed));
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
        let mut rows = self.rows(columns, only_there(current)).await?;
        while let Some(batch) = rows.next().await {
            let batch = batch.map_err(|error| RunError::usage(error.to_string(), None))?;
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
                let schema = super::stamp::stamped(marked.schema_ref());
                stamp(&marked, &schema, batch_id, loaded_at)?
            } else {
                gone
            };
            writer.write(gone).await?;
        }
        Ok(())
    }
}

/// The condition that leaves out rows which are marked as deleted already.
fn only_there(current: &Snapshot) -> &'static str {
    let marks = current.schema().field_with_name(IS_DELETED).is_ok();
    if marks { " where \"_ade_is_deleted\" is not true" } else { "" }
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

/// A comparison with some of the keys would remove rows that are there.
fn is_whole(stream: &ade_connect::BatchStream, plan: &ReadPlan) -> Result<(), TaskError> {
    if stream.end().is_some() {
        return Ok(());
    }
    let reason = "its keys ended without saying so".to_owned();
    Err(ConnectError::SourceFailed { object: plan.request.from.clone(), reason }.into())
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
