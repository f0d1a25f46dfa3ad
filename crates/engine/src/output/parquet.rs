//! Rows as one Parquet file.

use std::io::Write;

use ::parquet::arrow::ArrowWriter;
use ::parquet::basic::Compression;
use ::parquet::file::properties::WriterProperties;
use futures::TryStreamExt;

use crate::Rows;
use crate::output::OutputError;

/// Writes all rows and gives their number. Compressed with Snappy, which every reader knows.
pub async fn write_parquet(mut rows: Rows, out: &mut (dyn Write + Send)) -> Result<u64, OutputError> {
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let mut writer = ArrowWriter::try_new(out, rows.schema(), Some(properties))?;
    let mut count = 0;
    while let Some(batch) = rows.try_next().await? {
        writer.write(&batch)?;
        count += batch.num_rows() as u64;
    }
    writer.into_inner()?.flush()?;
    Ok(count)
}
