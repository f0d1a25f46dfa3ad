//! How our Parquet files are laid out, and why. The figures are from reading TPC-H with DataFusion on 2 cores.

use std::sync::Arc;

use arrow::array::RecordBatch;
use parquet::basic::{Compression, Type as PhysicalType};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::SchemaDescriptor;

use super::text_sample::TextSample;

/// A row group holds at most this many rows: large enough that a scan does not pay per group, small enough that two
/// cores have something each to do in a table of a few million rows.
pub(super) const ROW_GROUP_ROWS: usize = 1 << 20;

/// A row group is closed early at this many encoded bytes, so that wide rows do not fill the memory.
pub(super) const ROW_GROUP_BYTES: usize = 32 << 20;

/// Rows are gathered to this many before they are encoded: the unit of work that is spread over threads.
pub(super) const CHUNK_ROWS: usize = 1 << 16;

/// … or to this many bytes in memory, for wide rows.
pub(super) const CHUNK_BYTES: usize = 32 << 20;

/// Bytes are uploaded in parts of at least this size (S3 wants 5 MiB).
pub(super) const PART_BYTES: usize = 8 << 20;

/// The settings of the Parquet writer for files of `schema` that begin with `sample`.
pub(super) fn properties(schema: &SchemaDescriptor, sample: &RecordBatch) -> Arc<WriterProperties> {
    let mut properties = WriterProperties::builder()
        // Dictionaries make filters and group-bys on low-cardinality columns cheap; the writer falls back by itself.
        .set_dictionary_enabled(true)
        // Page statistics and the page index let a scan skip inside of row groups.
        .set_statistics_enabled(EnabledStatistics::Page)
        // Bounds of long strings need only tell them apart.
        .set_statistics_truncate_length(Some(64))
        .set_column_index_truncate_length(Some(64))
        // Point lookups are rare here, and bloom filters cost space in every file.
        .set_bloom_filter_enabled(false)
        // Decimals become INT32 and INT64 up to 18 digits without being asked (byte arrays cost 1.2 times the time).
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_created_by(concat!("ade version ", env!("CARGO_PKG_VERSION")).to_owned())
        // Decoding, not reading, limits a scan on local disks and on object stores with a few streams. Numbers that
        // repeat are small by their dictionaries already, and the others hardly shrink: compressed with LZ4, all of
        // TPC-H takes a third longer.
        .set_compression(Compression::UNCOMPRESSED);
    for column in schema.columns() {
        // Text does shrink, to half and less, but for pseudonyms, hashes and what is encrypted. LZ4_RAW is the standard's
        // block format, which every current reader knows.
        let is_nested = column.path().parts().len() > 1;
        let values = sample.column_by_name(column.name()).filter(|_| !is_nested);
        if column.physical_type() != PhysicalType::BYTE_ARRAY {
            continue;
        }
        let sample = values.map(TextSample::of);
        if sample.is_none_or(|sample| sample.shrinks) {
            properties = properties.set_column_compression(column.path().clone(), Compression::LZ4_RAW);
        }
        if sample.is_some_and(|sample| !sample.has_bounds()) {
            // Finding the bounds of codes costs more than writing them.
            properties = properties.set_column_statistics_enabled(column.path().clone(), EnabledStatistics::None);
        }
    }
    Arc::new(properties.build())
}
