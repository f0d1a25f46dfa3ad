//! Collected events: from the log of a connection to the tables of its sources.
//!
//! The log is read once for all tables of a connection, round by round ([`Collecting`]). A round is told apart, and each table
//! lands what is its own like the rows of any other source, with the place where the round ends as its position. When all have,
//! what became of the round's messages is committed to a table of its own ([`counts`]), whose position says how far
//! everything has landed; what lies before it is forgotten. Whoever dies in between finds the same round again, as long as
//! the tables that were faster: these have landed it.
//! A table that cannot land what a round has of it, since a check fails or a contract says stop, holds nobody up: its events of that
//! round are set aside beside it, sealed, as the rejects that they are, and wait there for `ade rejects replay`. What fails for
//! a reason of this machine (the lake cannot be written to) is tried again, and the round waits in the log.
mod account;
mod came;
mod collecting;
mod collection;
mod counts;
mod growth;
mod held;
mod resending;

use std::collections::HashMap;

use ade_project::NodeId;
use ade_project::resource::Connection;
use futures::future::BoxFuture;
use tokio::sync::Mutex;

pub(super) use account::Account;
pub(super) use came::Came;
pub use collection::Collection;

use self::collecting::Collecting;
use super::outcomes::Outcomes;
use crate::build::{Build, Outcome, RejectFilter, TaskError};

/// The tables of collected events of one run, by their connections.
#[derive(Default)]
pub(crate) struct Collected {
    outcomes: Mutex<HashMap<String, Outcomes>>,
}

impl Collected {
    /// What a table came to. The first that asks has all tables of its connection landed; the others wait for it.
    pub(crate) async fn outcome(
        &self,
        build: &Build,
        connection: &Connection,
        node: &NodeId,
        checks: &[NodeId],
    ) -> Result<Outcome, TaskError> {
        let mut outcomes = self.outcomes.lock().await;
        if !outcomes.contains_key(&connection.name) {
            let collecting: BoxFuture<'_, _> = Box::pin(Collecting::land_all(build, connection, node, checks));
            outcomes.insert(connection.name.clone(), collecting.await.into());
        }
        outcomes.entry(connection.name.clone()).or_default().of(node)
    }

    /// The same for the rejects of a table that may land by now.
    pub(crate) async fn replayed(
        &self,
        build: &Build,
        connection: &Connection,
        node: &NodeId,
        filter: &RejectFilter,
    ) -> Result<Outcome, TaskError> {
        let mut outcomes = self.outcomes.lock().await;
        if !outcomes.contains_key(&connection.name) {
            let replaying: BoxFuture<'_, _> = Box::pin(Collecting::replay_all(build, connection, node, filter));
            outcomes.insert(connection.name.clone(), replaying.await.into());
        }
        outcomes.entry(connection.name.clone()).or_default().of(node)
    }
}
