//! A model that is a table: its rows are staged, audited and committed, whole or interval by interval.

use ade_diagnostic::count;
use ade_engine::{RelationName, Rows, Session};
use ade_lake::{CommitNote, Interval, Lease, StageRequest, StageWriter, Staged, TableName};
use ade_meta::ViewChange;
use ade_project::NodeId;
use ade_project::resource::{Materialization, Model};
use ade_project::template::Compiled;
use arrow::datatypes::SchemaRef;
use futures::TryStreamExt;
use serde_json::Value;

use super::super::check_spec::relation_name;
use super::super::compile::sql_problem;
use super::super::desired::Desired;
use super::super::incremental::{Incrementing, Steps, incrementing};
use super::super::text_change::TEXT;
use super::super::{Build, Groups, Outcome, TaskError, discard_stage, interval};
use super::query::{messages, note_reads};
use crate::event::{CheckReport, Event, Status};
use crate::failpoint::{self, hit};
use crate::workspace::Workspace;

/// Intervals that go into one commit however small the table is.
const INTERVALS_AT_ONCE: u64 = 32;
/// Rows between two words of progress.
const PROGRESS_ROWS: u64 = 1_000_000;

/// Builds it.
pub(super) async fn build(
    build: &Build,
    model: &Model,
    checks: &[NodeId],
    desired: &mut Desired,
) -> Result<Outcome, TaskError> {
    let workspace = &build.workspace;
    let name = Workspace::table_name(&model.relation)?;
    let lease = workspace.lake.lease(&name, "ade").await?;
    let work = ModelTable { build, model, checks, name: &name, lease: &lease };
    let result = work.make(desired).await;
    workspace.release(&name, &lease).await;
    result
}

struct ModelTable<'a> {
    build: &'a Build,
    model: &'a Model,
    checks: &'a [NodeId],
    name: &'a TableName,
    lease: &'a Lease,
}

/// What became of rows that were to be committed at once.
enum Made {
    /// They are committed, or a check stopped them; then nothing of them is visible.
    Audited(Outcome),
    /// The statement at this place could not be carried out; nothing is visible.
    Broken(usize, TaskError),
}

impl ModelTable<'_> {
    async fn make(&self, desired: &mut Desired) -> Result<Outcome, TaskError> {
        let Self { build, model, name, .. } = self;
        // Somebody else may have built it while this run waited for the lease.
        *desired = build.desired_afresh(&model.id).await?;
        if build.is_committed(&model.id, desired).await? {
            return Ok(Outcome::unchanged());
        }
        // Rows that were made again because somebody asked for their time say nothing of those that are due.
        let is_complete = !build.asks_for_time(&model.id) || build.is_made_from(&model.id, desired).await?;
        let was_view = build.workspace.views.get(&relation_name(&model.relation)).is_some();
        let changed_text = build.text_change(model).await?;
        let gone_back = build.gone_back(model, desired).await?;
        let how = incrementing(build, model, name).await?;
        let mut outcome = if let Some(intervals) = how.as_ref().map(Incrementing::due).transpose()?.flatten() {
            self.intervals(desired, &intervals, is_complete).await?
        } else {
            match Box::pin(self.rows(how.as_ref(), &[], desired, is_complete)).await? {
                Made::Audited(outcome) => outcome,
                Made::Broken(_, error) => return Err(error),
            }
        };
        if outcome.status.is_good() {
            if was_view {
                outcome.note("was a view and is a table now");
            }
            outcome.notes(changed_text.as_slice());
            if gone_back.is_some() {
                outcome.warn();
                outcome.notes(gone_back.as_slice());
            }
        }
        Ok(outcome)
    }

    /// Makes intervals, oldest first, until one of them fails. The table then holds all before it, and the next run begins
    /// with it.
    async fn intervals(
        &self,
        desired: &mut Desired,
        intervals: &[Interval],
        is_complete: bool,
    ) -> Result<Outcome, TaskError> {
        if intervals.is_empty() {
            return Ok(Outcome::unchanged());
        }
        let mut groups = Groups::new(&vec![1; intervals.len()], INTERVALS_AT_ONCE);
        let mut outcome = Outcome::new(Status::Success);
        let mut failure = None;
        while let Some(group) = groups.next() {
            // The columns may be others after the last commit.
            let how = incrementing(self.build, self.model, self.name).await?;
            let is_last = is_complete && group.end == intervals.len();
            match Box::pin(self.rows(how.as_ref(), &intervals[group], desired, is_last)).await? {
                Made::Audited(made) if made.status.is_good() => {
                    groups.committed();
                    outcome.add(made);
                }
                Made::Audited(stopped) => {
                    if !groups.stopped() {
                        outcome.add(Outcome { rows: None, ..stopped });
                    }
                }
                Made::Broken(_, error) if error.is_conflict() => return Err(error),
                Made::Broken(place, error) => {
                    groups.broken(place);
                    failure = Some(error);
                }
            }
        }
        if let Some(error) = failure {
            if groups.done() == 0 && intervals.len() == 1 {
                return Err(error);
            }
            outcome.status = Status::Failed;
            outcome.note(&error.message());
        }
        if let Some(failed) = intervals.get(groups.done()).filter(|_| intervals.len() > 1) {
            let words = interval::words(failed);
            outcome.note(&format!("{} of {} intervals are committed; {words} failed", groups.done(), intervals.len()));
            outcome.note("the next run begins there");
        }
        Ok(outcome)
    }

    /// Makes rows and commits them at once: those of `intervals`, or all. Unless the table is then
    /// complete, the commit says so, and the model counts as unfinished.
    async fn rows(
        &self,
        how: Option<&Incrementing<'_>>,
        intervals: &[Interval],
        desired: &mut Desired,
        is_complete: bool,
    ) -> Result<Made, TaskError> {
        let Self { build, model, name, lease, .. } = self;
        let workspace = &build.workspace;
        let batch_id = workspace.world.ids.next();
        let session = self.session(batch_id.to_string());
        let compiled = build.compile_model(model, &session, how.is_some(), Some(batch_id.to_string()))?;
        note_reads(build, model, &session, &compiled, desired).await?;
        let steps = if let Some(how) = how {
            how.statements(&session, &compiled, intervals).await?
        } else {
            let range = build.options.event_time.filter(|_| build.asks_for_time(&model.id));
            Incrementing::first(model, &compiled, workspace.world.clock.now(), range)
        };
        let mut writer: Option<StageWriter> = None;
        let mut written = 0_u64;
        for (place, sql) in steps.statements.iter().enumerate() {
            let made = async {
                let rows = session.query(sql).await.map_err(|error| sql_problem(build, model, &compiled, error))?;
                let writer = match &mut writer {
                    Some(writer) => writer,
                    none => none.insert(self.stage(rows.schema(), &steps, how.is_none()).await?),
                };
                self.write(rows, &compiled, writer, &mut written).await
            };
            if let Err(error) = Box::pin(made).await {
                if let Some(writer) = writer {
                    discard_stage(writer).await;
                }
                return Ok(Made::Broken(place, error));
            }
        }
        hit(failpoint::MODEL_MADE)?;
        let mut outcome = messages(Outcome::new(Status::Success), &compiled);
        outcome.notes(&steps.notes);
        let Some(writer) = writer else { return Ok(Made::Audited(outcome)) };
        let staged = writer.finish().await?;
        let counts = staged.row_counts();
        outcome.rows = Some(counts.added);
        outcome.notes(steps.repeated(counts).as_slice());
        if counts.total == 0 && counts.removed > 0 {
            outcome.note(&format!("the table is empty now; before it had {}", count(counts.removed, "row")));
        }
        let checks = build.audit_table(&model.relation, self.checks, &staged).await?;
        let stopped = checks.iter().any(CheckReport::stops);
        outcome = outcome.checked(checks);
        if stopped {
            staged.discard().await?;
            return Ok(Made::Audited(outcome));
        }
        let made_from = if is_complete { desired.clone() } else { desired.unfinished() };
        let note = CommitNote {
            run_id: Some(build.run_id),
            position: Some(self.position(&made_from, steps.until)),
            fingerprint: Some(desired.fingerprint.clone()),
            interval: steps.interval,
            ..CommitNote::new(batch_id)
        };
        let version = self.commit(staged, &note).await?;
        build.checkpoint(name, version, lease).await;
        outcome.version = Some(version);
        outcome.batches.push(batch_id);
        Ok(Made::Audited(outcome))
    }

    async fn stage(&self, schema: SchemaRef, steps: &Steps, is_first: bool) -> Result<StageWriter, TaskError> {
        let Self { build, model, name, lease, .. } = self;
        let mut request = StageRequest::new(schema, steps.write.clone()).schema_change(steps.schema_change);
        if is_first {
            request = request.partition_by(model.partition_by.iter().cloned());
        }
        Ok(build.workspace.lake.stage(name, request, lease).await?)
    }

    async fn write(
        &self,
        mut rows: Rows,
        compiled: &Compiled,
        writer: &mut StageWriter,
        written: &mut u64,
    ) -> Result<(), TaskError> {
        let model = self.model;
        while let Some(batch) =
            rows.try_next().await.map_err(|error| sql_problem(self.build, model, compiled, error))?
        {
            hit(failpoint::MODEL_BATCH_MADE)?;
            let before = *written;
            *written += batch.num_rows() as u64;
            writer.write(batch).await?;
            if *written / PROGRESS_ROWS > before / PROGRESS_ROWS {
                let node = model.id.to_string();
                let progress = Event::TaskProgress { node, rows: *written, expected_rows: None };
                self.build.workspace.observer.on(&progress);
            }
        }
        Ok(())
    }

    fn session(&self, batch_id: String) -> Session {
        let workspace = &self.build.workspace;
        let options = ade_engine::SessionOptions::new(&self.model.relation.schema)
            .with_now(workspace.world.clock.now())
            .with_batch_id(batch_id);
        workspace.engine.session(workspace.catalog(ade_lake::At::Latest), options)
    }

    /// What the commit remembers: what the rows were made from, and up to when.
    fn position(&self, desired: &Desired, until: Option<chrono::DateTime<chrono::Utc>>) -> Value {
        let mut position = serde_json::to_value(desired).unwrap_or_default();
        let Some(fields) = position.as_object_mut() else { return position };
        if let Some(until) = until {
            fields.insert("until".to_owned(), Value::String(until.to_rfc3339()));
        }
        let is_incremental = self.model.materialized == Materialization::Incremental;
        if let Some(text) = self.build.text_fingerprint(&self.model.id).filter(|_| is_incremental) {
            fields.insert(TEXT.to_owned(), Value::String(text));
        }
        position
    }

    /// Commits; a view that had the table's name before is gone from then on.
    async fn commit(&self, staged: Staged, note: &CommitNote) -> Result<u64, TaskError> {
        let committed = staged.commit(note).await?;
        hit(failpoint::MODEL_COMMITTED)?;
        let workspace = &self.build.workspace;
        let view = RelationName::new(self.name.schema(), self.name.table());
        if workspace.views.get(&view).is_some() {
            let change = ViewChange::Drop { schema: view.schema.clone(), name: view.name.clone() };
            workspace.meta.switch_views(workspace.environment(), Some(self.build.run_id), &[change], &[]).await?;
            workspace.views.remove(&view);
        }
        Ok(committed.version())
    }
}
