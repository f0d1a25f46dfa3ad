//! Carries out one task.
use ade_engine::MemoryCatalog;
use ade_project::{NodeId, NodeKind};

use super::model::build_model;
use super::plan::Task;
use super::seed::load_seed;
use super::{Build, Command, Outcome, TaskError};
use crate::event::Status;
use crate::failpoint::{self, hit};
use crate::source::ingest;
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
    let workspace = &build.workspace;
    let Some(source) = workspace.project.sources.get(&task.node) else { return Ok(Outcome::unchanged()) };
    let mut outcome = Box::pin(ingest(build, source, &task.checks)).await?;
    let checks = build.desired(&task.node, &task.checks).await?;
    let table = Workspace::table_name(&source.relation)?;
    let version = workspace.lake.version(&table).await?;
    if outcome.status == Status::Unchanged && version.is_some() && !build.has_same_checks(&task.node, &checks) {
        // Rows that are there have not met these checks yet.
        let reports = build.audit(&source.relation, &task.checks, MemoryCatalog::new()).await?;
        outcome.status = Status::Success;
        outcome = outcome.checked(reports);
    }
    build.forget_data_state(&task.node);
    if outcome.status.is_good()
        && let Some(report) = build.check_freshness(&task.node).await?
    {
        outcome = outcome.checked(vec![report]);
    }
    if outcome.status.is_good() && (outcome.status != Status::Unchanged || !build.has_record(&task.node, version)) {
        let state = build.data_state(&task.node).await?;
        let now = workspace.world.clock.now();
        let record = checks.to_record(&task.node, source.relation.to_string(), version, state, now);
        hit(failpoint::TASK_BEFORE_RECORD)?;
        workspace.meta.record_node_states(workspace.environment(), &[record]).await?;
        hit(failpoint::TASK_RECORDED)?;
    }
    Ok(outcome)
}

async fn made(build: &Build, task: &Task) -> Result<Outcome, TaskError> {
    let project = &build.workspace.project;
    let mut desired = build.desired(&task.node, &task.checks).await?;
    if build.is_current(&task.node, &desired).await? {
        return Ok(Outcome::unchanged());
    }
    let outcome = match (project.models.get(&task.node), project.seeds.get(&task.node)) {
        (Some(model), _) => build_model(build, model, &task.checks, &mut desired).await?,
        (None, Some(seed)) => load_seed(build, seed, &task.checks, &mut desired).await?,
        (None, None) => Outcome::unchanged(),
    };
    build.forget_data_state(&task.node);
    if outcome.status.is_good() {
        let relation = project.relation(&task.node).map(ToString::to_string).unwrap_or_default();
        let state = match outcome.batches.last() {
            Some(batch) => format!("batch:{batch}"),
            None => String::new(),
        };
        let now = build.workspace.world.clock.now();
        let record = desired.to_record(&task.node, relation, outcome.version, state, now);
        hit(failpoint::TASK_BEFORE_RECORD)?;
        build.workspace.meta.record_node_states(build.workspace.environment(), &[record]).await?;
        hit(failpoint::TASK_RECORDED)?;
    }
    Ok(outcome)
}

/// `ade test`: the checks of a node over what is in the lake.
async fn check_only(build: &Build, task: &Task) -> Result<Outcome, TaskError> {
    let project = &build.workspace.project;
    let nowhere = ade_project::Relation::new(&project.environment.schema, "");
    let relation = project.relation(&task.node).unwrap_or(&nowhere);
    let checks: &[NodeId] = &task.checks;
    let reports = build.audit(relation, checks, MemoryCatalog::new()).await?;
    Ok(Outcome::new(Status::Success).checked(reports))
}
