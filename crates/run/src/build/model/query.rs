//! What is said and noted of a model's query.

use std::collections::HashSet;
use std::sync::PoisonError;

use ade_engine::{RelationName, Session};
use ade_project::resource::Model;
use ade_project::template::Compiled;

use super::super::check_spec::relation_name;
use super::super::desired::Desired;
use super::super::reads::Reads;
use super::super::{Build, Outcome, TaskError};
use crate::command::hard_coded;

/// What the template's author wanted to say.
pub(super) fn messages(mut outcome: Outcome, compiled: &Compiled) -> Outcome {
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
pub(super) async fn note_reads(
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
