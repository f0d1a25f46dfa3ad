//! What holds for all events of a source.

use ade_diagnostic::Location;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SourceTable;

/// What holds for all events of a source that a connection of `type: events` collects.
#[derive(Clone, Debug, PartialEq)]
pub struct EventSource {
    /// What becomes of events that no table is for.
    pub on_new_event: OnNewEvent,
    /// How many tables may appear by themselves.
    pub most_new_tables: usize,
    /// What such a table is like, but for its name.
    pub template: SourceTable,
    /// Where it is declared.
    pub origin: Location,
}

/// What becomes of an event that no table of its source is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnNewEvent {
    /// It is kept apart until somebody lists a table for it.
    #[default]
    Quarantine,
    /// A table of its name appears, with the columns that are decided about.
    Evolve,
    /// Nothing of the source lands until somebody decides; events wait in the log.
    Stop,
    /// It is left out, and counted.
    Ignore,
}
