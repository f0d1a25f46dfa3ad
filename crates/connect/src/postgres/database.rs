//! A database and everything that its sessions share.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::capture::CaptureSettings;
use super::endpoint::Endpoint;
use super::limits::Limits;
use super::rate_limit::RateLimit;
use super::server_error::SessionError;
use crate::{ConnectError, PositionKey};

/// A database and everything that its sessions share.
pub(crate) struct Database {
    pub(crate) endpoint: Arc<Endpoint>,
    pub(crate) limits: Limits,
    pub(crate) rate_limit: Option<RateLimit>,
    pub(crate) position_key: Option<PositionKey>,
    pub(crate) now: Option<DateTime<Utc>>,
    pub(crate) capture: CaptureSettings,
}

impl Database {
    /// The error of reading `object`.
    pub(crate) fn failed(&self, object: &str, error: SessionError) -> ConnectError {
        error.of_reading(object, self.limits.lock_timeout_ms)
    }

    /// For digests of rows that a position holds.
    pub(crate) fn hasher(&self, table: &str) -> Result<blake3::Hasher, ConnectError> {
        let key = self.position_key.as_ref().ok_or_else(|| ConnectError::no_position_key(table))?;
        Ok(key.hasher())
    }
}
