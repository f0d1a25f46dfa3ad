//! A range of messages of one partition.

use serde::{Deserialize, Serialize};

/// A range of messages of one partition, by offsets. Not every offset in it has a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Span {
    pub(crate) partition: i32,
    /// The first.
    pub(crate) from: i64,
    /// Behind the last.
    pub(crate) to: i64,
}

impl Span {
    pub(crate) fn is_empty(&self) -> bool {
        self.from >= self.to
    }

    /// How many messages it has at most.
    pub(crate) fn len(&self) -> u64 {
        u64::try_from(self.to - self.from).unwrap_or(0)
    }
}
