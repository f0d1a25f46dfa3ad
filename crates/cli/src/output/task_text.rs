//! A task's end in words.
use std::fmt::Write;

use ade_run::event::{CheckReport, Status, TaskReport};

use super::Style;
use super::count::{plural, seconds};

/// The lines that tell how a task ended: one, and more for what went wrong.
pub(crate) fn task_lines(report: &TaskReport, style: Style) -> String {
    let mut out = String::new();
    let what = report.relation.as_deref().unwrap_or(&report.name);
    let mut facts = Vec::new();
    if let Some(rows) = report.rows {
        // What a failed task made was thrown away.
        let unseen = if report.status == Status::Failed && report.version.is_none() { " not published" } else { "" };
        facts.push(format!("{}{unseen}", plural(rows, "row")));
    }
    if let Some(version) = report.version {
        facts.push(format!("v{version}"));
    }
    if !report.checks.is_empty() {
        let passed = report.checks.iter().filter(|check| check.passed()).count();
        facts.push(format!("{passed} of {}", plural(report.checks.len() as u64, "check")));
    }
    // Less than what is shown is nothing to show.
    if report.duration_ms >= 10 {
        facts.push(seconds(report.duration_ms));
    }
    let mark = mark(report.status, style);
    let _ = write!(out, "{mark} {:<9} {:<7} {what}", report.status.as_str(), report.kind);
    if !facts.is_empty() && report.status != Status::Skipped {
        let _ = write!(out, "  {}", style.dim(&facts.join(" · ")));
    }
    if let Some(blocker) = &report.blocked_by {
        let _ = write!(out, "  {}", style.dim(&format!("waits for {blocker}")));
    }
    if let Some(message) = &report.message {
        for line in message.lines() {
            let _ = write!(out, "\n    {line}");
        }
    }
    for check in report.checks.iter().filter(|check| !check.passed()) {
        let _ = write!(out, "\n    {}", check_line(check, style));
    }
    out
}

fn mark(status: Status, style: Style) -> String {
    match status {
        Status::Success => style.good("✓"),
        Status::Unchanged => style.dim("="),
        Status::Warned => style.warn("!"),
        Status::Failed => style.bad("✗"),
        Status::Skipped | Status::Cancelled => style.warn("–"),
    }
}

fn check_line(check: &CheckReport, style: Style) -> String {
    let word = match check.status.as_str() {
        "warn" => style.warn("warn"),
        other => style.bad(other),
    };
    // Which rows they are, only those who keep them can say.
    let is_of_rows = check.failures > 0 && check.node.starts_with("test.");
    let stored = match &check.stored_in {
        Some(table) => format!(" (rows kept in {table})"),
        None if is_of_rows => " (`--store-failures` keeps them)".to_owned(),
        None => String::new(),
    };
    format!("{word} {}: {}{stored}", check.name, check.message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_check_is_named_below_its_table() {
        let report = TaskReport {
            node: "model.shop.orders".to_owned(),
            name: "orders".to_owned(),
            kind: "model",
            relation: Some("core.orders".to_owned()),
            status: Status::Failed,
            message: None,
            rows: Some(1200),
            version: None,
            batches: Vec::new(),
            checks: vec![CheckReport {
                node: "test.shop.unique_orders_id".to_owned(),
                name: "unique_orders_id".to_owned(),
                status: "fail".to_owned(),
                failures: 2,
                message: "2 values of `id` occur more than once".to_owned(),
                stored_in: None,
                duration_ms: 3,
            }],
            audited_visible: false,
            blocked_by: None,
            duration_ms: 40,
        };
        assert_eq!(
            task_lines(&report, Style::new(false)),
            "✗ failed    model   core.orders  1,200 rows not published · 0 of 1 check · 0.04 s\n    \
             fail unique_orders_id: 2 values of `id` occur more than once (`--store-failures` keeps them)"
        );
    }
}
