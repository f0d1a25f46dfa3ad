//! Tests that hold the shape of the house itself.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, also in a helper")]

mod edges;
mod file_size;
