//! What feeds what: the graph of a project's nodes.
//!
//! [`Graph`] is built once from [`Node`]s, which name what they depend on, and answers in an order that depends on the ids
//! alone, so that plans, logs and tests are the same on every machine.

mod cycle;
mod dependency_graph;
mod node;

pub use dependency_graph::Graph;
pub use node::Node;
