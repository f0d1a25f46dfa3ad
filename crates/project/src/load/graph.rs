//! All resources as nodes of the graph.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ade_diagnostic::{Diagnostic, Diagnostics, Location, rule};
use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::checks::FoundCheck;
use super::resolved_config as resolved;
use crate::graph::{Graph, Node};
use crate::resource::{Exposure, Model, Seed, SourceTable};
use crate::{NodeId, NodeKind};

/// What the graph is made of.
pub(super) struct Parts<'a> {
    pub(super) project: &'a str,
    pub(super) sources: &'a IndexMap<NodeId, SourceTable>,
    pub(super) seeds: &'a IndexMap<NodeId, Seed>,
    pub(super) models: &'a IndexMap<NodeId, Model>,
    /// What each model reads.
    pub(super) reads: &'a BTreeMap<NodeId, BTreeSet<NodeId>>,
    /// Where a model (first) refers to a node (second).
    pub(super) places: &'a HashMap<(NodeId, NodeId), Location>,
    pub(super) checks: &'a IndexMap<NodeId, FoundCheck>,
    pub(super) exposures: &'a IndexMap<NodeId, Exposure>,
}

/// Builds the graph; circles are reported.
pub(super) fn build(parts: &Parts<'_>, problems: &mut Diagnostics) -> Graph {
    let mut nodes = Vec::new();
    let base =
        |id: &NodeId, name: &str, path: &str, fqn: &[String], tags: &[String], config: Map<String, Value>| Node {
            id: id.clone(),
            kind: id.kind(),
            name: name.to_owned(),
            package: parts.project.to_owned(),
            path: path.to_owned(),
            fqn: fqn.to_vec(),
            tags: tags.iter().cloned().collect(),
            config,
            ..Node::new(NodeKind::Model, parts.project, name)
        };
    for source in parts.sources.values() {
        nodes.push(base(
            &source.id,
            &source.name,
            &source.path,
            &source.fqn,
            &source.tags,
            resolved::of_source(source),
        ));
    }
    for seed in parts.seeds.values() {
        nodes.push(base(&seed.id, &seed.name, &seed.path, &seed.fqn, &seed.tags, resolved::of_seed(seed)));
    }
    for model in parts.models.values() {
        let node = base(&model.id, &model.name, model.path(), &model.fqn, &model.tags, resolved::of_model(model));
        let depends_on = parts.reads.get(&model.id).cloned().unwrap_or_default();
        nodes.push(Node { depends_on, facets: facets(model), ..node });
    }
    for found in parts.checks.values() {
        let check = &found.check;
        let node =
            base(&check.id, &check.name, check.origin.path(), &check.fqn, &check.tags, resolved::of_check(check));
        let depends_on = found.depends_on.iter().cloned().collect();
        nodes.push(Node { depends_on, test_name: found.test_name.clone(), ..node });
    }
    for exposure in parts.exposures.values() {
        let fqn = [parts.project.to_owned(), exposure.name.clone()];
        let node = base(&exposure.id, &exposure.name, exposure.origin.path(), &fqn, &exposure.tags, Map::new());
        nodes.push(Node { depends_on: exposure.depends_on.iter().cloned().collect(), ..node });
    }
    let graph = Graph::new(nodes);
    report_cycles(&graph, parts, problems);
    graph
}

fn facets(model: &Model) -> BTreeMap<String, String> {
    let access = serde_json::to_value(model.access).ok().and_then(|access| access.as_str().map(str::to_owned));
    let maturity = serde_json::to_value(model.maturity).ok().and_then(|maturity| maturity.as_str().map(str::to_owned));
    let facets = [("group", model.group.clone()), ("access", access), ("maturity", maturity)];
    facets.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
}

fn report_cycles(graph: &Graph, parts: &Parts<'_>, problems: &mut Diagnostics) {
    for cycle in graph.cycles() {
        let names: Vec<&str> = cycle.iter().chain(cycle.first()).map(|node| node.name.as_str()).collect();
        let mut problem = if cycle.len() == 1 {
            Diagnostic::error(&rule::CYCLE, format!("`{}` refers to itself", names[0]))
                .hint("use `{{ this }}` for its own table")
        } else {
            let message = format!("these models depend on each other: {}", names.join(" → "));
            Diagnostic::error(&rule::CYCLE, message).hint("take one of the references out")
        };
        if let (Some(first), Some(last)) = (cycle.first(), cycle.last())
            && let Some(place) = parts.places.get(&(first.id.clone(), last.id.clone()))
        {
            problem = problem.at(place.clone());
        }
        problems.push(problem);
    }
}
