//! YAML with the place of every value.
//!
//! [`read`] gives a tree of [`Node`]s for YAML 1.2's core schema; anchors, aliases and merge keys (`<<`) work, a key
//! that stands twice is a problem. [`Shape`] holds a tree against the JSON Schema of a declared type and reports every
//! difference; [`decode`] then makes a value of that type, in which [`Spanned`] fields remember where they were
//! written. dbt reads YAML 1.1, so where a boolean is expected `yes`, `no`, `on` and `off` are understood.

mod decode;
mod node;
mod reader;
mod scalar;
mod shape;
mod spanned;
mod tree;
mod validate;

pub use decode::{DecodeError, ONE_OR_MANY, decode};
pub use node::{Entry, Mapping, Node, NodeValue, TextStyle};
pub use reader::read;
pub use shape::Shape;
pub use spanned::Spanned;
pub use validate::validate;
