//! A part of a file, so that every core has something to read.

use std::sync::Arc;

use crate::scan::ScanFile;

/// A run of row groups of a file.
#[derive(Debug, Clone)]
pub(super) struct FilePart {
    /// The file, to be read as far as the part goes.
    pub(super) file: Arc<ScanFile>,
    /// The number of its first row in the file.
    pub(super) first_row: u64,
    pub(super) rows: u64,
    /// In the file, compressed.
    pub(super) bytes: u64,
}
