//! What one process gives to SQL.

use std::path::PathBuf;

/// Limits of an [`Engine`](crate::Engine). The caller measures the machine; the engine does not.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// Bytes that sorts, joins and aggregations of all sessions may hold together. Beyond it they
    /// spill, and what cannot spill fails with a message. Buffers of scans are not counted: give it
    /// about two thirds of what the process may use.
    pub memory_bytes: usize,
    /// How many partitions a query is worked on in side by side; at least 1.
    pub threads: usize,
    /// Folder for spilled data. It is made when needed, and emptied by the engine after each query.
    /// `None` refuses to spill.
    pub spill_dir: Option<PathBuf>,
    /// Bytes that may be spilled at one time.
    pub spill_bytes: u64,
}

impl EngineOptions {
    /// Two threads, 1 GiB, no spilling: for tests.
    pub fn small() -> Self {
        Self { memory_bytes: 1 << 30, threads: 2, spill_dir: None, spill_bytes: 0 }
    }
}
