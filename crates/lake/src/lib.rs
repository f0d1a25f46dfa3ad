//! Delta tables: stage, audit, commit, lease, maintain; scanned as plain Parquet.
//!
//! A [`Lake`] is a folder of Delta tables, `<lake>/<schema>/<table>/`. Every write goes the same way:
//!
//! 1. [`Lake::lease`] takes the table's writer lease (a fencing token from a [`LeaseKeeper`]);
//! 2. [`Lake::stage`] opens a [`StageWriter`]; its batches become Parquet files that no commit mentions;
//! 3. [`StageWriter::finish`] gives a [`Staged`]: exactly what the table *would* become, readable through
//!    [`Staged::provider`], visible to nobody else;
//! 4. [`Staged::commit`] makes it visible in one Delta commit that also carries the position in the source, or
//!    [`Staged::discard`] removes it.
//!
//! Readers pin a version with [`Lake::snapshot`] and scan it through [`Snapshot::provider`]: a plain Parquet scan with
//! statistics, without anything of Delta left in the plan.

mod at;
mod clock;
mod commit;
mod commit_note;
mod committed;
mod data_file;
mod error;
mod failpoints;
mod history;
mod holdings;
mod ids;
mod interval;
mod key_spec;
mod lake;
mod lake_options;
mod lease;
mod lease_error;
mod lease_keeper;
mod log;
mod maintain;
mod maintain_options;
mod maintain_report;
mod memory;
mod memory_leases;
mod objects;
mod parquet_file;
mod recent_snapshots;
mod region;
mod restore;
mod row_counts;
mod scan;
mod schema_change;
mod snapshot;
mod stage;
mod stage_request;
mod stats;
mod store;
mod table_handle;
mod table_name;
mod table_state;
mod types;
mod write;

pub use at::At;
pub use clock::Clock;
pub use commit_note::CommitNote;
pub use committed::Committed;
pub use data_file::DataFile;
pub use error::LakeError;
pub use failpoints::FAIL_POINTS;
pub use history::Commit;
pub use ids::Ids;
pub use interval::Interval;
pub use key_spec::KeySpec;
pub use lake::Lake;
pub use lake_options::LakeOptions;
pub use lease::Lease;
pub use lease_error::LeaseError;
pub use lease_keeper::LeaseKeeper;
pub use maintain_options::MaintainOptions;
pub use maintain_report::MaintainReport;
pub use memory_leases::MemoryLeases;
pub use region::Region;
pub use row_counts::RowCounts;
pub use schema_change::SchemaChange;
pub use snapshot::Snapshot;
pub use stage::{StageWriter, Staged};
pub use stage_request::StageRequest;
pub use table_name::TableName;
pub use table_state::TableState;
pub use types::{StoredSchema, coerce, delta_schema, forbidden_in_name, widen};
pub use write::Write;
