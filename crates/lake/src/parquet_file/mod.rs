//! Our own Parquet files: how they are laid out, encoded on several threads, uploaded, and described to Delta.

mod encoder;
mod file_writer;
mod layout;
mod shrinking;
mod table_writer;

pub(crate) use table_writer::{TableWriter, TableWriterOptions};
