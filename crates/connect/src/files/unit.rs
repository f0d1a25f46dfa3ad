//! What a unit of files consists of, as the plain data that a plan carries.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ConnectError;

/// The files of one unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FilesUnit {
    /// To be read in this order.
    pub(crate) files: Vec<UnitFile>,
    /// What becomes of the position: `None` for full reads, which leave none.
    pub(crate) advance: Option<Advance>,
}

/// One file of a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct UnitFile {
    pub(crate) path: String,
    pub(crate) size_bytes: u64,
    /// As planned; a read proves that it read the same bytes.
    pub(crate) hash: Option<String>,
    /// Digest of what its server calls its content.
    #[serde(default)]
    pub(crate) version: Option<String>,
}

/// How the position changes when a unit was read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Advance {
    /// Files that were only renamed: from, to. Known by their content.
    pub(crate) renamed: Vec<(String, String)>,
    /// A file whose rows are removed.
    pub(crate) removed: Option<String>,
}

impl FilesUnit {
    pub(crate) fn to_detail(&self) -> Value {
        // Plain strings and numbers always serialise.
        serde_json::to_value(self).unwrap_or_default()
    }

    pub(crate) fn from_detail(label: &str, detail: &Value) -> Result<Self, ConnectError> {
        serde_json::from_value(detail.clone()).map_err(|_| ConnectError::Request {
            from: label.to_owned(),
            reason: "the unit was not planned by the files connector".to_owned(),
            advice: "read units with the snapshot that planned them".to_owned(),
        })
    }
}
