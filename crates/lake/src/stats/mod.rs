//! Delta's statistics of a file: made from its Parquet footer, and turned into what the engine plans with.

mod bounds;
mod column_facts;
mod delta_stats;
mod file_stats;

pub(crate) use bounds::Bounds;
pub(crate) use column_facts::ColumnFacts;
pub(crate) use delta_stats::delta_stats;
pub(crate) use file_stats::{ColumnBounds, FileStats};
