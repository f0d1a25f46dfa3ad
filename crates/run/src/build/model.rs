//! Builds one model: compile, run, stage, audit, commit.
use std::collections::HashSet;
use std::sync::PoisonError;

use ade_diagnostic::count;
use ade_engine::{MemoryCatalog, RelationName, Rows, Session, type_name};
use ade_lake::{CommitNote, Interval, Lease, SchemaChange, StageRequest, StageWriter, Staged, TableName, Write};
use ade_meta::{ViewChange, ViewColumn, ViewDefinition};
use ade_project::NodeId;
use ade_project::resource::{Materialization, Model};
use ade_project::template::Compiled;
use arrow::datatypes::SchemaRef;
use futures::TryStreamExt;
use serde_json::Value;

use super::check_spec::relation_name;
use super::compile::sql_problem;
use super::desired::Desired;
use super::hook::HookTime;
use super::incremental::{Incrementing, Steps, incrementing};
use super::reads::Reads;
use super::text_change::TEXT;
use super::{Build, Groups, Outcome, TaskError, discard_stage, interval};
use crate::command::hard_coded;
use crate::event::{CheckReport, Event, Status};
use crate::failpoint::{self, hit};
use crate::workspace::Workspace;

/// Intervals that go into one commit however small the table is.
const INTERVALS_AT_ONCE: u64 = 32;
/// Rows between two words of progress.
const PROGRESS_ROWS: u64 = 1_000_000;

/// Builds one model.
pub(crate) async fn build_model(
    build: &Build,
    model: &Model,
    checks: &[NodeId],
    desired: &mut Desired,
) -> Result<Outcome, TaskError> {
    build.refuse_writing_hooks(&model.id, &model.post_hooks, &model.relation.schema).await?;
    build.run_hooks(HookTime::Pre, Some(&model.id), &model.pre_hooks, &model.relation.schema).await?;
    let outcome = match model.materialized {
        Materialization::View => view(build, model, checks, desired).await?,
        Materialization::Table | Materialization::Incremental => Box::pin(table(build, model, checks, desired)).await?,
        Materialization::Ephemeral => Outcome::unchanged(),
    };
    if outcome.status.is_good() {
        build.run_hooks(HookTime::Post, Some(&model.id), &model.post_hooks, &model.relation.schema).await?;
    }
    Ok(outcome)
}

async fn view(build: &Build, model: &Model, checks: &[NodeId], desired: &mut Desired) -> Result<Outcome, TaskError> {
    let workspace = &build.workspace;
    let session = build.session(MemoryCatalog::new(), &model.relation.schema);
    let compiled = build.compile_model(model, &session, false, None)?;
    note_reads(build, model, &session, &compiled, desired).await?;
    let schema =
        session.schema_of(&compiled.text).await.map_err(|error| sql_problem(build, model, &compiled, error))?;
    let name = relation_name(&model.relation);
    let front = MemoryCatalog::new().with_view(name.clone(), compiled.text.clone());
    let checks = build.audit(&model.relation, checks, front).await?;
    let stopped = checks.iter().any(CheckReport::stops);
    let outcome = messages(Outcome::new(Status::Success), &compiled).checked(checks);
    if stopped {
        return Ok(outcome);
    }
    let definition = ViewDefinition {
        schema: name.schema.clone(),
        name: name.name.clone(),
        sql: compiled.text.clone(),
        columns: schema
            .fields()
            .iter()
            .map(|field| ViewColumn {
                name: field.name().clone(),
                data_type: type_name(field.data_type()),
                nullable: field.is_nullable(),
            })
            .collect(),
        fingerprint: desired.fingerprint.clone(),
    };
    if workspace.views.get(&name).as_ref() != Some(&definition) {
        // A view that fails on some value must not take the place of one that does not: whoever reads it would be the first to
        // know.
        let read = async {
            let mut rows = session.query(&definition.sql).await?;
            while rows.try_next().await?.is_some() {}
            Ok(())
        };
        read.await.map_err(|error| sql_problem(build, model, &compiled, error))?;
    }
    build.forget_data_state(&model.id);
    let Some(versions) = build.table_to_go(&model.id).await? else {
        switch_view(build, definition).await?;
        return Ok(outcome);
    };
    // The model was a table before. Whoever reads the lake without its views must not go on reading that.
    let table = Workspace::table_name(&model.relation)?;
    let lease = workspace.lake.lease(&table, "ade").await?;
    let switching = async {
        switch_view(build, definition).await?;
        workspace.lake.drop_table(&table, &lease).await?;
        Ok::<_, TaskError>(())
    };
    let switched = Box::pin(switching).await;
    if let Err(error) = workspace.lake.release(&lease).await {
        tracing::warn!(%table, %error, "the lease was not given back; it ends by itself");
    }
    switched?;
    let mut outcome = outcome;
    outcome.note(&format!("was a table and is a view now: the table and {versions} are gone"));
    Ok(outcome)
}

/// Puts a view into force, unless it is.
async fn switch_view(build: &Build, definition: ViewDefinition) -> Result<(), TaskError> {
    let workspace = &build.workspace;
    let name = RelationName::new(&definition.schema, &definition.name);
    if workspace.views.get(&name).as_ref() == Some(&definition) {
        return Ok(());
    }
    let guard = workspace.keeper.hold(&format!("view {name}")).await?;
    hit(failpoint::VIEW_BEFORE_SWITCH)?;
    let change = ViewChange::Put(definition.clone());
    let held = [guard.lease().clone()];
    workspace.meta.switch_views(workspace.environment(), Some(build.run_id), &[change], &held).await?;
    hit(failpoint::VIEW_SWITCHED)?;
    workspace.views.put(definition);
    guard.release().await?;
    Ok(())
}

async fn table(build: &Build, model: &Model, checks: &[NodeId], desired: &mut Desired) -> Result<Outcome, TaskError> {
    let workspace = &build.workspace;
    let name = Workspace::table_name(&model.relation)?;
    let lease = workspace.lake.lease(&name, "ade").await?;
    let work = ModelTable { build, model, checks, name: &name, lease: &lease };
    let result = work.make(desired).await;
    if let Err(error) = workspace.lake.release(&lease).await {
        tracing::warn!(table = %name, %error, "the lease was not given back; it ends by itself");
    }
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
                outcome.status = Status::Warned;
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

/// What the template's author wanted to say.
fn messages(mut outcome: Outcome, compiled: &Compiled) -> Outcome {
    for message in &compiled.messages {
        outcome.note(message);
    }
    for warning in &compiled.warnings {
        outcome.note(ade_diagnostic::render_terminal(std::slice::from_ref(warning), false).trim_end());
    }
    outcome
}

/// Tells, once in a run and before the query runs, which tables of the project it names without `ref` or `source`: they may
/// not be there yet.
fn warn_of_names(build: &Build, model: &Model, compiled: &Compiled) {
    if !build.warned.lock().unwrap_or_else(PoisonError::into_inner).insert(model.id.clone()) {
        return;
    }
    let what = format!("model `{}`", model.name);
    let project = &build.workspace.project;
    for warning in hard_coded(project, &build.named, &model.id, &what, compiled, &model.relation.schema) {
        build.workspace.notice(&warning);
    }
}

/// Notes what the graph does not say of what the query reads: tables named without `ref` or `source`, and whether other rows
/// come at another time.
async fn note_reads(
    build: &Build,
    model: &Model,
    session: &Session,
    compiled: &Compiled,
    desired: &mut Desired,
) -> Result<(), TaskError> {
    if compiled.uses.volatile || compiled.uses.introspects {
        desired.mark_volatile();
    }
    warn_of_names(build, model, compiled);
    // What is wrong with the query is said when it runs.
    let Ok(plan) = session.plan(&compiled.text).await else { return Ok(()) };
    let reads = Reads::of(&plan, &model.relation.schema);
    let project = &build.workspace.project;
    let mut known: HashSet<RelationName> = HashSet::from([relation_name(&model.relation)]);
    let ancestors = project.graph.ancestors(model.id.as_str(), None);
    known.extend(ancestors.iter().filter_map(|id| project.relation(id)).map(relation_name));
    let mut volatile = reads.volatile;
    for name in reads.relations.iter().filter(|name| !known.contains(name)) {
        if ["ade", "information_schema", "pg_catalog"].contains(&name.schema.as_str()) {
            volatile = true;
        } else if let Some(state) = build.relation_state(name).await? {
            desired.add_table(name, state);
        }
    }
    if volatile {
        desired.mark_volatile();
    }
    Ok(())
}

/// How a first or whole build writes.
pub(crate) fn whole() -> (Write, SchemaChange) {
    (Write::Replace, SchemaChange::Evolve)
}
