//! What a run needs from outside of the program, as values: the clock, identifiers, the environment, the machine.
mod clock;
mod ids;

pub use clock::Clock;
pub use ids::Ids;

pub(crate) use clock::Clocks;
pub(crate) use ids::LakeIds;

use std::collections::BTreeMap;
use std::sync::Arc;

/// What a run needs from outside of the program.
#[derive(Debug, Clone)]
pub struct World {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Identifiers of runs and batches.
    pub ids: Arc<dyn Ids>,
    /// Environment variables that `env_var()` and `${env:…}` may ask for.
    pub env_vars: BTreeMap<String, String>,
    /// The user, as the operating system numbers them.
    pub user_id: Option<u32>,
    /// Cores to use.
    pub cores: usize,
    /// Memory that queries and writes may use together, in bytes.
    pub memory_bytes: usize,
}
