//! Something that a person should know and that is no error.

use serde::Serialize;

/// Something that a person should know and that is no error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    /// A stable kebab-case id: `file-disappeared`, `cursor-null`, ….
    pub id: &'static str,
    /// What was seen, on which object, and what to do. No values.
    pub message: String,
}
