//! Our own Parquet files: how they are laid out, encoded on several threads, uploaded, and described to Delta.

mod encoder;
mod file_writer;
mod layout;
mod sink;
mod table_writer;
mod text_sample;

pub(crate) use table_writer::{TableWriter, TableWriterOptions};
