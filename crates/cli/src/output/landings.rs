//! For a program that lands what arrives, again and again: what has landed, and what could not.
use std::collections::HashMap;
use std::io::{Write, stderr};
use std::sync::{Mutex, PoisonError};

use ade_run::event::{Event, Observer, Status};

use super::Style;
use super::task_text::task_lines;

/// Prints a line for each table that something became of, on standard error.
pub(crate) struct Landings {
    style: Style,
    /// What was said last of each table that could not land: once is enough.
    failures: Mutex<HashMap<String, String>>,
}

impl Landings {
    pub(crate) fn new(style: Style) -> Self {
        Self { style, failures: Mutex::default() }
    }
}

impl Observer for Landings {
    fn on(&self, event: &Event) {
        let text = match event {
            Event::TaskFinished(report) if report.status == Status::Unchanged => return,
            Event::TaskFinished(report) => {
                let (name, said) = (report.node.clone(), report.message.clone().unwrap_or_default());
                let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
                let before = if report.status == Status::Failed {
                    failures.insert(name, said.clone())
                } else {
                    failures.remove(&name)
                };
                if report.status == Status::Failed && before == Some(said) {
                    return;
                }
                task_lines(report, self.style)
            }
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
