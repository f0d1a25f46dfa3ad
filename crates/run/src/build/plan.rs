//! From a selection to tasks that wait for each other.
use std::collections::{BTreeSet, HashMap, HashSet};

use ade_diagnostic::{Diagnostic, Location, Severity};
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

/// The nodes that selectors name; warnings are for selectors that match nothing and need not: a state, a tag, a setting.
///
/// # Errors
/// Mistakes in selectors; a name, path or source that nothing has is one: a typo must not look like work well done.
pub(crate) fn select(
    project: &Project,
    select: &[String],
    exclude: &[String],
    state: Option<&ade_project::fingerprint::PlanDiff>,
) -> Result<(BTreeSet<NodeId>, Vec<Diagnostic>), RunError> {
    let request = SelectRequest { select, exclude, project: &project.name, state, ..SelectRequest::default() };
    let Selection { nodes, warnings } = ade_project::selector::select(&project.graph, &request)
        .map_err(|diagnostics| RunError::Project { diagnostics })?;
    let (warnings, unknown): (Vec<_>, Vec<_>) = warnings.into_iter().partition(may_be_nothing);
    if unknown.is_empty() {
        return Ok((nodes, warnings));
    }
    let diagnostics = unknown.into_iter().map(|problem| Diagnostic { severity: Severity::Error, ..problem }).collect();
    Err(RunError::Project { diagnostics })
}

/// Whether the selector that a warning is about may well select nothing.
fn may_be_nothing(warning: &Diagnostic) -> bool {
    let selector = warning.location.as_ref().map(Location::text).unwrap_or_default();
    if selector.contains(',') {
        // Each part of an intersection is there; that they have nothing in common is no slip of a name.
        return true;
    }
    let plain = selector.trim_start_matches(|letter: char| letter == '@' || letter == '+' || letter.is_ascii_digit());
    let method = plain.split_once(':').map(|(method, _)| method.split('.').next().unwrap_or_default());
    matches!(method, Some("state" | "tag" | "config" | "group" | "access" | "owner"))
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
        let works: Vec<NodeId> = order
            .iter()
            .filter(|id| selected.contains(*id) && has_work(project, id, options.command))
            .cloned()
            .collect();
        let place: HashMap<&NodeId, usize> = works.iter().enumerate().map(|(place, id)| (id, place)).collect();

        let mut tasks: Vec<Task> =
            works.iter().map(|id| Task { node: id.clone(), checks: Vec::new(), after: Vec::new() }).collect();
        for (at, id) in works.iter().enumerate() {
            tasks[at].after = nearest(project, id, &place);
        }
        for (id, check) in project.checks.iter().filter(|(id, _)| selected.contains(*id)) {
            let parents = graph.parents(id.as_str()).map(|parent| &parent.id);
            let mut guarded: Vec<usize> = parents.filter_map(|parent| place.get(parent).copied()).collect();
            // The table that the check stands at is the one to stop; else the last of those that it reads.
            let target = check.target.as_ref().and_then(|target| place.get(&target.node).copied());
            guarded.sort_by_key(|at| (Some(*at) == target, rank.get(&works[*at])));
            guarded.reverse();
            // It must see the others as they will be. A table that one of them waits for cannot wait for it.
            let free = |owner: &usize| guarded.iter().all(|other| other == owner || !waits_for(&tasks, *other, *owner));
            let Some(owner) = guarded.iter().copied().find(free) else { continue };
            tasks[owner].checks.push(id.clone());
            for other in guarded.into_iter().filter(|other| *other != owner) {
                if !tasks[owner].after.contains(&other) {
                    tasks[owner].after.push(other);
                }
            }
        }
        Self { tasks: in_order(tasks) }
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
}

/// The nearest nodes before one that are carried out: through those that are not, such as ephemeral models, and no further.
fn nearest(project: &Project, id: &NodeId, place: &HashMap<&NodeId, usize>) -> Vec<usize> {
    let (mut found, mut seen, mut open) = (Vec::new(), HashSet::new(), vec![id.clone()]);
    while let Some(at) = open.pop() {
        for parent in project.graph.parents(at.as_str()).map(|parent| &parent.id) {
            if !seen.insert(parent.clone()) {
                continue;
            }
            match place.get(parent) {
                Some(place) => found.push(*place),
                None => open.push(parent.clone()),
            }
        }
    }
    found.sort_unstable();
    found
}

/// Whether the task at `place` waits for the one at `earlier`, directly or through others.
fn waits_for(tasks: &[Task], place: usize, earlier: usize) -> bool {
    let mut seen = HashSet::new();
    let mut open = vec![place];
    while let Some(at) = open.pop() {
        if at == earlier {
            return true;
        }
        if seen.insert(at) {
            open.extend(&tasks[at].after);
        }
    }
    false
}

/// The same tasks, each behind those that it waits for; otherwise in the order that they had.
fn in_order(tasks: Vec<Task>) -> Vec<Task> {
    let mut order: Vec<usize> = Vec::with_capacity(tasks.len());
    let mut placed = vec![false; tasks.len()];
    // Depth first, without recursion: a chain of models can be long.
    for start in 0..tasks.len() {
        let mut open = vec![(start, false)];
        while let Some((at, ready)) = open.pop() {
            if placed[at] {
                continue;
            }
            if ready {
                placed[at] = true;
                order.push(at);
                continue;
            }
            open.push((at, true));
            open.extend(
                tasks[at].after.iter().rev().filter(|earlier| !placed[**earlier]).map(|earlier| (*earlier, false)),
            );
        }
    }
    let mut new_place = vec![0; tasks.len()];
    for (new, old) in order.iter().enumerate() {
        new_place[*old] = new;
    }
    let mut slots: Vec<Option<Task>> = tasks.into_iter().map(Some).collect();
    let sorted = order.into_iter().filter_map(|old| slots[old].take());
    sorted
        .map(|mut task| {
            for place in &mut task.after {
                *place = new_place[*place];
            }
            task.after.sort_unstable();
            task
        })
        .collect()
}

fn has_work(project: &Project, id: &NodeId, command: Command) -> bool {
    match id.kind() {
        NodeKind::Source => {
            matches!(command, Command::Build | Command::Ingest | Command::Replay)
                && project
                    .sources
                    .get(id)
                    .is_some_and(|source| source.connection.is_some() || source.freshness.is_some())
        }
        NodeKind::Seed => matches!(command, Command::Build | Command::Seed),
        NodeKind::Model => {
            matches!(command, Command::Build | Command::Run)
                && project.models.get(id).is_some_and(|model| model.materialized != Materialization::Ephemeral)
        }
        NodeKind::Snapshot | NodeKind::Test | NodeKind::Exposure => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(after: &[usize]) -> Task {
        Task { node: NodeId::new(NodeKind::Model, &["shop", "m"]), checks: Vec::new(), after: after.to_vec() }
    }

    #[test]
    fn tasks_stand_behind_those_that_they_wait_for() {
        let sorted = in_order(vec![task(&[2]), task(&[]), task(&[1]), task(&[0, 2])]);
        for (place, task) in sorted.iter().enumerate() {
            assert!(task.after.iter().all(|earlier| *earlier < place), "{sorted:?}");
        }
        assert_eq!(sorted.len(), 4);
    }

    #[test]
    fn waiting_is_seen_through_others() {
        let tasks = [task(&[]), task(&[0]), task(&[1])];
        assert!(waits_for(&tasks, 2, 0));
        assert!(!waits_for(&tasks, 0, 2));
    }
}
