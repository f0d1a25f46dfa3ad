//! Builds one model: compile, run, stage, audit, commit.
use ade_engine::{MemoryCatalog, RelationName, Session, type_name};
use ade_lake::{CommitNote, Lease, SchemaChange, StageRequest, StageWriter, Staged, TableName, Write};
use ade_meta::{ViewChange, ViewColumn, ViewDefinition};
use ade_project::NodeId;
use ade_project::resource::{Materialization, Model};
use ade_project::template::Compiled;
use futures::TryStreamExt;
use serde_json::Value;

use super::check_spec::relation_name;
use super::compile::sql_problem;
use super::desired::Desired;
use super::hook::HookTime;
use super::incremental::{Incrementing, incrementing};
use super::{Build, Outcome, TaskError};
use crate::event::{CheckReport, Event, Status};
use crate::failpoint::{self, hit};
use crate::workspace::Workspace;

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
        Materialization::Table | Materialization::Incremental => table(build, model, checks, desired).await?,
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
    note_volatility(&compiled, desired);
    let schema = session.schema_of(&compiled.text).await.map_err(|error| sql_problem(model, &compiled, &error))?;
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
        sql: compiled.text,
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
    if workspace.views.get(&name).as_ref() == Some(&definition) {
        return Ok(outcome);
    }
    let guard = workspace.keeper.hold(&format!("view {name}")).await?;
    hit(failpoint::VIEW_BEFORE_SWITCH)?;
    let change = ViewChange::Put(definition.clone());
    let held = [guard.lease().clone()];
    workspace.meta.switch_views(workspace.environment(), Some(build.run_id), &[change], &held).await?;
    hit(failpoint::VIEW_SWITCHED)?;
    workspace.views.put(definition);
    guard.release().await?;
    Ok(outcome)
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

impl ModelTable<'_> {
    async fn make(&self, desired: &mut Desired) -> Result<Outcome, TaskError> {
        let Self { build, model, name, lease, .. } = self;
        let workspace = &build.workspace;
        // Somebody else may have built it while this run waited for the lease.
        *desired = build.desired_afresh(&model.id, self.checks).await?;
        if build.is_committed(&model.id, desired).await? {
            return Ok(Outcome::unchanged());
        }
        let batch_id = workspace.world.ids.next();
        let session = self.session(batch_id.to_string());
        let how = incrementing(build, model, name).await?;
        let compiled = build.compile_model(model, &session, how.is_some(), Some(batch_id.to_string()))?;
        note_volatility(&compiled, desired);
        let steps = match &how {
            Some(how) => how.statement(&session, &compiled).await?,
            None => Incrementing::first(model, &compiled, workspace.world.clock.now()),
        };
        let mut rows = session.query(&steps.sql).await.map_err(|error| sql_problem(model, &compiled, &error))?;
        let mut request = StageRequest::new(rows.schema(), steps.write.clone()).schema_change(steps.schema_change);
        if how.is_none() && !model.partition_by.is_empty() {
            request = request.partition_by(model.partition_by.iter().cloned());
        }
        let mut writer: StageWriter = workspace.lake.stage(name, request, lease).await?;
        let mut written = 0_u64;
        let mut said = 0;
        loop {
            let batch = rows.try_next().await.map_err(|error| sql_problem(model, &compiled, &error))?;
            let Some(batch) = batch else { break };
            hit(failpoint::MODEL_BATCH_MADE)?;
            written += batch.num_rows() as u64;
            writer.write(batch).await?;
            if written - said >= PROGRESS_ROWS {
                said = written;
                let node = model.id.to_string();
                workspace.observer.on(&Event::TaskProgress { node, rows: written, expected_rows: None });
            }
        }
        hit(failpoint::MODEL_MADE)?;
        let staged = writer.finish().await?;
        let mut outcome = messages(Outcome::new(Status::Success), &compiled);
        outcome.rows = Some(written);
        let checks = build.audit_table(&model.relation, self.checks, &staged).await?;
        let stopped = checks.iter().any(CheckReport::stops);
        outcome = outcome.checked(checks);
        if stopped {
            staged.discard().await?;
            return Ok(outcome);
        }
        let position = position(desired, steps.until);
        let note = CommitNote {
            run_id: Some(build.run_id),
            position: Some(position),
            fingerprint: Some(desired.fingerprint.clone()),
            interval: steps.interval,
            ..CommitNote::new(batch_id)
        };
        let version = self.commit(staged, &note).await?;
        build.checkpoint(name, version, lease).await;
        outcome.version = Some(version);
        outcome.batches.push(batch_id);
        Ok(outcome)
    }

    fn session(&self, batch_id: String) -> Session {
        let workspace = &self.build.workspace;
        let options = ade_engine::SessionOptions::new(&self.model.relation.schema)
            .with_now(workspace.world.clock.now())
            .with_batch_id(batch_id);
        workspace.engine.session(workspace.catalog(ade_lake::At::Latest), options)
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

/// What the commit remembers: what the rows were made from, and up to when.
fn position(desired: &Desired, until: Option<chrono::DateTime<chrono::Utc>>) -> Value {
    let mut position = serde_json::to_value(desired).unwrap_or_default();
    if let (Some(until), Some(fields)) = (until, position.as_object_mut()) {
        fields.insert("until".to_owned(), Value::String(until.to_rfc3339()));
    }
    position
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

/// SQL that gives other rows at another time must run each time.
fn note_volatility(compiled: &Compiled, desired: &mut Desired) {
    const WORDS: [&str; 11] = [
        "now",
        "current_timestamp",
        "current_date",
        "current_time",
        "localtimestamp",
        "localtime",
        "random",
        "rand",
        "uuid",
        "gen_random_uuid",
        "today",
    ];
    let text = compiled.text.to_ascii_lowercase();
    let words = text.split(|character: char| !(character.is_alphanumeric() || character == '_'));
    if compiled.uses.volatile || compiled.uses.introspects || words.into_iter().any(|word| WORDS.contains(&word)) {
        desired.mark_volatile();
    }
}

/// How a first or whole build writes.
pub(crate) fn whole() -> (Write, SchemaChange) {
    (Write::Replace, SchemaChange::Evolve)
}
