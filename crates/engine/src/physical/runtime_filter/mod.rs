//! Runtime filters: what a join has learned of its keys, applied to the rows of a scan.
//!
//! DataFusion hands the keys of a join's build side down to the scan of the other side, and there they leave out row
//! groups. In tables that are not sorted by the key every row group holds some, so nothing is saved. Here the same
//! filter is applied to the rows, right above the scan, and what lies between the scan and the join (repartitioning,
//! aggregation, other joins and the filters that those hand down in turn) sees only what is left.
//!
//! DataFusion looks each key up by its hash, which costs about as much as the join. So where keys are integers, the
//! build side's are gathered in a set of our own while it is read; asking a bitmap costs next to nothing.

mod adaptive;
mod astray;
mod build_keys;
mod exec;
mod filter;
mod gather_exec;
mod key_set;
mod path;
mod rule;

pub(super) use astray::FiltersAstray;
pub(super) use rule::RuntimeFilters;
