//! What is set for capturing from a database.

use crate::Settings;

/// Log that a slot may keep before a person is told, in MiB, where nothing else is said.
pub(crate) const SLOT_WARN_MB: i64 = 1_024;

/// What is set for capturing from a database.
#[derive(Debug, Clone, Default)]
pub(crate) struct CaptureSettings {
    /// Name of the slot, if not the consumer's.
    pub(crate) slot: Option<String>,
    /// Name of the publication, if not the slot's.
    pub(crate) publication: Option<String>,
    /// Log that the slot may keep before a person is told, in bytes.
    pub(crate) warn_bytes: Option<u64>,
    /// Log that the slot may keep before it is removed, in bytes.
    pub(crate) limit_bytes: Option<u64>,
    /// How long the server may take for a statement, and wait for a table; 0: for ever.
    pub(crate) statement_timeout_ms: u64,
    pub(crate) lock_timeout_ms: u64,
}

impl CaptureSettings {
    /// From the settings of a connection.
    pub(crate) fn new(settings: &Settings) -> Self {
        let text = |name: &str| settings.text(name).map(str::to_owned);
        let bytes =
            |name: &str| settings.integer(name).and_then(|count| u64::try_from(count).ok()).map(|count| count << 20);
        let count = |name: &str| settings.integer(name).and_then(|count| u64::try_from(count).ok()).unwrap_or(0);
        Self {
            slot: text("slot"),
            publication: text("publication"),
            warn_bytes: bytes("slot_warn_mb"),
            limit_bytes: bytes("slot_limit_mb"),
            statement_timeout_ms: count("statement_timeout_ms"),
            lock_timeout_ms: count("lock_timeout_ms"),
        }
    }
}
