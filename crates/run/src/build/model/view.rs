//! A model that is a view: its text, put into force at once after its audit.

use ade_engine::{MemoryCatalog, RelationName, type_name};
use ade_meta::{ViewChange, ViewColumn, ViewDefinition};
use ade_project::NodeId;
use ade_project::resource::Model;
use futures::TryStreamExt;

use super::super::check_spec::relation_name;
use super::super::compile::sql_problem;
use super::super::desired::Desired;
use super::super::{Build, Outcome, TaskError};
use super::query::{messages, note_reads};
use crate::event::{CheckReport, Status};
use crate::failpoint::{self, hit};
use crate::workspace::Workspace;

/// Builds it.
pub(super) async fn build(
    build: &Build,
    model: &Model,
    checks: &[NodeId],
    desired: &mut Desired,
) -> Result<Outcome, TaskError> {
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
    workspace.release(&table, &lease).await;
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
