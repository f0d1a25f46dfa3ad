//! From a connection to a landed table: what was promised, what is obfuscated, what is committed.
mod arrival;
mod captures;
mod carry;
mod changed_rows;
mod connections;
mod continuity;
mod contract;
mod door;
mod gaps;
mod ingest;
mod key;
mod landing;
mod losses;
mod obfuscation;
mod stamp;
mod waves;

pub(crate) use captures::{Captures, consumer};
pub(crate) use connections::{
    Connections, check_all as check_connections, of_connection, open as open_connection,
    settings as connection_settings,
};
pub(crate) use ingest::ingest;
pub(crate) use obfuscation::Obfuscation;
