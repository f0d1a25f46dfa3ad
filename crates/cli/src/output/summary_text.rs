//! A run's end in words.
use std::fmt::Write;

use ade_run::event::{Status, Summary};

use super::Style;
use super::count::{count, plural, seconds};

/// The lines that close a run: what was done, what failed, and who now waits.
pub(crate) fn summary_lines(summary: &Summary, style: Style) -> String {
    let mut out = String::new();
    let mut parts = Vec::new();
    for status in
        [Status::Success, Status::Unchanged, Status::Warned, Status::Failed, Status::Skipped, Status::Cancelled]
    {
        let number = summary.count(status);
        if number > 0 {
            parts.push(format!("{} {}", count(number as u64), status.as_str()));
        }
    }
    if parts.is_empty() {
        parts.push("nothing selected".to_owned());
    }
    let verdict = if summary.cancelled {
        style.warn("stopped")
    } else if summary.succeeded() {
        style.good("done")
    } else {
        style.bad("failed")
    };
    let _ = write!(out, "{verdict} in {}: {}", seconds(summary.duration_ms), parts.join(", "));
    if summary.rows > 0 {
        let _ = write!(out, "; {}", plural(summary.rows, "row"));
    }
    let checks = summary.checks_passed + summary.checks_warned + summary.checks_failed;
    if checks > 0 {
        let _ = write!(out, "; {} of {} passed", count(summary.checks_passed as u64), plural(checks as u64, "check"));
    }
    if !summary.waiting.is_empty() {
        let _ = write!(out, "\n\n{}", waiting_lines(summary, style));
    }
    out
}

/// Who stays on what there was before, and why.
pub(crate) fn waiting_lines(summary: &Summary, style: Style) -> String {
    let mut out = style.bold("These stay on their last good version:");
    let width = summary.waiting.iter().map(|w| w.kind.chars().count() + w.name.chars().count() + 1).max().unwrap_or(0);
    for waiting in &summary.waiting {
        let what = format!("{} {}", waiting.kind, waiting.name);
        let owner = waiting.owner.as_ref().map(|owner| format!(", owner {owner}")).unwrap_or_default();
        let _ = write!(out, "\n  {what:<width$}  {}", style.dim(&format!("waits for {}{owner}", waiting.because_of)));
    }
    out
}
