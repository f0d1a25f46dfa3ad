//! Tables of one run that are read together: a database's log, or a program that sends, is read once for all tables of its
//! connection, by whichever of their tasks comes first; the others wait for it.
use std::collections::HashMap;

use ade_project::NodeId;
use ade_project::resource::Connection;
use futures::future::BoxFuture;
use tokio::sync::{Mutex, OnceCell};

use super::outcomes::Outcomes;
use crate::build::{Outcome, TaskError};
use crate::error::RunError;

/// The tables of one run that are read together, by their connections.
#[derive(Default)]
pub(crate) struct Together {
    groups: HashMap<String, Group>,
}

/// The tables of one connection.
#[derive(Default)]
pub(crate) struct Group {
    /// Those that are read, with the checks of each.
    tables: Vec<(NodeId, Vec<NodeId>)>,
    outcomes: OnceCell<Mutex<Outcomes>>,
}

impl Group {
    /// The tables that are read.
    pub(super) fn nodes(&self) -> impl Iterator<Item = &NodeId> {
        self.tables.iter().map(|(node, _)| node)
    }

    /// The checks of a table; `None`: it is not read in this run.
    pub(super) fn checks(&self, node: &NodeId) -> Option<&[NodeId]> {
        self.tables.iter().find(|(read, _)| read == node).map(|(_, checks)| checks.as_slice())
    }
}

impl Together {
    /// For a run that reads these tables: names of connections, the sources' nodes and their checks.
    pub(crate) fn new<'a>(tables: impl IntoIterator<Item = (&'a str, NodeId, Vec<NodeId>)>) -> Self {
        let mut groups: HashMap<String, Group> = HashMap::new();
        for (connection, node, checks) in tables {
            groups.entry(connection.to_owned()).or_default().tables.push((node, checks));
        }
        Self { groups }
    }

    /// Whether all tables are of one connection.
    pub(crate) fn is_of_one(&self) -> bool {
        self.groups.len() == 1
    }

    /// What a table came to. The first that asks has all tables of its connection `read`; the others wait for it. Whoever asks
    /// again is told the same: what was read together cannot be read again for one table alone.
    pub(crate) async fn outcome<'a>(
        &'a self,
        connection: &Connection,
        node: &NodeId,
        read: impl FnOnce(&'a Group) -> BoxFuture<'a, Outcomes>,
    ) -> Result<Outcome, TaskError> {
        let Some(group) = self.groups.get(&connection.name) else {
            let problem = format!("connection `{}` was not expected in this run", connection.name);
            return Err(RunError::usage(problem, None).into());
        };
        let outcomes = group.outcomes.get_or_init(|| async { Mutex::new(read(group).await) }).await;
        outcomes.lock().await.of(node)
    }
}
