//! Opening a database so that it cannot be harmed, and what its errors mean.

use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, Utc};
use rusqlite::ffi::ErrorCode;
use rusqlite::{Connection, Error, OpenFlags};

use crate::{ConnectError, PositionKey};

/// Which database, and how to open it.
#[derive(Debug, Clone)]
pub(crate) struct Database {
    /// As given, for messages.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) busy_timeout: Duration,
    pub(crate) position_key: Option<PositionKey>,
    pub(crate) now: Option<DateTime<Utc>>,
}

impl Database {
    /// A connection that can only read, within a read transaction that has begun.
    pub(crate) fn open(&self) -> Result<Connection, ConnectError> {
        if !self.path.is_file() {
            let reason = if self.path.exists() { "it is not a file" } else { "there is no such file" };
            let near = self.neighbour().map(|near| format!(" (did you mean `{near}`?)")).unwrap_or_default();
            return Err(self.cannot_open(reason, &format!("correct `path` of the connection{near}")));
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags).map_err(|error| self.open_failed(&error))?;
        let prepare = || -> Result<(), Error> {
            connection.busy_timeout(self.busy_timeout)?;
            connection.pragma_update(None, "query_only", true)?;
            // A mapped file that is cut off ends the process; a read that fails does not.
            let _: i64 = connection.pragma_update_and_check(None, "mmap_size", 0, |row| row.get(0)).unwrap_or(0);
            // What is sorted must not be written to a temporary file.
            connection.pragma_update(None, "temp_store", "memory")?;
            connection.execute_batch("begin")?;
            // The transaction takes its snapshot with the first read.
            connection.query_row("select count(*) from sqlite_schema", [], |row| row.get::<_, i64>(0)).map(drop)
        };
        prepare().map_err(|error| self.open_failed(&error))?;
        Ok(connection)
    }

    /// For digests of rows that a position holds.
    pub(crate) fn hasher(&self, table: &str) -> Result<blake3::Hasher, ConnectError> {
        let key = self.position_key.as_ref().ok_or_else(|| ConnectError::no_position_key(table))?;
        Ok(key.hasher())
    }

    /// The file beside it whose name is nearest, as one would write it.
    fn neighbour(&self) -> Option<String> {
        let folder = self.path.parent()?;
        let files = std::fs::read_dir(folder).ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let files: Vec<String> = files.collect();
        let own = self.path.file_name()?.to_str()?;
        let near = ade_diagnostic::suggest(own, files.iter().map(String::as_str))?;
        Some(format!("{}{near}", self.name.strip_suffix(own)?))
    }

    fn cannot_open(&self, reason: &str, advice: &str) -> ConnectError {
        ConnectError::Open {
            what: "SQLite database",
            object: self.name.clone(),
            reason: reason.to_owned(),
            advice: advice.to_owned(),
        }
    }

    fn open_failed(&self, error: &Error) -> ConnectError {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => self.busy(),
            Some(ErrorCode::NotADatabase) => {
                self.cannot_open("it is not a SQLite database", "correct `path` of the connection")
            }
            Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly) => self.cannot_open(
                reason(error),
                "allow this user to read it; a database in WAL mode, or one whose writer crashed, also needs its \
                 folder to be writable",
            ),
            _ => self.cannot_open(reason(error), "check the file with `sqlite3 FILE 'pragma integrity_check'`"),
        }
    }

    fn busy(&self) -> ConnectError {
        let waited_ms = u64::try_from(self.busy_timeout.as_millis()).unwrap_or(u64::MAX);
        ConnectError::Busy { object: self.name.clone(), waited_ms, setting: "busy_timeout_ms" }
    }

    /// An error while statements run. SQLite's own message may quote a value, so only its code is told.
    pub(crate) fn failed(&self, object: &str, error: &Error) -> ConnectError {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => self.busy(),
            _ => ConnectError::SourceFailed { object: object.to_owned(), reason: reason(error).to_owned() },
        }
    }

    /// An error while a statement is prepared: no row has been looked at, so SQLite's message cannot quote one.
    pub(crate) fn cannot_prepare(&self, object: &str, error: &Error) -> ConnectError {
        match error {
            Error::SqliteFailure(code, Some(message)) if code.code == ErrorCode::Unknown => ConnectError::Request {
                from: object.to_owned(),
                reason: format!("SQLite says: {message}"),
                advice: "repair the view or table in the source, or leave it out".to_owned(),
            },
            error => self.failed(object, error),
        }
    }
}

/// What an error means, without anything that was read.
fn reason(error: &Error) -> &'static str {
    match error {
        Error::SqliteFailure(error, _) => rusqlite::ffi::code_to_str(error.extended_code),
        _ => "a value could not be converted",
    }
}
