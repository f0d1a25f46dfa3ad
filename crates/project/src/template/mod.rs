//! Jinja as dbt projects use it.

mod compile_context;
mod compiled;
mod lookup_error;
mod node_context;
mod query_table;
mod reference;
mod settings;
mod source_map;
mod target;
mod template_relation;
mod uses;

pub use compile_context::CompileContext;
pub use compiled::Compiled;
pub use lookup_error::LookupError;
pub use node_context::NodeContext;
pub use query_table::{Column, QueryTable};
pub use reference::Reference;
pub use settings::TemplateSettings;
pub use source_map::{Mapped, SourceMap};
pub use target::Target;
pub use template_relation::{RelationKind, TemplateRelation};
pub use uses::{RefUse, SourceUse, Uses};
