//! A table that landed in another mode than the one that is declared now: whether its rows can stay, and what is said.
use ade_connect::Note;
use ade_diagnostic::{Diagnostic, rule};
use ade_lake::Snapshot;
use ade_project::resource::{IngestMode, SourceTable};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ingest::landed;

/// A mode, as commits remember it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LandedMode {
    /// Read whole each time.
    Full,
    /// Read from where a cursor, or its files, ended.
    Incremental,
    /// Followed by its database's log.
    Capture,
}

impl LandedMode {
    /// As a sources file has it.
    fn word(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Incremental => "incremental",
            Self::Capture => "capture",
        }
    }
}

impl From<IngestMode> for LandedMode {
    fn from(mode: IngestMode) -> Self {
        match mode {
            IngestMode::Full => Self::Full,
            IngestMode::Incremental => Self::Incremental,
            IngestMode::Capture => Self::Capture,
        }
    }
}

/// A table that landed in another mode than the declared one. What it was read to means nothing in that one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Switched {
    before: LandedMode,
    now: LandedMode,
}

impl Switched {
    /// `None`: it landed in this mode, or nobody knows in which.
    pub(super) fn since(table: &Snapshot, mode: IngestMode) -> Option<Self> {
        let (before, now) = (landed(table)?.mode?, mode.into());
        (before != now).then_some(Self { before, now })
    }

    /// All of the table is read again, by itself: it holds what its source holds, or did. What stands against that is that an
    /// incremental table may hold rows that its source has removed since: those would be gone.
    pub(super) fn taken(self, source: &SourceTable) -> Result<Note, Vec<Diagnostic>> {
        let (table, before, now) = (format!("{}.{}", source.source, source.name), self.before.word(), self.now.word());
        if self.before != LandedMode::Incremental {
            let message =
                format!("all of `{table}` is read again: it landed with `mode: {before}`, and has `mode: {now}` now");
            return Ok(Note { id: Note::SWITCHED, message });
        }
        let message =
            format!("`{table}` landed with `mode: {before}`, and has `mode: {now}` now: all of it would be replaced");
        let place = source.ingest.as_ref().map_or(&source.origin, |declared| &declared.origin);
        let problem = Diagnostic::error(&rule::INVALID_INGEST, message)
            .at(place.clone())
            .note("it may have rows that its source has removed: those would be gone")
            .hint(format!(
                "load all of it again with `ade ingest --select source:{table} --full-refresh`, once, or go back to `mode: {before}`"
            ));
        Err(vec![problem])
    }
}

/// Where a table was read to, for reading it in this mode.
pub(super) fn position(table: &Snapshot, mode: IngestMode) -> Option<Value> {
    table.state().position.clone().filter(|_| Switched::since(table, mode).is_none())
}
