//! Feeds: sources that are a program which sends what it wants, in the order that it wants, several tables through one stream,
//! and says from time to time up to where it has told everything.
//!
//! Nothing of a feed can be asked for again within a run, so its tables land while they are sent, side by side. What lies
//! between two words of where the source is makes a *round*: its rows are committed table by table, each with that word. A table
//! may come in several units in a round, where its columns changed on the way. Who dies between two commits of a round goes on
//! before it, and a unit says then which batches its rows take the place of ([`crate::ReadUnit::replaces_batch`]).

use std::io::Read;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;
use tokio::sync::Notify;

use crate::{ConnectError, Note, Settings, Snapshot};

/// What is to be fed.
pub struct FeedRequest {
    /// All tables that are declared for the connection, also those that are not read now: where the source goes on depends on
    /// all of them.
    pub tables: Vec<FedTable>,
    /// Whether all that comes is one round: a table's check reads one that is complete with the source alone.
    pub is_one_round: bool,
    /// What to read instead of starting the source's program.
    pub input: Option<Box<dyn Read + Send>>,
}

/// A table of a feed.
#[derive(Debug, Clone)]
pub struct FedTable {
    /// What the source calls it.
    pub from: String,
    /// The table's options.
    pub options: Settings,
    /// Whether each run reads all of it, which replaces all that is there.
    pub is_full: bool,
    /// Whether rows that come again take the place of those that have landed.
    pub is_keyed: bool,
    /// The column that tells what has changed, where a person has said so.
    pub cursor: Option<String>,
    /// What its last commit says of where it was read to.
    pub position: Option<Value>,
    /// Whether it is to begin anew although it was read before.
    pub anew: bool,
    /// Whether it is read now.
    pub is_read: bool,
}

/// What comes next of a feed.
pub enum FeedStep {
    /// A table begins to arrive. It is to be landed at once, beside those that are landing; after an earlier unit of its own.
    Unit {
        /// What the source calls it.
        from: String,
        /// A plan of it has one unit, which can be read once.
        snapshot: Arc<dyn Snapshot>,
        /// What its end waits for, if it is that of a round.
        gate: FeedGate,
    },
    /// All units of tables that are not full have been handed out up to where the source is: [`Feed::landed`] goes on.
    Round {
        /// Where the source is, in its own words.
        state: Option<Value>,
        /// Whether the source has ended with it, and tables that are full with the source.
        is_last: bool,
    },
    /// The source says something to whoever looks after it.
    Said(SaidLine),
    /// The source has ended well.
    End(Vec<Note>),
}

/// What the end of a unit waits for: what its checks read is to land before it.
#[derive(Debug, Clone, Default)]
pub struct FeedGate(Arc<Notify>);

impl FeedGate {
    /// Nothing has to be waited for any more.
    pub fn open(&self) {
        self.0.notify_one();
    }

    pub(crate) async fn wait(&self) {
        self.0.notified().await;
    }
}

/// A line that a source's program wrote beside its data, without secrets and without what looks like values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaidLine {
    /// The line.
    pub text: String,
    /// Whether it speaks of trouble.
    pub is_warning: bool,
}

/// An open feed. Dropping it ends the source's program.
#[async_trait]
pub trait Feed: Send {
    /// What comes next. An error is the feed's end: units that were not complete by then fail, too.
    async fn next(&mut self) -> Result<FeedStep, ConnectError>;

    /// All units of the round have been landed, or not: what else comes of the tables `failed` is passed over.
    async fn landed(&mut self, failed: &[String]);
}
