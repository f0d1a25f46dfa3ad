//! Loads one seed: a CSV file of the project.
use std::num::NonZeroUsize;
use std::sync::Arc;

use ade_connect::{OpenContext, ReadMode, ReadRequest};
use ade_diagnostic::{Diagnostic, rule};
use ade_engine::sql_type;
use ade_lake::{CommitNote, Lease, SchemaChange, StageRequest, TableName, Write, forbidden_in_name};
use ade_project::NodeId;
use ade_project::resource::Seed;
use arrow::datatypes::{Field, Schema};
use futures::StreamExt;
use serde_json::{Map, Value};

use super::desired::Desired;
use super::hook::HookTime;
use super::{Build, Outcome, TaskError};
use crate::event::{CheckReport, Status};
use crate::failpoint::{self, hit};
use crate::workspace::Workspace;

const BATCH_ROWS: usize = 16_384;

/// Loads one seed.
pub(crate) async fn load_seed(
    build: &Build,
    seed: &Seed,
    checks: &[NodeId],
    desired: &mut Desired,
) -> Result<Outcome, TaskError> {
    build.refuse_writing_hooks(&seed.id, &seed.post_hooks, &seed.relation.schema).await?;
    build.run_hooks(HookTime::Pre, Some(&seed.id), &seed.pre_hooks, &seed.relation.schema).await?;
    let table = Workspace::table_name(&seed.relation)?;
    let lease = build.workspace.lake.lease(&table, "ade").await?;
    let result = Box::pin(replace(build, seed, checks, desired, &table, &lease)).await;
    build.workspace.release(&table, &lease).await;
    let outcome = result?;
    if outcome.status.is_good() && outcome.status != Status::Unchanged {
        build.run_hooks(HookTime::Post, Some(&seed.id), &seed.post_hooks, &seed.relation.schema).await?;
    }
    Ok(outcome)
}

async fn replace(
    build: &Build,
    seed: &Seed,
    checks: &[NodeId],
    desired: &mut Desired,
    table: &TableName,
    lease: &Lease,
) -> Result<Outcome, TaskError> {
    let workspace = &build.workspace;
    // Somebody else may have loaded it while this run waited for the lease.
    *desired = build.desired_afresh(&seed.id).await?;
    if build.is_committed(&seed.id, desired).await? {
        return Ok(Outcome::unchanged());
    }
    let connector = workspace.connectors.get("files")?;
    let spec = connector.spec();
    let invalid = |problems| ade_connect::ConnectError::Settings { problems };
    let settings =
        spec.settings(&Map::from_iter([("path".to_owned(), Value::String(".".to_owned()))])).map_err(invalid)?;
    let mut options = Map::from_iter([("format".to_owned(), Value::String("csv".to_owned()))]);
    options.insert("delimiter".to_owned(), Value::String(seed.delimiter.to_string()));
    let options = spec.table_options(&options).map_err(invalid)?;
    let threads = NonZeroUsize::new(workspace.world.cores).unwrap_or(NonZeroUsize::MIN);
    let context = OpenContext { project_dir: workspace.root.clone(), threads, position_key: None, now: None };
    let snapshot = connector.open(&settings, &context).await?.snapshot().await?;
    let mut request = ReadRequest {
        table: seed.relation.to_string(),
        from: seed.path.clone(),
        options,
        mode: ReadMode::Full,
        position: None,
        replaced: None,
        promised: None,
        columns: None,
        rejects: false,
        batch_rows: BATCH_ROWS,
    };
    let mut plan = snapshot.plan(&request).await?;
    if !seed.column_types.is_empty() {
        request.promised = Some(Arc::new(typed(seed, &plan.schema)?));
        plan = snapshot.plan(&request).await?;
    }
    refuse_names(seed, &plan.schema)?;
    let stage = StageRequest::new(Arc::clone(&plan.schema), Write::Replace).schema_change(SchemaChange::Evolve);
    let mut writer = workspace.lake.stage(table, stage, lease).await?;
    let mut rows = 0;
    for unit in &plan.units {
        let mut stream = snapshot.read(&plan, unit).await?;
        while let Some(batch) = stream.next().await {
            let batch = batch?;
            rows += batch.num_rows() as u64;
            writer.write(batch).await?;
            // A reader that is always ahead would keep the task from ever being stopped.
            tokio::task::yield_now().await;
        }
    }
    hit(failpoint::SEED_READ)?;
    let staged = writer.finish().await?;
    let checks = build.audit_table(&seed.relation, checks, &staged).await?;
    let stopped = checks.iter().any(CheckReport::stops);
    let mut outcome = Outcome::new(Status::Success).checked(checks);
    outcome.rows = Some(rows);
    if stopped {
        staged.discard().await?;
        return Ok(outcome);
    }
    let batch_id = workspace.world.ids.next();
    let note = CommitNote {
        run_id: Some(build.run_id),
        position: serde_json::to_value(&*desired).ok(),
        fingerprint: Some(desired.fingerprint.clone()),
        ..CommitNote::new(batch_id)
    };
    outcome.version = Some(staged.commit(&note).await?.version());
    hit(failpoint::SEED_COMMITTED)?;
    outcome.batches.push(batch_id);
    Ok(outcome)
}

/// The names of a seed's columns are those of its header line; there is no other place to mend them.
fn refuse_names(seed: &Seed, found: &Schema) -> Result<(), TaskError> {
    let problem = |name: &String| {
        let character = forbidden_in_name(name)?;
        let legal = name.split(|letter: char| !letter.is_alphanumeric()).filter(|part| !part.is_empty());
        let legal = legal.map(str::to_lowercase).collect::<Vec<_>>().join("_");
        let message =
            format!("seed `{}`: the column name `{name}` holds {character:?}, which tables do not allow", seed.name);
        let legal = if legal.is_empty() { "another name".to_owned() } else { format!("`{legal}`") };
        Some(
            Diagnostic::error(&rule::INVALID_SEED, message)
                .hint(format!("write {legal} in the header line of {}", seed.path)),
        )
    };
    let problems: Vec<Diagnostic> = found.fields().iter().filter_map(|field| problem(field.name())).collect();
    if problems.is_empty() { Ok(()) } else { Err(TaskError::Diagnostics(problems)) }
}

/// The columns that were found, with the types that the project gives in place of the inferred ones.
fn typed(seed: &Seed, found: &Schema) -> Result<Schema, TaskError> {
    let mut problems = Vec::new();
    let problem = |message: String| {
        let place = seed.properties.clone();
        let diagnostic = Diagnostic::error(&rule::INVALID_SEED, format!("seed `{}`: {message}", seed.name));
        match place {
            Some(place) => diagnostic.at(place),
            None => diagnostic,
        }
    };
    let names: Vec<&str> = found.fields().iter().map(|field| field.name().as_str()).collect();
    for name in seed.column_types.keys() {
        if !names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            problems.push(
                problem(format!("`column_types` names `{name}`, which the file has not got"))
                    .suggestion(name, names.iter().copied()),
            );
        }
    }
    let mut fields = Vec::new();
    for field in found.fields() {
        let declared = seed.column_types.iter().find(|(name, _)| name.eq_ignore_ascii_case(field.name()));
        let data_type = match declared.map(|(_, text)| sql_type(text)) {
            Some(Ok(data_type)) => data_type,
            Some(Err(error)) => {
                problems.push(problem(format!("column `{}`: {error}", field.name())));
                continue;
            }
            None => field.data_type().clone(),
        };
        fields.push(Field::new(field.name(), data_type, true));
    }
    if problems.is_empty() { Ok(Schema::new(fields)) } else { Err(TaskError::Diagnostics(problems)) }
}
