//! The whole program, as people and machines use it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, also in a helper")]

mod again;
mod broken_input;
mod bugs;
mod canaries;
mod checking_sql;
mod commands;
mod concurrent;
mod exporting;
mod failpoints;
mod file_feeds;
mod handbook;
mod help;
mod hooks;
mod incremental;
mod initializing;
mod inspecting;
mod inspecting_broken;
mod keys;
mod kills;
mod many_files;
mod marketplace;
mod materializations;
mod observations;
mod past;
mod pipes;
mod program;
mod rebuilding;
mod reference;
mod shared_lake;
mod shop;
mod slips;
mod sql_errors;
mod stopping;
mod treatments;
mod upkeep;
