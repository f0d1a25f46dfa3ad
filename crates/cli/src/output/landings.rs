//! For a program that lands what arrives, again and again: what has landed, and what could not.
use std::io::{Write, stderr};

use ade_run::event::{Event, Observer, Status};

use super::Style;
use super::task_text::task_lines;

/// Prints a line for each table that something became of, on standard error.
pub(crate) struct Landings {
    style: Style,
}

impl Landings {
    pub(crate) fn new(style: Style) -> Self {
        Self { style }
    }
}

impl Observer for Landings {
    fn on(&self, event: &Event) {
        let text = match event {
            Event::TaskFinished(report) if report.status != Status::Unchanged => task_lines(report, self.style),
            Event::Notice { message, .. } => format!("{} {message}", self.style.warn("!")),
            Event::LeaseWaiting { relation, holder, .. } => {
                format!("{} waiting for {relation}: {holder} is writing it", self.style.warn("!"))
            }
            _ => return,
        };
        // Nobody is left to tell when standard error is gone.
        let _ = writeln!(stderr().lock(), "{text}");
    }
}
