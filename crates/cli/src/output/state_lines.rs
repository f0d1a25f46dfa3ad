//! What a Singer target prints: each STATE once its rows are committed, and everything else beside it.
use std::io::{Write, stderr, stdout};

use ade_run::event::{Event, Observer, Status};

use super::Style;
use super::task_text::task_lines;

/// Prints each STATE as one line on standard output, and what a person wants to know on standard error.
pub(crate) struct StateReporter {
    pub(crate) style: Style,
    pub(crate) is_quiet: bool,
}

impl Observer for StateReporter {
    fn on(&self, event: &Event) {
        let text = match event {
            Event::FeedState { state } => {
                let mut out = stdout().lock();
                // Who went away will ask for the same rows again.
                let _ = writeln!(out, "{state}").and_then(|()| out.flush());
                return;
            }
            Event::TaskFinished(report) if !self.is_quiet || report.status == Status::Failed => {
                task_lines(report, self.style)
            }
            Event::Notice { message, .. } => format!("{} {message}", self.style.warn("!")),
            _ => return,
        };
        // Nobody is left to tell when standard error is gone.
        let _ = writeln!(stderr().lock(), "{text}");
    }
}
