//! SQLite databases as a source.
//!
//! A snapshot is a connection on a thread of its own (`worker`) inside one read transaction: all tables are of one
//! moment, whoever writes meanwhile. The thread does what it is asked in order: it plans, and it reads one stream at
//! a time through a bounded channel. SQLite types values, not columns, so `column_type` maps declared types and
//! `evidence` looks at all values where nothing is promised; `value_builder` turns values into Arrow or says exactly
//! where one does not fit.

mod browse;
mod catalog;
mod column_type;
mod connection;
mod connector;
mod cursor;
mod database;
mod epochs;
mod evidence;
mod plan;
mod position;
mod query;
mod read;
mod snapshot;
mod value_builder;
mod worker;

pub use connector::SqliteConnector;
