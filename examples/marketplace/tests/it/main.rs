//! Integration tests of the marketplace example.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod content;
mod days;
mod delivery;
mod folder;
mod project;
