//! How a source table comes into the lake.

use std::collections::BTreeMap;
use std::time::Duration;

use ade_diagnostic::Location;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// `ingest:` of a source table.
#[derive(Clone, Debug, PartialEq)]
pub struct Ingest {
    /// Table, or glob of files, inside the connection.
    pub from: String,
    /// Replace everything or add what is new.
    pub mode: IngestMode,
    /// Column that grows with every change; only with [`IngestMode::Incremental`].
    pub cursor: Option<String>,
    /// How far before the last position each read begins again, to catch rows that arrived late.
    pub overlap: Option<Overlap>,
    /// Columns that identify a row: rows with a known key replace the older ones. Empty: rows are only added.
    pub key: Vec<String>,
    /// When the keys of a table that is read incrementally are compared with those of its source.
    pub sweep: Sweep,
    /// What the connector may want to know beside that (`format`, `compression`, `delimiter`, `header`, `null`, …),
    /// by its own names.
    pub options: Map<String, Value>,
    /// Where the key of each option is written.
    pub option_origins: BTreeMap<String, Location>,
    /// Where it is declared; where the table is declared when it has no `ingest:`.
    pub origin: Location,
}

/// How much of a source table each run reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum IngestMode {
    /// Everything, and it replaces everything.
    #[default]
    Full,
    /// What changed since the last run: after the cursor's position, or the new and changed files.
    Incremental,
    /// What became of its rows since the last run, from the log that the database itself writes: changes and deletions.
    Capture,
}

/// A distance in the cursor column, back from the last position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overlap {
    /// For cursors that are times.
    Time(Duration),
    /// For cursors that are numbers.
    Amount(i64),
}

/// How often keys are compared with the source's, to find out which rows it has not got any more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sweep {
    /// Never: rows that the source deletes stay.
    #[default]
    Never,
    /// In every run.
    Every,
    /// In the first run that begins so long after the one that did it last.
    After(Duration),
}
