//! What a run came to, and who now waits.
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ade_project::{NodeId, NodeKind, Project};

use super::Build;
use crate::command::Visible;
use crate::error::RunError;
use crate::event::{CheckReport, Status, Summary, TaskReport, Waiting};
use crate::workspace::Workspace;

pub(crate) fn summarize(build: &Build, reports: &[TaskReport], took: Duration, cancelled: bool) -> Summary {
    let mut counts = BTreeMap::new();
    for report in reports {
        *counts.entry(report.status).or_default() += 1;
    }
    let checks = || reports.iter().flat_map(|report| &report.checks);
    Summary {
        run_id: build.run_id.to_string(),
        counts,
        rows: reports.iter().filter(|report| report.version.is_some()).filter_map(|report| report.rows).sum(),
        checks_passed: checks().filter(|check| check.passed()).count(),
        checks_warned: checks().filter(|check| !check.passed() && !check.stops()).count(),
        checks_failed: checks().filter(|check| CheckReport::stops(check)).count(),
        waiting: Vec::new(),
        duration_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        cancelled,
    }
}

/// Every model and exposure behind a node that failed. Which of them are there already is not known here.
fn behind(project: &Project, reports: &[TaskReport]) -> Vec<Waiting> {
    let graph = &project.graph;
    let failed: Vec<NodeId> = reports
        .iter()
        .filter(|report| report.status == Status::Failed)
        .filter_map(|report| NodeId::parse(&report.node))
        .collect();
    let mut found = Vec::new();
    let mut seen: BTreeSet<NodeId> = failed.iter().cloned().collect();
    for cause in &failed {
        for id in graph.descendants(cause.as_str(), None) {
            if !seen.insert(id.clone()) {
                continue;
            }
            if let Some(waiting) = waiter(project, &id, cause) {
                found.push(waiting);
            }
        }
    }
    // Models first, then those who look at them.
    found.sort_by_key(|waiting| (waiting.kind != "model", waiting.kind.clone(), waiting.name.clone()));
    found
}

/// Every model and exposure behind a node that failed: they stay as they are, or wait for their first version.
pub(crate) async fn waiting(workspace: &Workspace, reports: &[TaskReport]) -> Result<Vec<Waiting>, RunError> {
    let project = &workspace.project;
    let mut found = behind(project, reports);
    for waiting in &mut found {
        let Some(id) = NodeId::parse(&waiting.node) else { continue };
        // Of what shows others there is something as soon as one of these is there.
        let parents = project.graph.parents(id.as_str()).map(|parent| parent.id.clone());
        let shown: Vec<NodeId> = if id.kind() == NodeKind::Exposure { parents.collect() } else { vec![id.clone()] };
        let mut is_there = false;
        for relation in shown.iter().filter_map(|id| project.relation(id)) {
            is_there |= workspace.visible(&relation.to_string()).await? != Visible::Nothing;
        }
        waiting.is_there = is_there;
    }
    Ok(found)
}

fn waiter(project: &Project, id: &NodeId, cause: &NodeId) -> Option<Waiting> {
    let (name, kind, owner) = match id.kind() {
        NodeKind::Model => {
            let model = project.models.get(id)?;
            (model.relation.to_string(), "model".to_owned(), model.owner.as_ref())
        }
        NodeKind::Exposure => {
            let exposure = project.exposures.get(id)?;
            (exposure.title().to_owned(), exposure.kind.clone(), Some(&exposure.owner))
        }
        NodeKind::Source | NodeKind::Seed | NodeKind::Snapshot | NodeKind::Test => return None,
    };
    let owner = owner.and_then(|owner| owner.name.clone().or_else(|| owner.email.first().cloned()));
    Some(Waiting { node: id.to_string(), name, kind, owner, because_of: cause.name().to_owned(), is_there: true })
}
