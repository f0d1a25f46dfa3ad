//! PostgreSQL databases as a source.
//!
//! A [`session::Session`] speaks PostgreSQL's protocol over a raw `stream` (TCP, Unix socket, SSH tunnel; encrypted by `tls`).
//! A snapshot is a transaction of a leader whose moment is exported to readers (`sessions`). A table is planned from the
//! `catalog` alone: each column has a `reading`, which says what the server is asked for and what becomes of it. Its rows are
//! read in ranges of pages, each a COPY in the binary format whose rows are decoded where they lie in the socket's buffer
//! (`rows`, `value`), by several readers at once and in order (`read`). `server_error` sees to it that no message of the server
//! that could quote a value is passed on.

mod browse;
mod capture;
mod catalog;
mod checklist;
mod connection;
mod connector;
mod cursor;
mod database;
mod endpoint;
mod finish;
mod keys;
mod limits;
mod literal;
mod lookers;
mod plan;
mod position;
mod rate_limit;
mod read;
mod reader;
mod reading;
mod relation_name;
mod release;
mod rows;
mod server_error;
mod session;
mod sessions;
mod setup;
mod snapshot;
mod source_type;
mod startup;
mod stream;
mod table;
mod tls_end_point;
mod transaction;
mod unit;
mod value;
mod window;

pub use connector::PostgresConnector;
pub use setup::PostgresSetup;
