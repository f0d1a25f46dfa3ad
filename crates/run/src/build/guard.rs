//! Which checks a node's rows have met, and whether they must meet them again.
//!
//! What a check says depends on the check itself, on the rows of its node, on those of the other tables that it reads, and
//! for some on the time. Of each node it is recorded what its checks had seen of all that. A node whose own rows are as they
//! should be is only audited when that is no longer so: a check never makes a model run.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::PoisonError;

use ade_meta::{NodeState, UpstreamState};
use ade_project::NodeId;

use super::{Build, TaskError};

/// What the keys of checks begin with, among the inputs that are recorded.
const CHECK: &str = "#check ";
/// What the recorded state of a check ends with that may come to another end at another time.
const TIMELY: &str = "@time";
/// What the recorded state of a check ends with that warned.
const WARNED: &str = "!";

/// The checks of a node, each with the state of all that it depends on but the node's own rows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Guard {
    states: BTreeMap<String, String>,
}

impl Guard {
    /// Whether the recorded checks hold these, as they are now.
    fn is_met(&self, record: Option<&NodeState>) -> bool {
        let recorded = |check: &String| Some(record?.upstream.get(&format!("{CHECK}{check}"))?.fingerprint.as_str());
        let plain = |state: &'_ str| state.strip_suffix(WARNED).unwrap_or(state).to_owned();
        self.states.iter().all(|(check, state)| recorded(check).map(plain).as_ref() == Some(state))
    }

    /// Those of these checks that warned when they were met.
    pub(crate) fn warned<'a>(&'a self, record: Option<&'a NodeState>) -> impl Iterator<Item = &'a str> {
        let has_warned = move |check: &&String| {
            let state = record.and_then(|record| record.upstream.get(&format!("{CHECK}{check}")));
            state.is_some_and(|state| state.fingerprint.ends_with(WARNED))
        };
        self.states.keys().filter(has_warned).map(String::as_str)
    }

    /// As the metadata database keeps it. What was recorded of checks that were not selected this time stays, for rows that
    /// are the same as then.
    pub(crate) fn to_record(
        &self,
        timely: &BTreeSet<String>,
        warned: &BTreeSet<&str>,
        before: Option<&NodeState>,
    ) -> impl Iterator<Item = (String, UpstreamState)> {
        let mut upstream: BTreeMap<String, UpstreamState> = before
            .iter()
            .flat_map(|record| &record.upstream)
            .filter(|(key, _)| is_check(key))
            .map(|(key, state)| (key.clone(), state.clone()))
            .collect();
        for (check, state) in &self.states {
            let end = if timely.contains(check) { TIMELY } else { "" };
            let mark = if warned.contains(check.as_str()) { WARNED } else { "" };
            let state = UpstreamState { fingerprint: format!("{state}{end}{mark}"), table_version: None };
            upstream.insert(format!("{CHECK}{check}"), state);
        }
        upstream.into_iter()
    }
}

/// Whether a key among the recorded inputs is that of a check.
pub(super) fn is_check(key: &str) -> bool {
    key.starts_with(CHECK)
}

impl Build {
    /// The checks of a node as they are now.
    pub(crate) async fn guard(&self, node: &NodeId, checks: &[NodeId]) -> Result<Guard, TaskError> {
        let mut states = BTreeMap::new();
        for promise in self.promises(node) {
            states.insert(promise, self.own_fingerprint(node));
        }
        for check in checks {
            let mut hasher = blake3::Hasher::new();
            hasher.update(self.own_fingerprint(check).as_bytes());
            let parents: Vec<NodeId> =
                self.workspace.project.graph.parents(check.as_str()).map(|parent| parent.id.clone()).collect();
            for parent in parents.iter().filter(|parent| *parent != node) {
                hasher.update(parent.as_str().as_bytes());
                hasher.update(self.data_state(parent).await?.as_bytes());
            }
            states.insert(check.to_string(), hasher.finalize().to_hex()[..16].to_owned());
        }
        Ok(Guard { states })
    }

    /// What is recorded of a node, when it is about the rows that it has now.
    pub(crate) async fn record_of_now(&self, node: &NodeId) -> Result<Option<&NodeState>, TaskError> {
        let state = self.data_state(node).await?;
        Ok(self.recorded.get(node.as_str()).filter(|record| record.data_state == state))
    }

    /// Whether the rows that a node has now have met these checks.
    pub(crate) async fn has_met(&self, node: &NodeId, guard: &Guard) -> Result<bool, TaskError> {
        Ok(guard.is_met(self.record_of_now(node).await?))
    }

    /// Remembers that a check may come to another end at another time, whatever the rows.
    pub(crate) fn note_timely(&self, check: &str) {
        self.timely.lock().unwrap_or_else(PoisonError::into_inner).insert(check.to_owned());
    }

    pub(crate) fn timely(&self) -> BTreeSet<String> {
        self.timely.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
