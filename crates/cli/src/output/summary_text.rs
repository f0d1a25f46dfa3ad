//! A run's end in words.
use std::fmt::Write;

use ade_run::Visible;
use ade_run::event::{Status, Summary};

use super::Style;
use super::count::{count, plural, seconds};
use super::failures::Failure;

/// The line that closes a run: what was done, and what failed.
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
    out
}

/// What readers still see: of the nodes that failed, and of those behind them. Empty when nothing failed.
pub(crate) fn closing_lines(summary: &Summary, failed: &[(Failure, Visible)], style: Style) -> String {
    let mut parts = Vec::new();
    let stays = failed.iter().map(|(Failure { relation, reason, is_visible }, visible)| {
        let stays = match visible {
            Visible::Version(version) if *is_visible => {
                format!("{relation}: version {version}, which is visible, fails it")
            }
            Visible::View if *is_visible => format!("{relation}, as it is visible, fails it"),
            Visible::Version(version) => format!("{relation} stays at version {version}"),
            Visible::View => format!("{relation} stays as it was"),
            Visible::Nothing => format!("{relation} is not there yet"),
        };
        // Other tasks may have pushed the failure itself off the screen.
        if reason.is_empty() { stays } else { format!("{stays}: {}", style.dim(reason)) }
    });
    let stays: Vec<String> = stays.collect();
    if !stays.is_empty() {
        parts.push(stays.join("\n"));
    }
    if !summary.waiting.is_empty() {
        // What was made from rows that fail is not known to be good.
        let heading = if failed.iter().any(|(failure, _)| failure.is_visible) {
            "These stay as they are:"
        } else {
            "These stay on their last good version:"
        };
        parts.push(waiting_lines(summary, heading, style));
    }
    parts.join("\n\n")
}

/// Who stays on what there was before, and why.
fn waiting_lines(summary: &Summary, heading: &str, style: Style) -> String {
    let mut out = style.bold(heading);
    let width = summary.waiting.iter().map(|w| w.kind.chars().count() + w.name.chars().count() + 1).max().unwrap_or(0);
    for waiting in &summary.waiting {
        let what = format!("{} {}", waiting.kind, waiting.name);
        let owner = waiting.owner.as_ref().map(|owner| format!(", owner {owner}")).unwrap_or_default();
        let _ = write!(out, "\n  {what:<width$}  {}", style.dim(&format!("waits for {}{owner}", waiting.because_of)));
    }
    out
}
