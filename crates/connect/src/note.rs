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

impl Note {
    /// Whether the rows may not be what somebody expects of them, so that a person should look before relying on them.
    pub fn is_warning(&self) -> bool {
        matches!(
            self.id,
            "key-lacking"
                | "files-all-gone"
                | "zero-dates"
                | "not-of-one-moment"
                | "infinite-time"
                | "rows-hidden"
                | "columns-hidden"
        )
    }
}
