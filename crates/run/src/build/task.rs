//! Carries out one task.
use ade_engine::MemoryCatalog;
use ade_meta::NodeState;
use ade_project::{NodeId, NodeKind};

use super::desired::{Desired, parts_to_record};
use super::model::build_model;
use super::plan::Task;
use super::seed::load_seed;
use super::{Build, Command, Outcome, TaskError};
use crate::event::Status;
use crate::failpoint::{self, hit};
use crate::source::{ingest, replay};
use crate::workspace::Workspace;

/// A task that others get ahead of is planned again this often.
const ATTEMPTS: usize = 5;

/// Carries out one task and records what its node was made from. When somebody else moved the table in the meantime
/// (another checkout with the same lake, a writer that was paused beyond its lease), what was planned and audited says
/// nothing of the rows that are there now: it is done again from the beginning.
pub(crate) async fn carry_out(build: &Build, task: &Task) -> Result<Outcome, TaskError> {
    for _ in 1..ATTEMPTS {
        match Box::pin(attempt(build, task)).await {
            Err(error) if error.is_conflict() => {
                tracing::info!(node = %task.node, error = %error.message(), "planned again");
                build.forget_data_state(&task.node);
            }
            result => return result,
        }
    }
    Box::pin(attempt(build, task)).await
}

async fn attempt(build: &Build, task: &Task) -> Result<Outcome, TaskError> {
    if build.options.command == Command::Test {
        return check_only(build, task).await;
    }
    match task.node.kind() {
        NodeKind::Source => Box::pin(source(build, task)).await,
        NodeKind::Seed | NodeKind::Model => Box::pin(made(build, task)).await,
        NodeKind::Snapshot | NodeKind::Test | NodeKind::Exposure => Ok(Outcome::unchanged()),
    }
}

async fn source(build: &Build, task: &Task) -> Result<Outcome, TaskError> {
    let Some(source) = build.workspace.project.sources.get(&task.node) else { return Ok(Outcome::unchanged()) };
    let mut outcome = match build.options.command {
        Command::Replay => Box::pin(replay(build, &build.options.rejects, source, &task.checks)).await?,
        _ => Box::pin(ingest(build, source, &task.checks)).await?,
    };
    build.forget_data_state(&task.node);
    let desired = build.desired(&task.node).await?;
    if outcome.status.is_good() && outcome.version.is_none() {
        outcome = stands(build, task, &desired, outcome).await?;
    } else if outcome.status.is_good() {
        record(build, task, &desired, &outcome, None).await?;
    }
    if outcome.status.is_good()
        && let Some(report) = build.check_freshness(&task.node).await?
    {
        outcome.audited_visible = outcome.version.is_none();
        outcome = outcome.checked(vec![report]);
    }
    Ok(outcome)
}

async fn made(build: &Build, task: &Task) -> Result<Outcome, TaskError> {
    let project = &build.workspace.project;
    let mut desired = build.desired(&task.node).await?;
    if build.is_current(&task.node, &desired).await? {
        return stands(build, task, &desired, Outcome::unchanged()).await;
    }
    let outcome = match (project.models.get(&task.node), project.seeds.get(&task.node)) {
        (Some(model), _) => build_model(build, model, &task.checks, &mut desired).await?,
        (None, Some(seed)) => load_seed(build, seed, &task.checks, &mut desired).await?,
        (None, None) => Outcome::unchanged(),
    };
    build.forget_data_state(&task.node);
    if outcome.status == Status::Unchanged {
        // Somebody else made it while this run waited for the table.
        return stands(build, task, &desired, outcome).await;
    }
    if outcome.status.is_good() {
        record(build, task, &desired, &outcome, None).await?;
    }
    Ok(outcome)
}

/// The rows of a node are as they should be. Checks that they have not met as they are now (new ones, ones that read other
/// tables, too, or ask for the time) look at them; nothing is made again.
async fn stands(build: &Build, task: &Task, desired: &Desired, mut outcome: Outcome) -> Result<Outcome, TaskError> {
    let Some(relation) = build.workspace.project.relation(&task.node) else { return Ok(outcome) };
    if build.data_state(&task.node).await? == "nothing" {
        return Ok(outcome);
    }
    let before = build.record_of_now(&task.node).await?;
    let guard = build.guard(&task.node, &task.checks).await?;
    if build.has_met(&task.node, &guard).await? {
        if before.is_none() {
            record(build, task, desired, &outcome, None).await?;
        }
        let warned: Vec<String> = guard.warned(before).map(|check| short(check).to_owned()).collect();
        if !warned.is_empty() {
            outcome.note(&format!("still warns: {}", warned.join(", ")));
        }
        return Ok(outcome);
    }
    let reports = build.audit(relation, &task.checks, MemoryCatalog::new()).await?;
    if outcome.status == Status::Unchanged {
        outcome.status = Status::Success;
    }
    outcome.audited_visible = true;
    outcome = outcome.checked(reports);
    if outcome.status.is_good() {
        record(build, task, desired, &outcome, before).await?;
    }
    Ok(outcome)
}

/// The name of a check, of its id.
fn short(id: &str) -> &str {
    id.splitn(3, '.').nth(2).unwrap_or(id)
}

/// Records what a node's rows were made from and which checks they have met; with `before`, in addition to those that they
/// had met then.
async fn record(
    build: &Build,
    task: &Task,
    desired: &Desired,
    outcome: &Outcome,
    before: Option<&NodeState>,
) -> Result<(), TaskError> {
    let workspace = &build.workspace;
    let Some(relation) = workspace.project.relation(&task.node) else { return Ok(()) };
    let version = workspace.lake.version(&Workspace::table_name(relation)?).await?;
    let state = build.data_state(&task.node).await?;
    let guard = build.guard(&task.node, &task.checks).await?;
    let timely = build.timely();
    let warns = outcome.checks.iter().filter(|check| !check.passed() && !check.stops());
    let warned = warns.map(|check| check.node.as_str()).collect();
    let checks = guard.to_record(&timely, &warned, before);
    let now = workspace.world.clock.now();
    let parts = parts_to_record(workspace.project.fingerprints.get(&task.node));
    let checks = checks.chain(parts);
    let record = desired.to_record(&task.node, checks, relation.to_string(), version, state, now);
    hit(failpoint::TASK_BEFORE_RECORD)?;
    let mut records = vec![record];
    // What it made under another name is still there.
    if let Some(moved) = build.recorded.get(task.node.as_str()).filter(|before| before.relation != records[0].relation)
    {
        records.push(NodeState { node: format!("{} as {}", moved.node, moved.relation), ..moved.clone() });
    }
    workspace.meta.record_node_states(workspace.environment(), &records).await?;
    hit(failpoint::TASK_RECORDED)?;
    Ok(())
}

/// `ade test`: the checks of a node over what is in the lake.
async fn check_only(build: &Build, task: &Task) -> Result<Outcome, TaskError> {
    let project = &build.workspace.project;
    let nowhere = ade_project::Relation::new(&project.environment.schema, "");
    let relation = project.relation(&task.node).unwrap_or(&nowhere);
    let checks: &[NodeId] = &task.checks;
    let reports = build.audit(relation, checks, MemoryCatalog::new()).await?;
    let outcome = Outcome { audited_visible: true, ..Outcome::new(Status::Success) };
    Ok(outcome.checked(reports))
}
