//! The whole program, as people and machines use it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, also in a helper")]

mod broken_input;
mod canaries;
mod concurrent;
mod failpoints;
mod handbook;
mod kills;
mod marketplace;
mod program;
mod reference;
mod shop;
