//! `row_number()`, `rank()` and `dense_rank()` over rows that come sorted.
//!
//! DataFusion keeps a state for each partition of a window, which costs microseconds for each. Where the newest row of
//! each key is wanted, as staging models do, there are about as many partitions as rows. But the rows come sorted by
//! the partition's keys, so counting is enough.

mod exec;
mod ranks;
mod rule;

pub(super) use rule::Ranking;
