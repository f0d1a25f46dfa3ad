//! A run's end in words.
use std::fmt::Write;

use ade_run::Visible;
use ade_run::event::{Status, Summary, Waiting};

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

/// What readers still see: of the nodes that failed, and of those behind them. Empty when nothing failed. Of a run that
/// made nothing (`is_made` is false) everything behind a failure has read what failed.
pub(crate) fn closing_lines(summary: &Summary, failed: &[(Failure, Visible)], is_made: bool, style: Style) -> String {
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
    let (there, not_yet): (Vec<&Waiting>, Vec<&Waiting>) = summary.waiting.iter().partition(|waiting| waiting.is_there);
    if !is_made {
        parts.extend(waiting_lines(&there, "These read what fails its checks:", "reads", style));
        return parts.join("\n\n");
    }
    // What was made from rows that fail is not known to be good.
    let heading = if failed.iter().any(|(failure, _)| failure.is_visible) {
        "These stay as they are:"
    } else {
        "These stay on their last good version:"
    };
    parts.extend(waiting_lines(&there, heading, "waits for", style));
    parts.extend(waiting_lines(&not_yet, "These are not there yet:", "waits for", style));
    parts.join("\n\n")
}

/// Who is behind what failed, and what of it; nothing for nobody.
fn waiting_lines(all: &[&Waiting], heading: &str, verb: &str, style: Style) -> Option<String> {
    let mut out = style.bold(heading);
    let width = all.iter().map(|w| w.kind.chars().count() + w.name.chars().count() + 1).max()?;
    for waiting in all {
        let what = format!("{} {}", waiting.kind, waiting.name);
        let owner = waiting.owner.as_ref().map(|owner| format!(", owner {owner}")).unwrap_or_default();
        let _ = write!(out, "\n  {what:<width$}  {}", style.dim(&format!("{verb} {}{owner}", waiting.because_of)));
    }
    Some(out)
}
