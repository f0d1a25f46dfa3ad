//! Rows as JSON.

use std::io::Write;
use std::sync::Arc;

use arrow_json::WriterBuilder;
use arrow_json::writer::{JsonArray, JsonFormat, LineDelimited, Writer};
use futures::TryStreamExt;

use crate::Rows;
use crate::output::OutputError;
use crate::output::json_float::JsonFloats;

/// How JSON objects stand next to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonLayout {
    /// One array of objects.
    Array,
    /// One object per line.
    Lines,
}

/// Writes all rows and gives their number. Every column is there in every object; NULL is `null`, and what is no finite number
/// is a text (`"NaN"`, `"Infinity"`, `"-Infinity"`), as in PostgreSQL.
pub async fn write_json(rows: Rows, out: &mut (dyn Write + Send), layout: JsonLayout) -> Result<u64, OutputError> {
    match layout {
        JsonLayout::Array => write::<JsonArray>(rows, out).await,
        JsonLayout::Lines => write::<LineDelimited>(rows, out).await,
    }
}

async fn write<F: JsonFormat + Send>(mut rows: Rows, out: &mut (dyn Write + Send)) -> Result<u64, OutputError> {
    let mut writer: Writer<_, F> = WriterBuilder::new()
        .with_explicit_nulls(true)
        .with_encoder_factory(Arc::new(JsonFloats))
        .with_date_format("%Y-%m-%d".to_owned())
        .with_timestamp_format("%Y-%m-%dT%H:%M:%S%.f".to_owned())
        .with_timestamp_tz_format("%Y-%m-%dT%H:%M:%S%.f%:z".to_owned())
        .build(out);
    let mut count = 0;
    while let Some(batch) = rows.try_next().await? {
        writer.write(&batch)?;
        count += batch.num_rows() as u64;
    }
    writer.finish()?;
    writer.into_inner().flush()?;
    Ok(count)
}
