//! PostgreSQL databases as a source.
//!
//! A [`session::Session`] speaks PostgreSQL's protocol over a raw `stream` (TCP, Unix socket, SSH tunnel; encrypted by `tls`).

mod capture;
mod endpoint;
mod literal;
mod server_error;
mod session;
mod startup;
mod stream;
mod tls;
mod tunnel;
