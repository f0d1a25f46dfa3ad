//! Carrying out a selection of the graph: ingest, seed, model and check, in order and side by side.
//!
//! A run is planned ([`plan`]) into tasks that wait for each other, carried out by the [`scheduler`], and told to an
//! observer as it goes. Each task decides by itself whether there is anything to do ([`desired`]): what it is made from is
//! compared with what its table was made from, as recorded in the table's own commits.
mod audit;
mod check_spec;
mod compile;
mod desired;
mod event_time;
mod gone_back;
mod groups;
mod guard;
mod hook;
mod incremental;
mod interval;
mod model;
mod named_nodes;
mod options;
mod outcome;
mod plan;
mod promise;
mod reads;
mod reject_filter;
mod results;
mod scheduler;
mod seed;
mod summary;
mod task;
mod task_error;
mod text_change;

pub use event_time::EventTimeRange;
pub use options::{BuildOptions, Command};
pub use reject_filter::RejectFilter;

pub(crate) use check_spec::{check_spec, relation_name};
pub(crate) use compile::sql_diagnostic;
pub(crate) use desired::{is_made_by_intervals, recorded_parts};
pub(crate) use groups::Groups;
pub(crate) use named_nodes::NamedNodes;
pub(crate) use outcome::Outcome;
pub(crate) use plan::{Plan, select};
pub(crate) use scheduler::carry_out_plan;
pub(crate) use task_error::TaskError;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, OnceLock};

use ade_lake::{Lease, MaintainOptions, StageWriter, TableName, TableState};
use ade_meta::NodeState;
use ade_privacy::Keys;
use ade_project::NodeId;
use tokio::sync::watch;
use uuid::Uuid;

use crate::error::RunError;
use crate::source::{Collected, Connections, Obfuscation, Together};
use crate::workspace::{Workspace, keys};

/// What all tasks of one run share.
pub(crate) struct Build {
    pub(crate) workspace: Arc<Workspace>,
    pub(crate) run_id: Uuid,
    pub(crate) options: BuildOptions,
    pub(crate) obfuscation: Obfuscation,
    pub(crate) connections: Connections,
    /// The tables that are captured from the logs of their databases.
    pub(crate) captures: Together,
    /// The tables that collected events land in.
    pub(crate) collected: Collected,
    /// The tables that programs send.
    pub(crate) feeds: Together,
    /// What was recorded about each node when it was last built.
    pub(crate) recorded: BTreeMap<String, NodeState>,
    /// The nodes by what SQL calls them.
    pub(crate) named: NamedNodes,
    /// The newest version of each table that was looked at, and what its commits say; as long as its state holds.
    pub(crate) tables: Mutex<HashMap<TableName, Option<(u64, TableState)>>>,
    /// What each node's rows are now; filled as tasks end and as others ask.
    pub(crate) states: Mutex<HashMap<NodeId, String>>,
    /// Checks that may come to another end at another time, as audits of this run found.
    pub(crate) timely: Mutex<BTreeSet<String>>,
    /// Models whose text this run has warned of.
    pub(crate) warned: Mutex<BTreeSet<NodeId>>,
    /// Becomes true when somebody asks the run to stop.
    pub(crate) stop: watch::Receiver<bool>,
    pub(crate) keys: OnceLock<Keys>,
}

impl Build {
    /// The environment's keys, read when the first sensitive column needs one.
    pub(crate) fn keys(&self) -> Result<&Keys, RunError> {
        if let Some(known) = self.keys.get() {
            return Ok(known);
        }
        let read = keys(&self.workspace.root, &self.workspace.project, &self.workspace.world)?;
        Ok(self.keys.get_or_init(|| read))
    }

    /// Writes a checkpoint every so many versions, under the lease that the writer still holds: reading a table replays its
    /// log from the last one. That it fails is no failure of the write.
    pub(crate) async fn checkpoint(&self, table: &TableName, version: u64, lease: &Lease) {
        const EVERY: u64 = 10;
        if !(version + 1).is_multiple_of(EVERY) {
            return;
        }
        let options = MaintainOptions {
            compact_to_bytes: None,
            checkpoint_every: Some(EVERY),
            log_retention: None,
            vacuum_older_than: None,
        };
        if let Err(error) = self.workspace.lake.maintain(table, &options, lease).await {
            tracing::warn!(%table, %error, "the checkpoint was not written; the next one will be");
        }
    }

    /// Whether somebody asked the run to stop.
    pub(crate) fn is_stopped(&self) -> bool {
        *self.stop.borrow()
    }
}

/// Removes what was staged of rows that are not committed. What cannot be removed now is removed by upkeep.
pub(crate) async fn discard_stage(writer: StageWriter) {
    if let Err(error) = writer.discard().await {
        tracing::warn!(%error, "staged files are left to `ade maintain`");
    }
}
