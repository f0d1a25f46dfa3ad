//! Reading: a pinned list of files as a plain Parquet scan.

mod prune;
mod scan_file;
mod table_scan;

pub(crate) use prune::prune;
pub(crate) use scan_file::{RowGroups, ScanFile};
pub(crate) use table_scan::{ScanTarget, TableScan};
