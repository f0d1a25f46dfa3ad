//! What can keep the collector from serving.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use thiserror::Error;

/// What can keep the collector from serving.
#[derive(Debug, Error)]
pub enum ServerError {
    /// The project has nothing to collect.
    #[error(
        "no connection of the project is of `type: events`, so there is nothing to collect; declare one in `ade.yml` with the write keys of its sources"
    )]
    NothingToCollect,
    /// Nothing of what is sent with a write key could land.
    #[error(
        "source `{source_name}` of connection `{connection}` has a write key and no table, so what its clients send would land nowhere; list tables of it (`ade inspect {connection} --source {source_name} --write`), or take its write key away"
    )]
    NoTables {
        /// The connection.
        connection: String,
        /// The source.
        source_name: String,
    },
    /// The address cannot be listened at.
    #[error("cannot listen at {address}: {source}; choose another one with --listen")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The system's complaint.
        source: io::Error,
    },
    /// Two sources have the same write key.
    #[error("sources `{first}` and `{second}` have the same write key: events could not be told apart")]
    SameKey {
        /// One of them.
        first: String,
        /// The other.
        second: String,
    },
    /// Another program writes the log.
    #[error("another `ade serve` collects for connection `{connection}` ({folder}); end it first", folder = folder.display())]
    Taken {
        /// The connection.
        connection: String,
        /// Where its log is.
        folder: PathBuf,
    },
    /// The log cannot be opened.
    #[error("the event log of connection `{connection}` cannot be opened: {source}")]
    Log {
        /// The connection.
        connection: String,
        /// The system's complaint.
        source: io::Error,
    },
    /// The project.
    #[error(transparent)]
    Run(#[from] ade_run::RunError),
}
