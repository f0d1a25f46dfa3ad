//! What changed since the last run, by content and never by file times.
//!
//! A node's own fingerprint covers what stands in the project about it: its text, its configuration, the macros it reaches,
//! the variables it reads, its contract. What it inherits is kept apart: the fingerprints of all that it reads. So
//! `state:modified` (own changes) and "must this be built again" (own or inherited) are both one comparison.

mod canonical;
mod digest;
mod inputs;
mod node_fingerprint;
mod plan_diff;

pub use digest::Fingerprint;
pub use inputs::FingerprintInputs;
pub use node_fingerprint::{NodeFingerprint, OwnFingerprint, fingerprint_graph};
pub use plan_diff::{Change, PlanDiff, Reason};
