//! The resolved resources of a project: what the declarations of all its files come to in one environment.

mod check;
mod column;
mod connection;
mod environment;
mod exposure;
mod freshness;
mod hook;
mod incremental;
mod ingest;
mod maturity;
mod model;
mod owner;
mod privacy;
mod seed;
mod severity;
mod source_table;

pub use check::{Check, CheckKind, CheckTarget, Threshold};
pub use column::{Column, ColumnPrivacy};
pub use connection::{Connection, ConnectionSetting};
pub use environment::{CustomSchema, Environment};
pub use exposure::Exposure;
pub use freshness::{Freshness, FreshnessThreshold};
pub use hook::Hook;
pub use incremental::{BatchSize, Incremental, IncrementalStrategy, Interval, OnSchemaChange};
pub use ingest::{Ingest, IngestMode, Overlap};
pub use maturity::Maturity;
pub(crate) use model::path_in_folder;
pub use model::{Access, Materialization, Model};
pub use owner::Owner;
pub use privacy::{PrivacyClass, PrivacyPolicy, PrivacyRule};
pub use seed::Seed;
pub use severity::CheckSeverity;
pub use source_table::{OnNewColumn, SourceTable};
