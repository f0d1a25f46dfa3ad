//! What a run says while it happens: values for whoever prints, logs or streams them.
mod check_report;
mod observer;
mod status;
mod summary;
mod task_report;

pub use check_report::CheckReport;
pub use observer::{Observer, Silent};
pub use status::Status;
pub use summary::{Summary, Waiting};
pub use task_report::TaskReport;

use serde::Serialize;

/// One thing that happened in a run. `--output json` prints each as one line; the tag is in `event`. What keeps a command
/// from its work is printed there, too: each problem of a project as a line with the event `problem`, anything else as one with
/// the event `error`.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A run begins.
    RunStarted {
        /// UUIDv7 of the run.
        run_id: String,
        /// The command: `build`, `ingest`…
        command: String,
        /// The environment it works in.
        environment: String,
        /// How many tasks it will carry out.
        tasks: usize,
    },
    /// A task begins.
    TaskStarted {
        /// Node id, as in dbt: `model.shop.orders`.
        node: String,
        /// The name people know it by.
        name: String,
        /// `source`, `model`, `seed`, `test`.
        kind: &'static str,
        /// The table or view that it makes: `schema.table`.
        relation: Option<String>,
    },
    /// A task is under way.
    TaskProgress {
        /// Node id.
        node: String,
        /// Rows handled so far.
        rows: u64,
        /// Rows expected, where the source knows.
        expected_rows: Option<u64>,
    },
    /// A task waits for a table that another program is writing.
    LeaseWaiting {
        /// Node id.
        node: String,
        /// The table.
        relation: String,
        /// Who holds it, in words.
        holder: String,
    },
    /// Something worth saying that is no failure.
    Notice {
        /// Node id, where it belongs to one.
        node: Option<String>,
        /// What.
        message: String,
    },
    /// All rows that a program piped in, up to where it said this, are committed.
    FeedState {
        /// Where the program is, in its own words: what it goes on from.
        state: serde_json::Value,
    },
    /// A task ended.
    TaskFinished(TaskReport),
    /// The run ended.
    RunFinished(Summary),
}
