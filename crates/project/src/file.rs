//! What each kind of file may say: one declared type per kind, from which its JSON Schema is made.
//!
//! These types mirror the files. What several files come to together is in [`crate::resource`].

mod ade_file;
mod check_declaration;
mod column_declaration;
mod connection_declaration;
mod dbt_project_file;
mod drift_declaration;
mod environment_declaration;
mod events_declaration;
mod exposure_declaration;
mod folder_config;
mod freshness_declaration;
mod ingest_declaration;
mod inherited;
mod many;
mod model_config;
mod model_declaration;
mod owner_declaration;
mod privacy_declaration;
mod properties_file;
mod row_rule_declaration;
mod schemas;
mod seed_config;
mod seed_declaration;
mod source_config;
mod source_declaration;

pub use ade_file::AdeFile;
pub use check_declaration::{CheckConfig, CheckDeclaration, StoreFailuresAs};
pub use column_declaration::{ColumnConfig, ColumnDeclaration, ConstraintDeclaration, ConstraintKind};
pub use connection_declaration::ConnectionDeclaration;
pub use dbt_project_file::DbtProjectFile;
pub use drift_declaration::{DriftDeclaration, DriftKinds};
pub use environment_declaration::EnvironmentDeclaration;
pub use events_declaration::EventsDeclaration;
pub use exposure_declaration::{ExposureConfig, ExposureDeclaration, ExposureKind, ExposureMaturity};
pub use folder_config::FolderConfig;
pub use freshness_declaration::{FreshnessDeclaration, FreshnessLimit, FreshnessPeriod};
pub use ingest_declaration::{IngestDeclaration, parse_overlap, parse_sweep};
pub use inherited::Inherited;
pub use many::{Many, OneOrMany};
pub use model_config::{ADAPTER_CONFIG_KEYS, ContractConfig, HookDeclaration, ModelConfig};
pub use model_declaration::ModelDeclaration;
pub use owner_declaration::OwnerDeclaration;
pub use privacy_declaration::{
    ClassDeclaration, ColumnPrivacyDeclaration, PrivacyDeclaration, RuleDeclaration, TreatmentName,
};
pub use properties_file::{GroupDeclaration, MacroDeclaration, PropertiesFile, SingularTestDeclaration};
pub use row_rule_declaration::RowRuleDeclaration;
pub use schemas::schemas;
pub use seed_config::SeedConfig;
pub use seed_declaration::SeedDeclaration;
pub use source_config::SourceConfig;
pub use source_declaration::{SourceDeclaration, TableDeclaration};
