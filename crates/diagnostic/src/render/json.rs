//! Diagnostics as JSON lines.

use crate::Diagnostic;

/// One JSON object per line: `id`, `severity`, `message`, `location` (`file`, `line`, `column`, `end_line`,
/// `end_column`, `span` in bytes, `text`) or null, `label`, `related`, `hints`, `notes`.
pub fn render_json(diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(|diagnostic| serde_json::json!(diagnostic).to_string() + "\n").collect()
}
