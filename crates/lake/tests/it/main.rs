//! Tests of the lake through its public interface.

mod concurrency;
mod failures;
mod keyed_model;
mod maintenance;
mod past;
mod scan;
mod schema;
mod support;
mod write_kinds;
