//! What a node is made from, now and when it was last built.
use std::collections::BTreeMap;
use std::sync::PoisonError;

use ade_lake::{At, LakeError, TableName};
use ade_meta::{NodeState, UpstreamState};
use ade_project::resource::Materialization;
use ade_project::{NodeId, NodeKind};
use serde::{Deserialize, Serialize};

use super::{Build, TaskError};
use crate::command::Reason;
use crate::workspace::Workspace;

/// Key, among the inputs, of the checks that guard a node.
const CHECKS: &str = "#checks";
/// Key, among the inputs, that says the node gives other rows each time it is made.
const VOLATILE: &str = "#volatile";

/// Key, among the inputs, that says not all of it has been made.
const UNFINISHED: &str = "#unfinished";

/// What a node is made from: its own text and settings, and the rows that it reads. Kept in the commits of its table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Desired {
    /// Fingerprint of the node itself.
    pub(crate) fingerprint: String,
    /// State of the rows of each node that it reads.
    pub(crate) inputs: BTreeMap<String, String>,
}

impl Desired {
    /// Says that the same inputs may give other rows.
    pub(crate) fn mark_volatile(&mut self) {
        self.inputs.insert(VOLATILE.to_owned(), String::new());
    }

    /// The same for a commit after which there is still something to make: nothing counts as made from it.
    pub(crate) fn unfinished(&self) -> Self {
        let mut unfinished = self.clone();
        unfinished.inputs.insert(UNFINISHED.to_owned(), String::new());
        unfinished
    }

    fn from_record(record: &NodeState) -> Self {
        let inputs = record.upstream.iter().map(|(node, state)| (node.clone(), state.fingerprint.clone()));
        Self { fingerprint: record.fingerprint.clone(), inputs: inputs.collect() }
    }

    /// As the metadata database keeps it.
    pub(crate) fn to_record(
        &self,
        node: &NodeId,
        relation: String,
        version: Option<u64>,
        state: String,
        now: chrono::DateTime<chrono::Utc>,
    ) -> NodeState {
        let upstream = self
            .inputs
            .iter()
            .map(|(node, state)| (node.clone(), UpstreamState { fingerprint: state.clone(), table_version: None }));
        NodeState {
            node: node.to_string(),
            fingerprint: self.fingerprint.clone(),
            upstream: upstream.collect(),
            relation,
            succeeded_at: now,
            table_version: version,
            data_state: state,
        }
    }
}

impl Build {
    /// What a node would be made from if it were built now, guarded by these checks.
    pub(crate) async fn desired(&self, id: &NodeId, checks: &[NodeId]) -> Result<Desired, TaskError> {
        let mut desired = Desired { fingerprint: self.own_fingerprint(id), inputs: BTreeMap::new() };
        let parents: Vec<NodeId> =
            self.workspace.project.graph.parents(id.as_str()).map(|parent| parent.id.clone()).collect();
        for parent in parents {
            let state = self.data_state(&parent).await?;
            desired.inputs.insert(parent.to_string(), state);
        }
        if !checks.is_empty() {
            let mut hasher = blake3::Hasher::new();
            let mut sorted: Vec<&NodeId> = checks.iter().collect();
            sorted.sort();
            for check in sorted {
                hasher.update(check.as_str().as_bytes());
                hasher.update(self.own_fingerprint(check).as_bytes());
            }
            desired.inputs.insert(CHECKS.to_owned(), hasher.finalize().to_hex()[..16].to_owned());
        }
        Ok(desired)
    }

    fn own_fingerprint(&self, id: &NodeId) -> String {
        let known = self.workspace.project.fingerprints.get(id);
        known.map_or_else(String::new, |known| known.own.combined().to_string())
    }

    /// Whether a node is as it should be: made from the same, and its table as this program left it.
    pub(crate) async fn is_current(&self, id: &NodeId, desired: &Desired) -> Result<bool, TaskError> {
        if self.options.force || self.options.full_refresh {
            return Ok(false);
        }
        let Some(before) = self.made_from(id).await? else { return Ok(false) };
        Ok(!before.inputs.contains_key(VOLATILE) && &before == desired)
    }

    /// What a node would be made from if it were built now, whatever was known of its inputs before.
    pub(crate) async fn desired_afresh(&self, id: &NodeId, checks: &[NodeId]) -> Result<Desired, TaskError> {
        for ancestor in self.workspace.project.graph.ancestors(id.as_str(), None) {
            self.forget_data_state(&ancestor);
        }
        self.desired(id, checks).await
    }

    /// Whether the newest commit of a node's table was made from the same.
    pub(crate) async fn is_committed(&self, id: &NodeId, desired: &Desired) -> Result<bool, TaskError> {
        let Some(relation) = self.workspace.project.relation(id) else { return Ok(false) };
        if self.options.force || self.options.full_refresh {
            return Ok(false);
        }
        let before = match self.workspace.lake.snapshot(&Workspace::table_name(relation)?, At::Latest).await {
            Ok(snapshot) => snapshot.state().position.clone(),
            Err(LakeError::NoTable { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        let before: Option<Desired> = before.and_then(|position| serde_json::from_value(position).ok());
        Ok(before.is_some_and(|before| !before.inputs.contains_key(VOLATILE) && &before == desired))
    }

    /// What a node was made from when it was last built. The table's own commit has the last word; the record in the
    /// metadata database spares reading it.
    async fn made_from(&self, id: &NodeId) -> Result<Option<Desired>, TaskError> {
        let Some(relation) = self.workspace.project.relation(id) else { return Ok(None) };
        let record = self.recorded.get(id.as_str()).filter(|record| record.relation == relation.to_string());
        let is_view =
            self.workspace.project.models.get(id).is_some_and(|model| model.materialized == Materialization::View);
        if is_view {
            let in_force = self.workspace.views.get(&super::check_spec::relation_name(relation));
            let known = record.filter(|record| in_force.is_some_and(|view| view.fingerprint == record.fingerprint));
            return Ok(known.map(Desired::from_record));
        }
        let table = Workspace::table_name(relation)?;
        let version = self.workspace.lake.version(&table).await?;
        let Some(version) = version else { return Ok(None) };
        if let Some(record) = record.filter(|record| record.table_version == Some(version)) {
            return Ok(Some(Desired::from_record(record)));
        }
        let snapshot = self.workspace.lake.snapshot(&table, At::Latest).await?;
        let position = snapshot.state().position.clone();
        Ok(position.and_then(|position| serde_json::from_value(position).ok()))
    }

    /// Names the rows that a node gives now: changes exactly when they may have changed.
    pub(crate) async fn data_state(&self, id: &NodeId) -> Result<String, TaskError> {
        if let Some(known) = self.states.lock().unwrap_or_else(PoisonError::into_inner).get(id) {
            return Ok(known.clone());
        }
        let state = self.find_data_state(id).await?;
        self.states.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), state.clone());
        Ok(state)
    }

    /// After a node was built its rows may be others.
    pub(crate) fn forget_data_state(&self, id: &NodeId) {
        self.states.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }

    async fn find_data_state(&self, id: &NodeId) -> Result<String, TaskError> {
        let project = &self.workspace.project;
        if matches!(id.kind(), NodeKind::Test | NodeKind::Exposure) {
            return Ok(String::new());
        }
        let query = project
            .models
            .get(id)
            .filter(|model| matches!(model.materialized, Materialization::View | Materialization::Ephemeral));
        if query.is_some() {
            // A query gives what its text and its inputs say.
            let desired = Box::pin(self.desired(id, &[])).await?;
            let text = serde_json::to_vec(&desired).unwrap_or_default();
            return Ok(format!("query:{}", &blake3::hash(&text).to_hex()[..16]));
        }
        let Some(relation) = project.relation(id) else { return Ok("nothing".to_owned()) };
        let table = TableName::new(&relation.schema, &relation.table)?;
        let Some(version) = self.workspace.lake.version(&table).await? else { return Ok("nothing".to_owned()) };
        let record = self.recorded.get(id.as_str());
        if let Some(record) =
            record.filter(|record| record.table_version == Some(version) && !record.data_state.is_empty())
        {
            return Ok(record.data_state.clone());
        }
        match self.workspace.lake.snapshot(&table, At::Latest).await {
            // Compaction and other upkeep make versions without touching rows; a batch changes them.
            Ok(snapshot) => Ok(match snapshot.state().batch_id {
                Some(batch) => format!("batch:{batch}"),
                None => format!("version:{version}"),
            }),
            Err(LakeError::NoTable { .. }) => Ok("nothing".to_owned()),
            Err(error) => Err(error.into()),
        }
    }
}

impl Build {
    /// Whether these checks, as they are declared now, guarded the node when it was last recorded.
    pub(crate) fn has_same_checks(&self, id: &NodeId, desired: &Desired) -> bool {
        let before = self.recorded.get(id.as_str()).and_then(|record| record.upstream.get(CHECKS));
        before.map(|state| &state.fingerprint) == desired.inputs.get(CHECKS)
    }

    /// Whether what is recorded about the node is about this version of its table.
    pub(crate) fn has_record(&self, id: &NodeId, version: Option<u64>) -> bool {
        self.recorded.get(id.as_str()).is_some_and(|record| record.table_version == version)
    }

    /// Why a node would be built, or not.
    pub(crate) async fn reason(&self, id: &NodeId, desired: &Desired) -> Result<Reason, TaskError> {
        Ok(match self.made_from(id).await? {
            None => Reason::New,
            Some(before) if before.fingerprint != desired.fingerprint => Reason::Modified,
            Some(before) if before.inputs.contains_key(VOLATILE) || before.inputs != desired.inputs => {
                Reason::InputsChanged
            }
            Some(_) => Reason::Unchanged,
        })
    }
}
