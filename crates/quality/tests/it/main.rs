//! Checks and contracts over tables in memory.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod age;
mod check;
mod contract;
mod differential;
mod message;
mod scan;
mod setup;
mod stored;
mod verdict;
