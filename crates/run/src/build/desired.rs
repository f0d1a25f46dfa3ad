//! What a node is made from, now and when it was last built.
use std::collections::BTreeMap;
use std::sync::PoisonError;

use ade_engine::RelationName;
use ade_lake::{TableName, TableState};
use ade_meta::{NodeState, UpstreamState};
use ade_project::fingerprint::NodeFingerprint;
use ade_project::resource::{Incremental, IncrementalStrategy, Materialization};
use ade_project::{NodeId, NodeKind, Project, Relation};
use serde::{Deserialize, Serialize};

use super::check_spec::relation_name;
use super::guard::is_check;
use super::{Build, TaskError};
use crate::command::Reason;
use crate::workspace::Workspace;

/// Key, among the inputs, that says the node gives other rows each time it is made.
const VOLATILE: &str = "#volatile";
/// What the keys of tables begin with, among the inputs, that the SQL names without `ref` or `source`.
const TABLE: &str = "#table ";
/// What the state of a table begins with, before the batch that it has last got.
pub(super) const BATCH: &str = "batch:";
/// Key, among the inputs, that says not all of it has been made.
const UNFINISHED: &str = "#unfinished";
/// Key, among the recorded inputs, of what the node's fingerprint consists of.
const PARTS: &str = "#parts";

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
        let inputs = record
            .upstream
            .iter()
            .filter(|(key, _)| !is_check(key) && *key != PARTS)
            .map(|(node, state)| (node.clone(), state.fingerprint.clone()));
        Self { fingerprint: record.fingerprint.clone(), inputs: inputs.collect() }
    }

    /// Says that a table is read that the graph knows nothing of.
    pub(crate) fn add_table(&mut self, name: &RelationName, state: String) {
        self.inputs.insert(format!("{TABLE}{}/{}", name.schema, name.name), state);
    }

    /// As the metadata database keeps it, with the checks that were met and what else there is to record.
    pub(crate) fn to_record(
        &self,
        node: &NodeId,
        more: impl Iterator<Item = (String, UpstreamState)>,
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
            upstream: upstream.chain(more).collect(),
            relation,
            succeeded_at: now,
            table_version: version,
            data_state: state,
        }
    }
}

impl Build {
    /// What a node would be made from if it were built now.
    pub(crate) async fn desired(&self, id: &NodeId) -> Result<Desired, TaskError> {
        let mut desired = Desired { fingerprint: self.own_fingerprint(id), inputs: BTreeMap::new() };
        let parents: Vec<NodeId> =
            self.workspace.project.graph.parents(id.as_str()).map(|parent| parent.id.clone()).collect();
        for parent in parents {
            let state = self.data_state(&parent).await?;
            desired.inputs.insert(parent.to_string(), state);
        }
        Ok(desired)
    }

    /// Whether rows that were made from `before` are those that `desired` asks for.
    async fn gives_the_same(&self, before: &Desired, desired: &Desired) -> Result<bool, TaskError> {
        if before.inputs.contains_key(VOLATILE) || before.fingerprint != desired.fingerprint {
            return Ok(false);
        }
        // Which tables a query names besides is known once it has been planned: last time, when the text is the same.
        let mut desired = desired.clone();
        for key in before.inputs.keys() {
            if let Some((schema, name)) = key.strip_prefix(TABLE).and_then(|name| name.split_once('/')) {
                let state = self.relation_state(&RelationName::new(schema, name)).await?;
                desired.inputs.insert(key.clone(), state.unwrap_or_else(|| "nothing".to_owned()));
            }
        }
        Ok(before == &desired)
    }

    /// Names the rows of whatever has this name; `None` when nothing has.
    pub(crate) async fn relation_state(&self, name: &RelationName) -> Result<Option<String>, TaskError> {
        let state = match self.named.get(name) {
            Some(id) => Box::pin(self.data_state(id)).await?,
            None => match TableName::new(&name.schema, &name.name) {
                // Nobody tells when such a table changes.
                Ok(table) => state_of(self.workspace.lake.newest(&table).await?.as_ref()),
                Err(_) => return Ok(None),
            },
        };
        Ok(Some(state).filter(|state| state != "nothing"))
    }

    /// The newest version of a table and what its commits say of it, looked up once as long as nothing in this run says that
    /// it may have changed.
    pub(super) async fn newest(&self, table: &TableName) -> Result<Option<(u64, TableState)>, TaskError> {
        if let Some(known) = self.tables.lock().unwrap_or_else(PoisonError::into_inner).get(table) {
            return Ok(known.clone());
        }
        let newest = self.workspace.lake.newest(table).await?;
        self.tables.lock().unwrap_or_else(PoisonError::into_inner).insert(table.clone(), newest.clone());
        Ok(newest)
    }

    pub(crate) fn own_fingerprint(&self, id: &NodeId) -> String {
        let known = self.workspace.project.fingerprints.get(id);
        known.map_or_else(String::new, |known| known.own.combined().to_string())
    }

    /// Whether a node is as it should be: made from the same, and its table as this program left it.
    pub(crate) async fn is_current(&self, id: &NodeId, desired: &Desired) -> Result<bool, TaskError> {
        if self.options.force || self.options.full_refresh || self.asks_for_time(id) {
            return Ok(false);
        }
        let Some(before) = self.made_from(id).await? else { return Ok(false) };
        self.gives_the_same(&before, desired).await
    }

    /// What a node would be made from if it were built now, whatever was known of its inputs before.
    pub(crate) async fn desired_afresh(&self, id: &NodeId) -> Result<Desired, TaskError> {
        for ancestor in self.workspace.project.graph.ancestors(id.as_str(), None) {
            self.forget_data_state(&ancestor);
        }
        self.forget_data_state(id);
        self.desired(id).await
    }

    /// Whether the newest commit of a node's table was made from the same.
    pub(crate) async fn is_committed(&self, id: &NodeId, desired: &Desired) -> Result<bool, TaskError> {
        if self.options.force || self.options.full_refresh || self.asks_for_time(id) {
            return Ok(false);
        }
        self.is_made_from(id, desired).await
    }

    /// Whether it was asked for a range of time, and the node is a model that is made by intervals.
    pub(crate) fn asks_for_time(&self, id: &NodeId) -> bool {
        self.options.event_time.is_some() && is_made_by_intervals(&self.workspace.project, id)
    }

    /// The same as [`Self::is_committed`], whatever was asked for.
    pub(crate) async fn is_made_from(&self, id: &NodeId, desired: &Desired) -> Result<bool, TaskError> {
        let Some(relation) = self.workspace.project.relation(id) else { return Ok(false) };
        let before = self.committed(relation).await?;
        match before {
            Some(before) => self.gives_the_same(&before, desired).await,
            None => Ok(false),
        }
    }

    /// What a node was made from when it was last built: its table's own commits have the last word, of views the record in
    /// the metadata database.
    async fn made_from(&self, id: &NodeId) -> Result<Option<Desired>, TaskError> {
        let project = &self.workspace.project;
        let Some(relation) = project.relation(id) else { return Ok(None) };
        if !project.models.get(id).is_some_and(|model| model.materialized == Materialization::View) {
            return self.committed(relation).await;
        }
        // A table of that name is what other programs go on reading.
        if self.has_table(relation).await? {
            return Ok(None);
        }
        let record = self.recorded.get(id.as_str()).filter(|record| record.relation == relation.to_string());
        let in_force = self.workspace.views.get(&relation_name(relation));
        let known = record.filter(|record| in_force.is_some_and(|view| view.fingerprint == record.fingerprint));
        Ok(known.map(Desired::from_record))
    }

    /// What the newest commit of a table says that it was made from. A view in front of it hides the table: then it is not
    /// there for anybody.
    pub(super) async fn committed(&self, relation: &Relation) -> Result<Option<Desired>, TaskError> {
        if self.workspace.views.get(&relation_name(relation)).is_some() {
            return Ok(None);
        }
        let newest = self.newest(&Workspace::table_name(relation)?).await?;
        let position = newest.and_then(|(_, state)| state.position);
        Ok(position.and_then(|position| serde_json::from_value(position).ok()))
    }

    /// Whether the lake has a table of this name that a model or seed was made into.
    pub(crate) async fn has_table(&self, relation: &Relation) -> Result<bool, TaskError> {
        Ok(self.table_versions(relation).await?.is_some())
    }

    /// How many versions the table of this name has that a model or seed was made into.
    async fn table_versions(&self, relation: &Relation) -> Result<Option<u64>, TaskError> {
        let Some((version, state)) = self.newest(&Workspace::table_name(relation)?).await? else { return Ok(None) };
        let is_made = state.position.is_some_and(|position| serde_json::from_value::<Desired>(position).is_ok());
        Ok(is_made.then_some(version + 1))
    }

    /// The table, in words, that goes when a node becomes the view that it is declared to be.
    pub(crate) async fn table_to_go(&self, id: &NodeId) -> Result<Option<String>, TaskError> {
        let Some(relation) = self.workspace.project.relation(id) else { return Ok(None) };
        let versions = self.table_versions(relation).await?;
        Ok(versions
            .map(|versions| if versions == 1 { "its version".to_owned() } else { format!("its {versions} versions") }))
    }

    /// Why a node is made that there is nothing of, as what it is declared to be.
    async fn new_or_other(&self, id: &NodeId) -> Result<Reason, TaskError> {
        let project = &self.workspace.project;
        let Some(relation) = project.relation(id) else { return Ok(Reason::New) };
        let is_view = project.models.get(id).is_some_and(|model| model.materialized == Materialization::View);
        if is_view {
            return Ok(if self.has_table(relation).await? { Reason::BecomesView } else { Reason::New });
        }
        let was_view = self.workspace.views.get(&relation_name(relation)).is_some();
        Ok(if was_view { Reason::BecomesTable } else { Reason::New })
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
        if let Some(table) = self.workspace.project.relation(id).and_then(|is| Workspace::table_name(is).ok()) {
            self.tables.lock().unwrap_or_else(PoisonError::into_inner).remove(&table);
        }
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
            let desired = Box::pin(self.desired(id)).await?;
            let text = serde_json::to_vec(&desired).unwrap_or_default();
            return Ok(format!("query:{}", &blake3::hash(&text).to_hex()[..16]));
        }
        let Some(relation) = project.relation(id) else { return Ok("nothing".to_owned()) };
        let table = TableName::new(&relation.schema, &relation.table)?;
        Ok(state_of(self.newest(&table).await?.as_ref()))
    }
}

/// What the fingerprint of a node consists of, to be recorded.
pub(super) fn parts_to_record(parts: Option<&NodeFingerprint>) -> Option<(String, UpstreamState)> {
    let parts = serde_json::to_string(parts?).ok()?;
    Some((PARTS.to_owned(), UpstreamState { fingerprint: parts, table_version: None }))
}

/// What the fingerprint of a node consisted of when it was recorded; earlier versions did not record it.
pub(crate) fn recorded_parts(record: &NodeState) -> Option<NodeFingerprint> {
    serde_json::from_str(&record.upstream.get(PARTS)?.fingerprint).ok()
}

/// Whether a node is a model with `incremental_strategy='microbatch'`.
pub(crate) fn is_made_by_intervals(project: &Project, id: &NodeId) -> bool {
    let is_microbatch = |settings: &Incremental| settings.strategy == IncrementalStrategy::Microbatch;
    project.models.get(id).is_some_and(|model| {
        model.materialized == Materialization::Incremental && model.incremental.as_ref().is_some_and(is_microbatch)
    })
}

/// Names the rows of a table by its newest version.
fn state_of(newest: Option<&(u64, TableState)>) -> String {
    // Compaction and other upkeep make versions without touching rows; a batch changes them.
    match newest {
        Some((_, TableState { batch_id: Some(batch), .. })) => format!("{BATCH}{batch}"),
        Some((version, _)) => format!("version:{version}"),
        None => "nothing".to_owned(),
    }
}

impl Build {
    /// Why a node would be built, or not.
    pub(crate) async fn reason(&self, id: &NodeId, checks: &[NodeId]) -> Result<Reason, TaskError> {
        let desired = self.desired(id).await?;
        Ok(match self.made_from(id).await? {
            None => self.new_or_other(id).await?,
            Some(before) if before.fingerprint != desired.fingerprint => Reason::Modified,
            Some(before) if !self.gives_the_same(&before, &desired).await? => Reason::InputsChanged,
            Some(_) if !self.has_met(id, &self.guard(id, checks).await?).await? => Reason::Checks,
            Some(_) => Reason::Unchanged,
        })
    }
}
