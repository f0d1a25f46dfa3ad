//! From a selection to tasks that wait for each other.
use std::collections::{BTreeSet, HashMap, HashSet};

use ade_diagnostic::Diagnostic;
use ade_project::resource::Materialization;
use ade_project::selector::{SelectRequest, Selection};
use ade_project::{NodeId, NodeKind, Project};

use super::{BuildOptions, Command};
use crate::error::RunError;

/// One node to carry out.
#[derive(Debug)]
pub(crate) struct Task {
    /// The source table, seed or model; for [`Command::Test`] the node whose checks are run, or a check that belongs to none.
    pub(crate) node: NodeId,
    /// Checks that guard it.
    pub(crate) checks: Vec<NodeId>,
    /// Places, in the plan, of the tasks that must have ended well before.
    pub(crate) after: Vec<usize>,
}

/// Tasks, each after those that it waits for.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) tasks: Vec<Task>,
}

/// The nodes that selectors name; warnings are for selectors that match nothing.
pub(crate) fn select(
    project: &Project,
    select: &[String],
    exclude: &[String],
    state: Option<&ade_project::fingerprint::PlanDiff>,
) -> Result<(BTreeSet<NodeId>, Vec<Diagnostic>), RunError> {
    let request = SelectRequest { select, exclude, project: &project.name, state, ..SelectRequest::default() };
    let Selection { nodes, warnings } =
        ade_project::selector::select(&project.graph, &request).map_err(|diagnostics| RunError::Project { diagnostics })?;
    Ok((nodes, warnings))
}

impl Plan {
    /// Plans what a command does with the selected nodes.
    pub(crate) fn new(project: &Project, selected: &BTreeSet<NodeId>, options: &BuildOptions) -> Self {
        let graph = &project.graph;
        let order: Vec<NodeId> = graph.topological_order().into_iter().map(|node| node.id.clone()).collect();
        let rank: HashMap<&NodeId, usize> = order.iter().enumerate().map(|(rank, id)| (id, rank)).collect();
        if options.command == Command::Test {
            return Self::of_checks(project, selected, &order);
        }
        let works: Vec<NodeId> =
            order.iter().filter(|id| selected.contains(*id) && has_work(project, id, options.command)).cloned().collect();
        let place: HashMap<&NodeId, usize> = works.iter().enumerate().map(|(place, id)| (id, place)).collect();

        let mut tasks: Vec<Task> =
            works.iter().map(|id| Task { node: id.clone(), checks: Vec::new(), after: Vec::new() }).collect();
        for (at, id) in works.iter().enumerate() {
            // Through views and ephemeral models that are not carried out themselves, too.
            let mut waits: Vec<usize> =
                graph.ancestors(id.as_str(), None).iter().filter_map(|parent| place.get(parent).copied()).collect();
            waits.sort_unstable();
            tasks[at].after = waits;
        }
        for id in project.checks.keys().filter(|id| selected.contains(*id)) {
            let parents: Vec<&NodeId> = graph.parents(id.as_str()).map(|parent| &parent.id).collect();
            let mut guarded: Vec<usize> = parents.iter().filter_map(|parent| place.get(parent).copied()).collect();
            guarded.sort_by_key(|at| rank.get(&works[*at]));
            // A check over several tables guards the last of them: it must see all of them as they will be.
            let Some(last) = guarded.pop() else { continue };
            tasks[last].checks.push(id.clone());
            for earlier in guarded {
                if !tasks[last].after.contains(&earlier) {
                    tasks[last].after.push(earlier);
                }
            }
        }
        Self { tasks }
    }

    /// One task for each node that has selected checks, and one for each check that belongs to none.
    fn of_checks(project: &Project, selected: &BTreeSet<NodeId>, order: &[NodeId]) -> Self {
        let rank: HashMap<&NodeId, usize> = order.iter().enumerate().map(|(rank, id)| (id, rank)).collect();
        let mut tasks: Vec<Task> = Vec::new();
        let mut place: HashMap<NodeId, usize> = HashMap::new();
        for (id, check) in project.checks.iter().filter(|(id, _)| selected.contains(*id)) {
            let last_parent = || {
                let parents = project.graph.parents(id.as_str()).map(|parent| parent.id.clone());
                parents.max_by_key(|parent| rank.get(parent).copied())
            };
            let owner = check.target.as_ref().map(|target| target.node.clone()).or_else(last_parent);
            let owner = owner.unwrap_or_else(|| id.clone());
            let at = *place.entry(owner.clone()).or_insert_with(|| {
                tasks.push(Task { node: owner, checks: Vec::new(), after: Vec::new() });
                tasks.len() - 1
            });
            tasks[at].checks.push(id.clone());
        }
        tasks.sort_by_key(|task| rank.get(&task.node).copied());
        Self { tasks }
    }

    /// The tasks that wait for the task at `place`, directly or through others.
    pub(crate) fn waiting_for(&self, place: usize) -> HashSet<usize> {
        let mut found = HashSet::from([place]);
        for (at, task) in self.tasks.iter().enumerate().skip(place + 1) {
            if task.after.iter().any(|earlier| found.contains(earlier)) {
                found.insert(at);
            }
        }
        found.remove(&place);
        found
    }
}

fn has_work(project: &Project, id: &NodeId, command: Command) -> bool {
    match id.kind() {
        NodeKind::Source => {
            matches!(command, Command::Build | Command::Ingest)
                && project.sources.get(id).is_some_and(|source| source.connection.is_some() || source.freshness.is_some())
        }
        NodeKind::Seed => matches!(command, Command::Build | Command::Seed),
        NodeKind::Model => {
            matches!(command, Command::Build | Command::Run)
                && project.models.get(id).is_some_and(|model| model.materialized != Materialization::Ephemeral)
        }
        NodeKind::Snapshot | NodeKind::Test | NodeKind::Exposure => false,
    }
}
