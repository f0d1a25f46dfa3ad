//! Reading Jinja: tokens (from minijinja's lexer), a tree of statements and expressions with their places, and the block
//! tags that dbt adds (`test`, `data_test`, `materialization`, `snapshot`).
//!
//! The tree is our own because dbt's dialect is larger than minijinja's: its tags, any expression after `do`, and because
//! each node here knows its exact bytes.

pub(crate) mod ast;
mod parse_expression;
mod parse_postfix;
mod parse_primary;
mod parse_statement;
mod parser;
mod recover;
mod segment;

pub(crate) use parser::parse;
pub(crate) use recover::{Recovered, recover};
