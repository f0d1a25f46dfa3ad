//! What one fetch from a partition brought.

use super::message::Message;

/// What one fetch from a partition brought.
#[derive(Debug, Default)]
pub(crate) struct Fetched {
    /// In the order of their offsets; without those of aborted transactions.
    pub(crate) messages: Vec<Message>,
    /// Where the next fetch goes on; behind all that was looked at, whether it is given or not.
    pub(crate) next: i64,
}
