//! For commands whose standard output is their answer: what else there is to say goes to standard error.
use std::io::{Write, stderr};

use ade_run::event::{Event, Observer};

use super::Style;

/// Prints notices on standard error and nothing else.
pub(crate) struct Notices {
    pub(crate) style: Style,
}

impl Observer for Notices {
    fn on(&self, event: &Event) {
        let text = match event {
            Event::Notice { message, .. } => message.clone(),
            Event::LeaseWaiting { relation, holder, .. } => format!("waiting for {relation}: {holder} is writing it"),
            _ => return,
        };
        // Nobody is left to tell when standard error is gone.
        let _ = writeln!(stderr().lock(), "{} {text}", self.style.warn("!"));
    }
}
