//! dbt's `freshness:` of sources.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

/// How late a source table may be.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "`freshness`")]
pub struct FreshnessDeclaration {
    /// Older than this is worth a warning.
    pub warn_after: Option<FreshnessLimit>,
    /// Older than this is an error.
    pub error_after: Option<FreshnessLimit>,
    /// Only rows for which this SQL condition holds count.
    pub filter: Option<String>,
}

/// An age: `{count: 12, period: hour}`.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "a limit of age")]
pub struct FreshnessLimit {
    /// How many periods.
    pub count: Option<u32>,
    /// Their length.
    pub period: Option<FreshnessPeriod>,
}

/// The unit of an age.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FreshnessPeriod {
    /// 60 seconds.
    Minute,
    /// 60 minutes.
    Hour,
    /// 24 hours.
    Day,
}

impl FreshnessLimit {
    /// The age; `None` when a part of it is missing, which is how dbt switches off an inherited limit.
    pub fn age(&self) -> Option<Duration> {
        let seconds = match self.period? {
            FreshnessPeriod::Minute => 60,
            FreshnessPeriod::Hour => 3600,
            FreshnessPeriod::Day => 86_400,
        };
        Some(Duration::from_secs(u64::from(self.count?) * seconds))
    }
}
