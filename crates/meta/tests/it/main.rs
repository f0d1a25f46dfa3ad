//! The metadata database as its users see it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod fail_point;
mod lease;
mod node_state;
mod observation;
mod open;
mod process;
mod recovery;
mod run;
mod setup;
mod view;
