//! Files as a source: CSV, fixed width, JSON, Excel, Avro and Parquet, plain or compressed, one by one or by a glob.
//!
//! How a read goes: `pattern` finds the files below the connection's folder in a fixed order; `plan` compares their
//! content hashes with the position and makes the units; each format says which columns a file has (`csv::header`,
//! `json_lines::infer`, `avro::container`, `parquet::footer`) and, where types are not promised, infers them over everything. A read
//! cuts text into blocks at record ends (`text::blocks`), parses blocks on several threads and gives the batches
//! in order (`parallel`). Bytes come through the small trait in `store`: from the local
//! disk (`local_store`), or from a bucket or a web server (`remote`).

pub(crate) mod avro;
mod broken;
mod browse;
mod bytes;
mod columns;
mod connection;
mod connector;
mod csv;
mod excel;
mod file_columns;
mod gone;
mod group;
mod guessed_encoding;
mod guessed_forms;
mod hash;
pub(crate) mod json_lines;
mod local_store;
mod looked;
mod names;
mod options;
pub(crate) mod parallel;
mod parquet;
mod pattern;
mod plan;
mod position;
mod read;
mod remote;
mod reread;
mod row_place;
mod snapshot;
mod store;
pub(crate) mod text;
pub(crate) mod typed;
mod unit;
mod zip;

#[cfg(feature = "kafka")]
pub(crate) use columns::unsupported;
pub use connector::FilesConnector;
#[cfg(feature = "kafka")]
pub(crate) use file_columns::wider;
pub(crate) use json_lines::{Kind, Member, members, members_within, unescape};
pub use position::files_of_position;
