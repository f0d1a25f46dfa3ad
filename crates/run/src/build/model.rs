//! Builds one model: compile, run, stage, audit, commit.

mod query;
mod table;
mod view;

use ade_lake::{SchemaChange, Write};
use ade_project::NodeId;
use ade_project::resource::{Materialization, Model};

use super::desired::Desired;
use super::hook::HookTime;
use super::{Build, Outcome, TaskError};

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
        Materialization::View => view::build(build, model, checks, desired).await?,
        Materialization::Table | Materialization::Incremental => {
            Box::pin(table::build(build, model, checks, desired)).await?
        }
        Materialization::Ephemeral => Outcome::unchanged(),
    };
    if outcome.status.is_good() {
        build.run_hooks(HookTime::Post, Some(&model.id), &model.post_hooks, &model.relation.schema).await?;
    }
    Ok(outcome)
}

/// How a first or whole build writes.
pub(crate) fn whole() -> (Write, SchemaChange) {
    (Write::Replace, SchemaChange::Evolve)
}
