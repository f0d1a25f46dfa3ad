//! Parquet files: types and rows as they are, row groups side by side.
//!
//! Arrow's own schema, which some writers embed, is ignored: columns have the type that Parquet says. 96-bit
//! timestamps (Spark, Impala) are read in microseconds, in which every date fits.

mod footer;
mod read;
mod source;

pub(crate) use footer::footer;
pub(crate) use read::{Reading, read_group};
