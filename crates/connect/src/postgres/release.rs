//! Which releases of PostgreSQL are read.

use super::endpoint::Endpoint;
use super::session::Session;
use crate::ConnectError;

/// The oldest that is read.
const OLDEST: u32 = 12;

/// The newest that was tested with.
const NEWEST: u32 = 18;

/// The releases that were tested with, for messages.
pub(crate) const TESTED: &str = "versions 12 to 18 are supported";

/// Whether a release was tested with.
pub(crate) fn is_tested(major: u32) -> bool {
    (OLDEST..=NEWEST).contains(&major)
}

impl Session {
    /// Refuses a server that is too old: its catalog lacks what is asked for. One that does not say how old it is may be a
    /// pooler's.
    pub(super) fn refuse_old(&self, endpoint: &Endpoint) -> Result<(), ConnectError> {
        match self.major_version() {
            0 | OLDEST.. => Ok(()),
            _ => Err(endpoint.cannot_open(
                // The number alone: what follows is the packager's.
                format!("it is PostgreSQL {}, and {TESTED}", self.version.split(' ').next().unwrap_or_default()),
                "have its owner upgrade it, or read its tables from a copy in a newer version",
            )),
        }
    }
}
