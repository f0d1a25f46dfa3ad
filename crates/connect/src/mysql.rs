//! MySQL and MariaDB as a source.
//!
//! A snapshot is a session on a task of its own (`worker`) inside one read-only transaction `with consistent snapshot`: all
//! tables of engines with transactions are of one moment, whoever writes meanwhile. Sessions cannot share a snapshot without a
//! lock on the whole server, so there is one, and it reads one stream at a time: rows arrive in the binary protocol one by
//! one, are never collected, and go straight into Arrow builders (`decoder`). Types come from the catalog
//! (`column_type`): nothing is inferred. What is given up is ended in the server by `kill query` from a second session, which
//! leaves the transaction as it is. `capture` follows the server's binary log.

mod browse;
mod capture;
mod catalog;
mod checklist;
mod column_type;
mod connection;
mod connector;
mod cursor;
mod decoder;
mod digest;
mod failure;
mod keys;
mod login;
mod lookers;
mod plan;
mod position;
mod query;
mod read;
mod server;
mod session;
mod snapshot;
mod text;
mod tls;
mod worker;

pub use connector::MySqlConnector;
