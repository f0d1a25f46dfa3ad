//! How late a source table may be.

use std::time::Duration;

/// dbt's `freshness` of a source table: the age of its newest row, or of its newest batch, compared with limits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Freshness {
    /// Older than this is worth a warning.
    pub warn_after: Option<FreshnessThreshold>,
    /// Older than this is an error.
    pub error_after: Option<FreshnessThreshold>,
    /// Column or SQL expression with the time of a row's last change; `None`: the time of arrival of the newest batch.
    pub loaded_at: Option<String>,
    /// Only rows for which this SQL condition holds count.
    pub filter: Option<String>,
}

/// A limit of age, as a person wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FreshnessThreshold {
    /// The limit.
    pub age: Duration,
}
