//! The page that explains every rule.

use std::fmt::Write as _;

use crate::rule::topics;

/// `docs/reference/diagnostics.md` in Markdown: every rule with its explanation, by topic.
pub fn render_reference() -> String {
    let mut out = String::from(
        "# Diagnostics\n\nEvery problem that ade reports in a project names one of these rules. \
         This page is generated from the program.\n",
    );
    for topic in topics() {
        let _ = write!(out, "\n## {}\n", topic.title);
        for rule in topic.rules {
            let _ = write!(out, "\n### `{}`\n\n{}\n", rule.id, rule.explanation);
        }
    }
    out
}
