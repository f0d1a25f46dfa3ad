//! SQL sessions over the lake: functions, PostgreSQL behaviour, limits.
//!
//! An [`Engine`] is one per process: memory, threads, spill space and object stores. A [`Session`]
//! is one per task or user request: a [`Catalog`] that says what each name means at this moment
//! (lake tables pinned to a version, views, staged tables in place of committed ones) and a few
//! values that SQL can ask for. A session only reads.
//!
//! How a statement walks through: text → [`Session::query`] → parsed in PostgreSQL's dialect →
//! refused unless it is a query → rewritten where DataFusion would do something else than
//! PostgreSQL → the names in it looked up in the catalog, views expanded → planned → run.

mod catalog;
mod columns_read;
mod dialect;
mod engine;
mod error;
#[expect(clippy::unnecessary_wraps, reason = "functions are tables of fn pointers that share one signature")]
mod function;
mod hint;
mod json;
mod lateral_unnest;
mod listing;
mod mark_joins;
mod memory_catalog;
mod null_safe_joins;
mod object_stores;
mod options;
mod output;
mod overlay;
mod physical;
mod plan_context;
mod planning;
mod postgres;
mod relation;
mod relation_name;
mod row_expression;
mod rows;
mod session;
mod session_options;
mod sql_error;
mod sql_position;
mod sql_type;
mod statement;
mod suggest;
mod table_mention;
mod text;
mod time;
mod tuning;
mod type_planner;
mod wrong_types;

pub use crate::catalog::Catalog;
pub use crate::engine::Engine;
pub use crate::memory_catalog::MemoryCatalog;
pub use crate::options::EngineOptions;
pub use crate::output::{
    CsvOptions, JsonLayout, OutputError, format_cell, write_csv, write_json, write_parquet, write_table,
};
pub use crate::overlay::Overlay;
pub use crate::relation::Relation;
pub use crate::relation_name::RelationName;
pub use crate::row_expression::RowExpression;
pub use crate::rows::Rows;
pub use crate::session::Session;
pub use crate::session_options::SessionOptions;
pub use crate::sql_error::{SqlError, SqlErrorKind};
pub use crate::sql_position::SqlPosition;
pub use crate::sql_type::{sql_type, type_name};
pub use crate::statement::{SqlText, split_statements};
pub use crate::table_mention::TableMention;
pub use datafusion;
