//! Tests that hold the shape of the house itself.
mod edges;
mod file_size;
