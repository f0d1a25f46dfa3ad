//! Files into typed resources: templates, refs, graph, selectors, fingerprints, plan diff.
//!
//! [`Project::load`] reads a [`FileTree`] and gives the resolved [`Project`] of one environment, or every problem in
//! it at once. On the way: YAML with the place of each value ([`yaml`]), one declared type per kind of file
//! ([`file`]), configuration merged from folder to file, templates parsed for what they refer to, and everything
//! joined to one graph of [`resource`]s.

mod compile;
pub mod file;
mod file_tree;
pub mod fingerprint;
pub mod glob;
pub mod graph;
mod load;
mod load_options;
mod node_id;
mod node_kind;
mod project;
mod relation;
pub mod resource;
pub mod selector;
mod setting;
pub mod template;
pub mod yaml;

pub use file_tree::{FileTree, MemoryTree};
pub use load::BUILT_IN_CLASSES;
pub use load_options::LoadOptions;
pub use node_id::NodeId;
pub use node_kind::NodeKind;
pub use project::{Loaded, Project};
pub use relation::Relation;
pub use setting::{InvalidReference, SecretError, Secrets, Setting, SettingPart};
