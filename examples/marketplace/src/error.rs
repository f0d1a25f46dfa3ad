//! What can go wrong when the example is written.

use std::path::PathBuf;

/// An error of writing the example project or its data.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MarketplaceError {
    /// A file or folder cannot be written or read.
    #[error("cannot {action} {}: {source}", path.display())]
    File {
        /// What was tried: `write`, `read`, `create`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The operating system's answer.
        source: std::io::Error,
    },
    /// The app's database refused a statement.
    #[error("cannot write the example's database {}: {source}", path.display())]
    Database {
        /// The database file.
        path: PathBuf,
        /// SQLite's answer.
        source: rusqlite::Error,
    },
    /// A scale that gives no data, or more than the example is made for.
    #[error("the scale must be from 0.01 to 1000, not {scale}")]
    Scale {
        /// As given.
        scale: f64,
    },
    /// The folder holds no data of the example, or of another version of it.
    #[error("{} holds no data of the marketplace example; write it with `ade demo` first", path.display())]
    NotGenerated {
        /// The project folder.
        path: PathBuf,
    },
}
