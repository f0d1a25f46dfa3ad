//! Staging: from arrivals to files that no commit mentions yet.

mod arrivals;
mod file_mask;
mod finish;
mod key_set;
mod open;
mod partitions;
mod region_filter;
mod rewrite;
mod stage_plan;
mod stage_writer;
mod staged;
mod winners;

pub(crate) use open::open;
pub(crate) use rewrite::Rewriter;
pub(crate) use stage_plan::file_prefix;
pub use stage_writer::StageWriter;
pub use staged::Staged;
