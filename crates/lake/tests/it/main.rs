//! Tests of the lake through its public interface.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, also in a helper")]
#![expect(
    clippy::await_holding_lock,
    reason = "tests that set fail points keep the others away for as long as they run"
)]

mod arrival_order;
mod concurrency;
mod failures;
mod keyed_model;
mod maintenance;
mod newest;
mod past;
mod scan;
mod schema;
mod support;
mod write_by_key;
mod write_kinds;
mod write_parts;
