//! Where the lake takes unique names from.

use std::fmt;

use uuid::Uuid;

/// Makes ids that nobody else makes: names of staged files, of stages, and of batches that maintenance writes.
pub trait Ids: fmt::Debug + Send + Sync {
    /// A new UUIDv7 (time-ordered).
    fn next(&self) -> Uuid;
}
