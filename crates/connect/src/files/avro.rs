//! Avro object container files: types as the file declares them, blocks side by side.
//!
//! A file begins with its schema; then come blocks of rows, each behind its size and before a marker that the header names. So a
//! file is cut without being understood (`container`), and each piece is decoded behind a copy of the header (`piece`). Times of
//! day, UUIDs, durations, enumerations and unions of several types are text; a union with `null` is a column that may be NULL.

mod container;
mod header;
mod piece;
mod text;

pub(crate) use container::Container;
pub(crate) use piece::Reading;
#[cfg(feature = "kafka")]
pub(crate) use text::{in_json, read_as, to_text};
