//! Nothing but what went wrong, on standard error.
use std::io::{Write, stderr};

use ade_run::event::{Event, Observer};

use super::Style;
use super::task_text::task_lines;

/// Prints failures; says nothing when all goes well.
pub(crate) struct QuietReporter {
    pub(crate) style: Style,
}

impl Observer for QuietReporter {
    fn on(&self, event: &Event) {
        let text = match event {
            Event::TaskFinished(report) if report.status == ade_run::event::Status::Failed => {
                task_lines(report, self.style)
            }
            _ => return,
        };
        // Nobody is left to tell when standard error is gone.
        let _ = writeln!(stderr().lock(), "{text}");
    }
}
