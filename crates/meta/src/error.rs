//! What can go wrong with the metadata database.

use std::{io, path::PathBuf};

use thiserror::Error;

use crate::LeaseRecord;

/// An operation on the metadata database failed.
#[derive(Debug, Error)]
pub enum MetaError {
    /// The folder of the database cannot be created.
    #[error("cannot create the folder {path}: {source}; the metadata database is to be kept there", path = path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// The file is not a database, or a damaged one.
    #[error(
        "the metadata database {path} is damaged ({detail}). The tables in the lake are not affected. Move the file away \
         (with its -wal and -shm neighbours) and build again: the history of runs is lost, and the next build does all \
         work once more",
        path = path.display()
    )]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        detail: String,
    },
    /// The file is a SQLite database of some other program.
    #[error(
        "{path} is a SQLite database, but not one of ade (it has the table {table:?} and none of ours). Move it away, \
         or name another file",
        path = path.display()
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// One of the tables in it.
        table: String,
    },
    /// A later program has changed the tables in a way this one does not know.
    #[error(
        "the metadata database {path} was last changed by ade {program} (its tables have version {found}; this program \
         knows {known}). Use ade {program} or later",
        path = path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Version of the tables in the file.
        found: i64,
        /// The last version that this program knows.
        known: i64,
        /// Version of the program that wrote them.
        program: String,
    },
    /// The database is only read.
    #[error("cannot {action} in {path}: it cannot be written to here (a read-only file system, or a lack of rights)", path = path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
    },
    /// Another process wrote for longer than this one was prepared to wait.
    #[error("cannot {action} in {path}: another process is writing to it; try again", path = path.display())]
    Busy {
        /// The file.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
    },
    /// The disk is full.
    #[error("cannot {action} in {path}: the disk is full; free some space and try again", path = path.display())]
    DiskFull {
        /// The file.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
    },
    /// Any other failure of the database.
    #[error("cannot {action} in {path}: {source}", path = path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// The reason.
        source: sqlx::Error,
    },
    /// Somebody else holds the lease.
    #[error(
        "{scope} is being written by {record}{waited}; try again when it has finished",
        scope = record.scope,
        waited = if *waited_ms > 0 { format!(" (waited {waited_ms} ms)") } else { String::new() }
    )]
    LeaseHeld {
        /// Who holds it.
        record: Box<LeaseRecord>,
        /// How long this process has waited.
        waited_ms: u64,
    },
    /// The lease was taken over after this process had not renewed it in time.
    #[error(
        "the lease on {scope} is lost{}: nothing was written under it; run again",
        now_held_by.as_ref().map(|record| format!(", it is now held by {record}")).unwrap_or_default()
    )]
    LeaseLost {
        /// What the lease was on.
        scope: String,
        /// The token that is worth nothing any more.
        token: u64,
        /// Who holds it now, if anybody.
        now_held_by: Option<Box<LeaseRecord>>,
    },
}
