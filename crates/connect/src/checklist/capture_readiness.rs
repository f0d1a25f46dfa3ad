//! Whether changes can be captured.

use serde::Serialize;

/// Whether the changes of a database can be captured now, and of which tables.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CaptureReadiness {
    /// What the server and the login lack, in a few words each. Empty: nothing.
    pub missing: Vec<String>,
    /// Its tables.
    pub tables: Vec<TableReadiness>,
}

/// Whether the changes of a table can be captured, the server and the login apart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TableReadiness {
    /// As after `from:`.
    pub table: String,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub obstacle: Option<String>,
    /// Columns that the database computes and does not write into its log: a captured table goes without them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_in_log: Vec<String>,
}

impl CaptureReadiness {
    /// Whether server and login have all that it needs.
    pub fn is_ready(&self) -> bool {
        self.missing.is_empty()
    }

    /// What is known of a table.
    pub fn table(&self, from: &str) -> Option<&TableReadiness> {
        self.tables.iter().find(|table| table.table == from)
    }
}
