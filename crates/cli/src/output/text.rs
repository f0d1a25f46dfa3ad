//! Words for people: plain lines, and below them progress bars on a terminal.
use std::collections::HashMap;
use std::io::{Write, stderr, stdout};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ade_run::event::{Event, Observer};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Style;
use super::count::{count, plural};
use super::task_text::task_lines;

/// Prints a line per finished task; on a terminal also a bar per running one.
pub(crate) struct TextReporter {
    style: Style,
    bars: MultiProgress,
    running: Mutex<HashMap<String, ProgressBar>>,
}

impl TextReporter {
    pub(crate) fn new(style: Style, on_terminal: bool) -> Self {
        let target = if on_terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        Self { style, bars: MultiProgress::with_draw_target(target), running: Mutex::default() }
    }

    fn line(&self, text: &str) {
        // A reader that went away (a closed pipe) must not stop a build half-way.
        self.bars.suspend(|| {
            let _ = writeln!(stdout().lock(), "{text}");
        });
    }

    fn begin(&self, node: &str, name: &str) {
        let spinner = ProgressStyle::with_template("{spinner} {prefix} {msg} {elapsed}")
            .unwrap_or_else(|_| ProgressStyle::default_spinner());
        let bar = self.bars.add(ProgressBar::new_spinner()).with_style(spinner).with_prefix(name.to_owned());
        bar.enable_steady_tick(Duration::from_millis(120));
        self.running.lock().unwrap_or_else(PoisonError::into_inner).insert(node.to_owned(), bar);
    }

    fn progress(&self, node: &str, rows: u64, expected_rows: Option<u64>) {
        if let Some(bar) = self.running.lock().unwrap_or_else(PoisonError::into_inner).get(node) {
            bar.set_message(match expected_rows {
                Some(expected) if expected > 0 => {
                    format!("{} of {} ({} %)", count(rows), plural(expected, "row"), (rows * 100 / expected).min(100))
                }
                _ => plural(rows, "row"),
            });
        }
    }

    fn end(&self, node: &str) {
        if let Some(bar) = self.running.lock().unwrap_or_else(PoisonError::into_inner).remove(node) {
            bar.finish_and_clear();
            self.bars.remove(&bar);
        }
    }
}

impl Observer for TextReporter {
    fn on(&self, event: &Event) {
        match event {
            Event::RunStarted { command, environment, tasks, .. } => {
                let title = format!("{command} · environment {environment} · {}", plural(*tasks as u64, "task"));
                self.line(&self.style.dim(&title));
            }
            Event::TaskStarted { node, name, relation, .. } => self.begin(node, relation.as_ref().unwrap_or(name)),
            Event::TaskProgress { node, rows, expected_rows } => self.progress(node, *rows, *expected_rows),
            Event::LeaseWaiting { relation, holder, .. } => {
                self.line(&format!("{} waiting for {relation}: {holder} is writing it", self.style.warn("…")));
            }
            // On standard error: a pipe or a log of what was done must not hide it.
            Event::Notice { message, .. } => self.bars.suspend(|| {
                let _ = writeln!(stderr().lock(), "{} {message}", self.style.warn("!"));
            }),
            Event::TaskFinished(report) => {
                self.end(&report.node);
                self.line(&task_lines(report, self.style));
            }
            // The command closes with the summary: it knows what readers still see.
            Event::RunFinished(_) | Event::FeedState { .. } => {}
        }
    }
}
