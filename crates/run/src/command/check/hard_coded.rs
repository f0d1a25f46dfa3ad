//! Tables of the project that SQL names by themselves: the graph does not know that the one is made from the other.
use std::collections::BTreeSet;

use ade_diagnostic::{Diagnostic, Location, rule};
use ade_engine::TableMention;
use ade_project::resource::Materialization;
use ade_project::template::Compiled;
use ade_project::{NodeId, NodeKind, Project};

use crate::build::NamedNodes;

/// A warning for each table of the project that a node's SQL names without `ref()` or `source()`, once for each table.
/// `what` is the node in words; `schema` is what names without one mean.
pub(crate) fn hard_coded(
    project: &Project,
    named: &NamedNodes,
    node: &NodeId,
    what: &str,
    compiled: &Compiled,
    schema: &str,
) -> Vec<Diagnostic> {
    // What is no SQL is told elsewhere.
    let Ok(mentions) = TableMention::all(&compiled.text, schema) else { return Vec::new() };
    let known = reads(project, node);
    let mut told = BTreeSet::new();
    let mut problems = Vec::new();
    for mention in mentions {
        let Some(id) = named.get(&mention.name) else { continue };
        if id == node || known.contains(id) || !told.insert(id.clone()) {
            continue;
        }
        let call = match project.sources.get(id) {
            Some(table) => format!("source('{}', '{}')", table.source, table.name),
            None => format!("ref('{}')", id.name()),
        };
        let message = format!("{what} names `{}` by itself, so it is not built after it", mention.name);
        let mut problem = Diagnostic::warning(&rule::HARD_CODED_RELATION, message);
        if let Some(location) = place(&mention, compiled) {
            problem = problem.at(location);
        }
        problems.push(problem.hint(format!("write {{{{ {call} }}}}")));
    }
    problems
}

/// What a node reads as the graph knows it, through ephemeral models too: their text is part of its SQL.
fn reads(project: &Project, node: &NodeId) -> BTreeSet<NodeId> {
    let mut found = BTreeSet::new();
    let mut open = vec![node.clone()];
    while let Some(next) = open.pop() {
        for parent in project.graph.parents(next.as_str()) {
            let is_ephemeral = parent.kind == NodeKind::Model
                && project.models.get(&parent.id).is_some_and(|model| model.materialized == Materialization::Ephemeral);
            if found.insert(parent.id.clone()) && is_ephemeral {
                open.push(parent.id.clone());
            }
        }
    }
    found
}

fn place(mention: &TableMention, compiled: &Compiled) -> Option<Location> {
    let at = mention.position?;
    Some(compiled.source_map.locate(at.offset..at.offset + at.length)?.location)
}
