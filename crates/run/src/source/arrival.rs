//! Units of a source on their way into one commit: read, obfuscate, stage, audit, commit.
use std::sync::Arc;

use ade_connect::{ReadPlan, ReadUnit, Snapshot as SourceSnapshot, UnitEnd};
use ade_engine::datafusion::common::ScalarValue;
use ade_lake::{At, CommitNote, KeySpec, LakeError, Region, SchemaChange, StageRequest, StageWriter, Write};
use ade_privacy::Obfuscator;
use ade_project::resource::IngestMode;
use arrow::datatypes::SchemaRef;
use futures::StreamExt;
use serde_json::Value;
use uuid::Uuid;

use super::ingest::TableLanding;
use super::landing::{ContentHash, Landing};
use super::stamp::{BATCH_ID, stamp, stamped};
use crate::build::{Outcome, TaskError};
use crate::event::{CheckReport, Event, Status};
use crate::failpoint::{self, hit};

/// Rows between two words of progress.
const PROGRESS_ROWS: u64 = 100_000;

/// Units on their way into one commit.
pub(super) struct Arrival<'a> {
    pub(super) table: &'a TableLanding<'a>,
    pub(super) plan: &'a ReadPlan,
    pub(super) units: &'a [ReadUnit],
    pub(super) obfuscator: &'a Obfuscator,
    pub(super) landing: &'a Landing,
    /// Whether it replaces all that is there.
    pub(super) whole: bool,
}

impl Arrival<'_> {
    /// Lands the units. `None`: a check stopped them.
    pub(super) async fn land(
        &self,
        snapshot: &dyn SourceSnapshot,
        position: &mut Option<Value>,
        outcome: &mut Outcome,
        rows_before: u64,
    ) -> Result<Option<u64>, TaskError> {
        let table = self.table;
        let workspace = &table.build.workspace;
        let schema = stamped(self.obfuscator.output_schema());
        let request = StageRequest::new(Arc::clone(&schema), self.write()).schema_change(SchemaChange::Evolve);
        hit(failpoint::SOURCE_PLANNED)?;
        let mut writer = workspace.lake.stage(table.table, request, table.lease).await?;
        let mut hash = (table.declared.mode == IngestMode::Full).then(ContentHash::default);
        let mut rows = 0;
        let mut after = position.clone();
        let mut batches = Vec::new();
        for unit in self.units {
            let batch_id = workspace.world.ids.next();
            let mut reading = Reading { arrival: self, schema: &schema, writer: &mut writer, hash: &mut hash };
            let end = reading.read(snapshot, unit, batch_id, rows_before + rows).await?;
            rows += end.rows;
            for note in &end.notes {
                outcome.note(&note.message);
            }
            after = end.position(after.as_ref(), &batch_id.to_string());
            batches.push(batch_id);
        }
        let mut landing = self.landing.clone();
        landing.content = hash.map(|hash| hash.finish());
        let staged = writer.finish().await?;
        if self.same_content(&landing).await? {
            staged.discard().await?;
            outcome.status = if outcome.status == Status::Warned { Status::Warned } else { Status::Unchanged };
            return Ok(Some(0));
        }
        let checks = table.build.audit_table(&table.source.relation, table.checks, &staged).await?;
        let stopped = checks.iter().any(CheckReport::stops);
        let so_far = std::mem::replace(outcome, Outcome::unchanged());
        *outcome = Outcome { checks: Vec::new(), ..so_far }.checked(checks);
        if stopped {
            let labels: Vec<&str> = self.units.iter().take(3).map(|unit| unit.label.as_str()).collect();
            outcome.note(&format!("nothing of {} has landed", labels.join(", ")));
            staged.discard().await?;
            return Ok(None);
        }
        // A table that its source has no rows for still gets a commit: then it exists.
        let batch_id = batches.last().copied().unwrap_or_else(|| workspace.world.ids.next());
        let note = CommitNote {
            run_id: Some(table.build.run_id),
            position: after.clone(),
            fingerprint: Some(landing.to_text()),
            ..CommitNote::new(batch_id)
        };
        let committed = staged.commit(&note).await?;
        hit(failpoint::SOURCE_COMMITTED)?;
        *position = after;
        table.build.checkpoint(table.table, committed.version(), table.lease).await;
        outcome.version = Some(committed.version());
        outcome.batches.extend(batches);
        Ok(Some(rows))
    }

    fn write(&self) -> Write {
        let declared = self.table.declared;
        if self.whole {
            // The first rows of a keyed table may hold a key more than once: an overlap, several files.
            return match declared.mode {
                IngestMode::Incremental if !declared.key.is_empty() => Write::ReplaceByKey(self.keys()),
                _ => Write::Replace,
            };
        }
        let replaced = self.units.first().and_then(|unit| unit.replaces_batch.as_ref()).map(|batch| Region::In {
            column: BATCH_ID.to_owned(),
            values: vec![ScalarValue::Utf8(Some(batch.clone()))],
        });
        match (declared.key.is_empty(), replaced) {
            (true, None) => Write::Append,
            (true, Some(region)) => Write::Exchange(region),
            (false, None) => Write::Upsert(self.keys()),
            (false, Some(region)) => Write::UpsertExchange(self.keys(), region),
        }
    }

    fn keys(&self) -> KeySpec {
        let landed = self.obfuscator.output_schema();
        let spelled = |name: &String| {
            let field = landed.fields().iter().find(|field| field.name().eq_ignore_ascii_case(name));
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

/// One unit from the source to the stage.
struct Reading<'a> {
    arrival: &'a Arrival<'a>,
    schema: &'a SchemaRef,
    writer: &'a mut StageWriter,
    hash: &'a mut Option<ContentHash>,
}

impl Reading<'_> {
    async fn read(
        &mut self,
        snapshot: &dyn SourceSnapshot,
        unit: &ReadUnit,
        batch_id: Uuid,
        rows_before: u64,
    ) -> Result<UnitEnd, TaskError> {
        let Arrival { table, plan, obfuscator, .. } = self.arrival;
        let workspace = &table.build.workspace;
        let batch_text = batch_id.to_string();
        let loaded_at = workspace.world.clock.now();
        let expected_rows = plan.units.iter().map(|unit| unit.rows).sum();
        let mut rows = 0_u64;
        let mut said = 0;
        let mut stream = snapshot.read(plan, unit).await?;
        while let Some(batch) = stream.next().await {
            let batch = batch?;
            hit(failpoint::SOURCE_BATCH_READ)?;
            let batch = obfuscator.apply(&batch)?;
            hit(failpoint::SOURCE_BATCH_OBFUSCATED)?;
            rows += batch.num_rows() as u64;
            if let Some(hash) = self.hash {
                hash.add(&batch);
            }
            self.writer.write(stamp(&batch, self.schema, &batch_text, loaded_at)?).await?;
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
}
