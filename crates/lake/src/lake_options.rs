//! What a lake is opened with.

use std::path::PathBuf;
use std::sync::Arc;

use crate::{Clock, Ids, LeaseKeeper};

/// What a lake needs from outside.
#[derive(Debug, Clone)]
pub struct LakeOptions {
    /// Grants writer leases.
    pub leases: Arc<dyn LeaseKeeper>,
    /// The wall clock.
    pub clock: Arc<dyn Clock>,
    /// Makes unique ids.
    pub ids: Arc<dyn Ids>,
    /// Memory in bytes that one write may take beside the batch at hand, however large the table: open files and the
    /// arrivals of an upsert.
    pub memory_bytes: usize,
    /// Data files are closed at about this many bytes.
    pub target_file_bytes: u64,
    /// A local folder for arrivals of an upsert that do not fit the memory.
    pub spill_folder: PathBuf,
    /// Threads that encode Parquet for one write.
    pub encode_threads: usize,
}

impl LakeOptions {
    /// 256 MiB of memory, files of 256 MiB, two threads.
    pub fn new(
        leases: Arc<dyn LeaseKeeper>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
        spill_folder: impl Into<PathBuf>,
    ) -> Self {
        Self {
            leases,
            clock,
            ids,
            memory_bytes: 256 << 20,
            target_file_bytes: 256 << 20,
            spill_folder: spill_folder.into(),
            encode_threads: 2,
        }
    }
}
