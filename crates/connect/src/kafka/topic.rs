//! A topic as the cluster describes it.

use uuid::Uuid;

/// A topic as the cluster describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Topic {
    pub(crate) name: String,
    /// Tells it from another one that had its name before; nil where the cluster is older than 2.8.
    pub(crate) id: Uuid,
    /// The numbers of its partitions, in order.
    pub(crate) partitions: Vec<i32>,
}
