//! Diagnostics as workflow commands, which GitHub shows as annotations beside the changed lines.
//!
//! Format: <https://docs.github.com/actions/reference/workflow-commands-for-github-actions>.

use std::fmt::Write as _;

use crate::Diagnostic;

/// One workflow command per line.
pub fn render_github(diagnostics: &[Diagnostic]) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics {
        let _ = write!(out, "::{} ", diagnostic.severity);
        if let Some(location) = &diagnostic.location {
            let ((line, column), (end_line, end_column)) = (location.start(), location.end());
            let _ = write!(out, "file={},line={line},col={column}", property(location.path()));
            // GitHub's end column is the last one, ours is the one after it.
            if end_line == line && end_column > column {
                let _ = write!(out, ",endLine={end_line},endColumn={}", end_column - 1);
            }
            out.push(',');
        }
        let hints = diagnostic.hints.iter().map(|hint| format!("\n{hint}"));
        let message: String = std::iter::once(diagnostic.message.clone()).chain(hints).collect();
        let _ = writeln!(out, "title={}::{}", property(diagnostic.id()), data(&message));
    }
    out
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
