//! Integration tests of `ade-privacy`.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod column;
mod detection;
mod join;
mod key;
mod known_answer;
mod leak;
mod made;
mod policy;
mod propose;
mod setting;
mod shape;
