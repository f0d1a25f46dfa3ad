//! Tests of the crate from outside.

mod order;
mod place;
mod registry;
mod rendering;
