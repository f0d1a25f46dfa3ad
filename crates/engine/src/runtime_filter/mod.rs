//! Runtime filters: what a join has learned of its keys, applied to the rows of a scan.
//!
//! DataFusion hands the keys of a join's build side down to the scan of the other side, and there they leave out row
//! groups. In tables that are not sorted by the key every row group holds some, so nothing is saved. Here the same
//! filter is applied to the rows, right above the scan, and what lies between the scan and the join (repartitioning,
//! aggregation, other joins and the filters that those hand down in turn) sees only what is left.

mod adaptive;
mod exec;
mod rule;

pub(crate) use rule::RuntimeFilters;
