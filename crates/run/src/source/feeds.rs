//! Fed tables of one run: what a program sends is landed table by table while it is sent.
mod feeding;

use std::collections::HashMap;

use ade_project::NodeId;
use ade_project::resource::Connection;
use futures::future::BoxFuture;
use tokio::sync::{Mutex, OnceCell};

use self::feeding::Feeding;
use crate::build::{Build, Outcome, TaskError};
use crate::error::RunError;

/// The fed tables of one run, by their connections.
#[derive(Default)]
pub(crate) struct Feeds {
    groups: HashMap<String, Group>,
}

#[derive(Default)]
struct Group {
    /// The tables that are read, with the checks of each.
    tables: Vec<(NodeId, Vec<NodeId>)>,
    /// What each of them came to; taken by its task.
    outcomes: OnceCell<Mutex<HashMap<NodeId, Result<Outcome, TaskError>>>>,
}

impl Feeds {
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

    /// What a table came to. The first that asks has all tables of its connection fed; the others wait for it.
    pub(crate) async fn outcome(
        &self,
        build: &Build,
        connection: &Connection,
        node: &NodeId,
    ) -> Result<Outcome, TaskError> {
        let Some(group) = self.groups.get(&connection.name) else {
            let problem = format!("connection `{}` was not expected in this run", connection.name);
            return Err(RunError::usage(problem, None).into());
        };
        let feeding: BoxFuture<'_, _> = Box::pin(Feeding::new(build, connection, group).all());
        let outcomes = group.outcomes.get_or_init(|| async { Mutex::new(feeding.await) }).await;
        outcomes.lock().await.remove(node).unwrap_or_else(|| Ok(Outcome::unchanged()))
    }
}
