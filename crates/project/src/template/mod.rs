//! Jinja as dbt projects use it.
//!
//! A [`TemplateSet`] holds the macros of a project. A [`Template`] is read once and then run in two ways: *parsed*, without
//! the world (`execute` is false), to learn what it refers to; and *compiled* against a [`CompileContext`], to get its SQL
//! and a [`SourceMap`] from that SQL back to the bytes that the user wrote.
//!
//! How it works: minijinja's lexer gives the tokens; `syntax` makes a tree in which every node knows its place; `interpret`
//! walks it with Python's values (`value`) and the names of `library`. A template engine for HTML would fall short of what
//! dbt projects do: change lists inside expressions, return lists from macros, call macros of other files without import.

mod argument;
mod compile_context;
mod compiled;
mod discover;
mod docs_block;
mod interpret;
mod library;
mod lookup_error;
mod macro_definition;
mod node_context;
mod parsed;
mod query_table;
mod reference;
mod settings;
mod source_map;
mod syntax;
mod target;
#[expect(clippy::module_inception, reason = "the folder is the topic, the file its main noun")]
mod template;
mod template_relation;
mod template_set;
mod uses;
mod value;

pub use argument::Argument;
pub use compile_context::CompileContext;
pub use compiled::Compiled;
pub use docs_block::DocsBlock;
pub use lookup_error::LookupError;
pub use macro_definition::{MacroDefinition, MacroKind};
pub use node_context::NodeContext;
pub use parsed::Parsed;
pub use query_table::{Column, QueryTable};
pub use reference::Reference;
pub use settings::TemplateSettings;
pub use source_map::{Mapped, SourceMap};
pub use target::Target;
pub use template::Template;
pub use template_relation::{RelationKind, TemplateRelation};
pub use template_set::TemplateSet;
pub use uses::{RefUse, SourceUse, Uses};

#[cfg(test)]
mod tests;
