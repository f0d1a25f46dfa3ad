//! What can go wrong with a source.

use std::io;

use thiserror::Error;

use crate::{Place, SettingProblem};

/// Errors of this crate. No message contains a value that was read.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// There is no such type of connection.
    #[error("there is no connector `{name}`; there are {}", known.join(", "))]
    UnknownConnector {
        /// The word after `type:`.
        name: String,
        /// All that there are.
        known: Vec<String>,
    },
    /// Settings that passed by unvalidated.
    #[error("the settings do not fit: {}", problems.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>().join("; "))]
    Settings {
        /// Each of them.
        problems: Vec<SettingProblem>,
    },
    /// The source cannot be opened.
    #[error("cannot open {what} `{object}`: {reason}; {advice}")]
    Open {
        /// What kind of thing it is.
        what: &'static str,
        /// Its path or address.
        object: String,
        /// Why not.
        reason: String,
        /// What to do.
        advice: String,
    },
    /// The source has no such table, or no file matches.
    #[error("there is no {what} `{from}` in {within}{}", hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default())]
    NotFound {
        /// “table” or “file”.
        what: &'static str,
        /// As asked for.
        from: String,
        /// The database or folder.
        within: String,
        /// What to do.
        hint: Option<String>,
    },
    /// A path that leaves the connection's folder.
    #[error("`{from}` leaves the connection's folder; write a path below it, without `..` or a leading `/`")]
    OutsideFolder {
        /// As asked for.
        from: String,
    },
    /// A file that a symbolic link out of the connection's folder leads to.
    #[error(
        "`{object}` is behind a symbolic link that leads out of the connection's folder; set `follow_links: true` on the connection if it is meant to, or put the file into the folder"
    )]
    LinkOutside {
        /// The file.
        object: String,
    },
    /// What was asked for makes no sense for this source.
    #[error("cannot read `{from}`: {reason}; {advice}")]
    Request {
        /// The table or files.
        from: String,
        /// What is wrong with the request.
        reason: String,
        /// What to do.
        advice: String,
    },
    /// The data breaks the rules of its format.
    #[error("{place}: {reason}; {advice}")]
    Malformed {
        /// Where.
        place: Box<Place>,
        /// What is wrong.
        reason: String,
        /// What to do.
        advice: String,
    },
    /// A value does not fit the type of its column.
    #[error("{place}: expected {expected}, found {found}; {advice}")]
    Value {
        /// Where, with the column.
        place: Box<Place>,
        /// SQL name of the column's type.
        expected: String,
        /// The value's shape, never the value.
        found: String,
        /// What to do.
        advice: String,
    },
    /// The source changed between the plan and the end of the read.
    #[error("`{object}` changed while it was read; nothing of it is used, run again when it is complete")]
    SourceChanged {
        /// The file.
        object: String,
    },
    /// The source broke off.
    #[error("reading `{object}` failed: {reason}; nothing of this read is used, run again when the source is well")]
    SourceFailed {
        /// The file or table.
        object: String,
        /// The source's complaint, without values.
        reason: String,
    },
    /// A file cannot be read.
    #[error("cannot read `{object}`: {source}")]
    Io {
        /// The file.
        object: String,
        /// The system's complaint.
        source: io::Error,
    },
    /// The database is busy.
    #[error("`{object}` stayed locked by another program for {waited_ms} ms; run again, or raise `{setting}`")]
    Busy {
        /// The database.
        object: String,
        /// How long it was waited for.
        waited_ms: u64,
        /// The setting of the connection that says how long to wait.
        setting: &'static str,
    },
}

impl ConnectError {
    /// A stable kebab-case id of the kind of error.
    pub fn id(&self) -> &'static str {
        match self {
            Self::UnknownConnector { .. } => "unknown-connector",
            Self::Settings { .. } => "connection-settings",
            Self::Open { .. } => "connection-failed",
            Self::NotFound { .. } => "source-not-found",
            Self::OutsideFolder { .. } | Self::LinkOutside { .. } => "path-outside-folder",
            Self::Request { .. } => "source-request",
            Self::Malformed { .. } => "source-malformed",
            Self::Value { .. } => "source-value",
            Self::SourceChanged { .. } => "source-changed",
            Self::SourceFailed { .. } => "source-failed",
            Self::Io { .. } => "source-io",
            Self::Busy { .. } => "source-busy",
        }
    }

    /// The error of an incremental read through a connection that was opened without a key.
    pub(crate) fn no_position_key(from: &str) -> Self {
        Self::Request {
            from: from.to_owned(),
            reason: "an incremental read keeps digests of rows, and there is no key for them".to_owned(),
            advice: "make a key for the environment with `ade init`, or use `mode: full`".to_owned(),
        }
    }

    /// Whether running again, with nothing changed by a person, may succeed.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::SourceChanged { .. } | Self::SourceFailed { .. } | Self::Io { .. } | Self::Busy { .. })
    }
}
