//! What a database's owner would have to run.

use serde::Serialize;

use super::Topic;

/// A statement for the database's owner. It is never run by this program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OwnerStatement {
    /// What it is about.
    pub topic: Topic,
    /// What it is good for.
    pub purpose: String,
    /// The statement as it can be run; a comment where it is a switch of a service and no SQL.
    pub sql: String,
}
