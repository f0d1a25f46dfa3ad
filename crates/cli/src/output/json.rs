//! One event per line, for machines.
use std::io::{Write, stdout};

use ade_run::event::{Event, Observer};

/// Prints every event as one line of JSON on standard output.
pub(crate) struct JsonReporter;

impl Observer for JsonReporter {
    fn on(&self, event: &Event) {
        if let Ok(line) = serde_json::to_string(event) {
            // A reader that went away (a closed pipe) must not stop a build half-way.
            let _ = writeln!(stdout().lock(), "{line}");
        }
    }
}
