//! The names that every template knows: dbt's functions and objects, the SQL macros of `dbt` and `dbt_utils`, Python's
//! methods, Jinja's filters and tests, and ade's helpers.

mod adapter;
mod ade;
mod column;
mod core;
mod cycle;
mod date_sql;
mod dbt;
mod dbt_utils;
mod exceptions;
mod filter;
mod filter_sequence;
mod format;
mod functions;
mod global;
mod introspect;
mod loop_state;
mod method_collection;
mod method_text;
mod methods;
mod namespace;
mod native;
mod python_modules;
mod query;
mod relation;
mod table;
mod test;
mod time;

pub(crate) use filter::filter;
pub(crate) use format::printf;
pub(crate) use global::{global, is_global, module_attribute};
pub(crate) use loop_state::LoopState;
pub(crate) use methods::{call_method, has_method, method_names};
pub(crate) use native::{Native, callable, has_attribute, is_module, names};
pub(crate) use relation::relation_attribute;
pub(crate) use test::test;
pub(crate) use time::Time;
