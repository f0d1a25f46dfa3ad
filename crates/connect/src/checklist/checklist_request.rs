//! What a checklist is asked for.

use crate::TableInfo;

/// What a checklist is asked for.
#[derive(Debug, Clone, Copy)]
pub struct ChecklistRequest<'a> {
    /// The tables that it is about, as browsing found them.
    pub tables: &'a [TableInfo],
    /// Who would capture: the name that [`crate::CaptureRequest`] would have.
    pub consumer: &'a str,
}
