//! How one check ended.
use serde::Serialize;

/// How one check ended.
#[derive(Debug, Clone, Serialize)]
pub struct CheckReport {
    /// Node id of the check.
    pub node: String,
    /// Its name.
    pub name: String,
    /// `pass`, `warn`, `fail`, or `error` when it could not be carried out.
    pub status: String,
    /// Failing rows (or what its `fail_calc` counts).
    pub failures: u64,
    /// In words.
    pub message: String,
    /// The table that keeps the failing rows, with `store_failures`.
    pub stored_in: Option<String>,
    /// How long it took.
    pub duration_ms: u64,
}

impl CheckReport {
    /// Whether it passed.
    pub fn passed(&self) -> bool {
        self.status == "pass"
    }

    /// Whether it stops what depends on its table.
    pub fn stops(&self) -> bool {
        matches!(self.status.as_str(), "fail" | "error")
    }
}
