//! The right to write one table.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A granted writer lease. Its `token` fences: of two leases on one scope the later has the higher token, and a table
/// refuses a commit whose token is lower than the one of its newest commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// What it covers, e.g. `file:///data/lake/app/customers`.
    pub scope: String,
    /// Who holds it, for people: `ade build (pid 4711 on mira)`.
    pub holder: String,
    /// Fencing token.
    pub token: u64,
    /// When it ends unless it is renewed.
    pub expires_at: DateTime<Utc>,
}
