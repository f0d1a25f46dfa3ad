//! Column types: what Delta can hold, and how arrivals become it.

mod coerce;
mod delta_schema;
mod evolve;
mod partition_value;

pub use coerce::coerce;
pub use delta_schema::{StoredSchema, delta_schema, forbidden_in_name};
pub use evolve::widen;

pub(crate) use coerce::coerce_for_file;
pub(crate) use delta_schema::{log_schema, scan_schema};
pub(crate) use evolve::{Evolution, evolve};
pub(crate) use partition_value::{from_partition_value, to_partition_value};
