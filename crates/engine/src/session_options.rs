//! Values that differ from session to session.

use chrono::{DateTime, Utc};

/// What SQL in a session can ask for besides the tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionOptions {
    /// Schema of names that are written without one.
    pub default_schema: String,
    /// The answer of `batch_id()`; without it, calling the function is an error.
    pub batch_id: Option<String>,
    /// The answer of `now()` and its kind; `None` takes the moment at which a query starts.
    pub now: Option<DateTime<Utc>>,
}

impl SessionOptions {
    /// Names without a schema mean `default_schema`; no batch; the real clock.
    pub fn new(default_schema: impl Into<String>) -> Self {
        Self { default_schema: default_schema.into(), batch_id: None, now: None }
    }

    /// With an answer for `batch_id()`.
    pub fn with_batch_id(mut self, batch_id: impl Into<String>) -> Self {
        self.batch_id = Some(batch_id.into());
        self
    }

    /// With a fixed `now()`.
    pub fn with_now(mut self, now: DateTime<Utc>) -> Self {
        self.now = Some(now);
        self
    }
}
