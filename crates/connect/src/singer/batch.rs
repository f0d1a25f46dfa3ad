//! Rows that a tap wrote into files instead of its output: BATCH messages. The thread that reads the output reads them, too, block
//! by block: memory does not grow with a file, and its rows come where the tap put them.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use arrow::datatypes::DataType;
use arrow::record_batch::RecordBatch;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;
use url::Url;

use super::parse::RawRows;
use super::part::Slot;
use crate::files::avro::in_json;
use crate::{ConnectError, Place};

/// Bytes of a file of lines that become one batch.
const BLOCK_BYTES: usize = 1 << 20;
/// Rows of a Parquet file that do.
const BLOCK_ROWS: usize = 8_192;
/// No line is longer.
const LONGEST_LINE: u64 = 1 << 30;

/// A file of rows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BatchFile {
    path: PathBuf,
    format: BatchFormat,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum BatchFormat {
    Lines,
    GzipLines,
    /// Which says itself how it is compressed.
    Parquet,
}

/// The files of a BATCH message, or what about it cannot be read.
pub(crate) fn batch_files(encoding: &Value, manifest: &[String]) -> Result<Vec<BatchFile>, String> {
    let word = |name: &str| encoding.get(name).and_then(Value::as_str).unwrap_or("none");
    let format = match (word("format"), word("compression")) {
        ("parquet", _) => BatchFormat::Parquet,
        ("jsonl", "gzip") => BatchFormat::GzipLines,
        ("jsonl", "none") => BatchFormat::Lines,
        ("jsonl", other) => {
            return Err(format!("a BATCH compressed with `{other}`; set the tap's `batch_config` to `gzip`"));
        }
        (other, _) => {
            return Err(format!("a BATCH of format `{other}`; set the tap's `batch_config` to `jsonl` or `parquet`"));
        }
    };
    let path = |entry: &String| {
        let path = match Url::parse(entry) {
            Ok(url) if url.scheme() == "file" => url.to_file_path().ok(),
            Ok(_) => None,
            Err(_) => Some(PathBuf::from(entry)),
        };
        let path = path.filter(|path| path.is_absolute());
        path.ok_or_else(|| {
            "a BATCH whose files are not on this machine; set its `storage.root` to a `file://` folder".to_owned()
        })
    };
    manifest.iter().map(|entry| Ok(BatchFile { path: path(entry)?, format })).collect()
}

impl BatchFile {
    /// Gives all rows of the file, block by block, until `give` says that nobody wants more. Tells how many bytes they were.
    pub(crate) fn read(&self, give: &mut dyn FnMut(Slot) -> bool) -> Result<u64, ConnectError> {
        let object = self.path.display().to_string();
        let file = File::open(&self.path).map_err(|source| ConnectError::Io { object: object.clone(), source })?;
        match self.format {
            BatchFormat::Lines => lines(&object, file, give),
            BatchFormat::GzipLines => lines(&object, flate2::read::MultiGzDecoder::new(file), give),
            BatchFormat::Parquet => parquet(&self.path, file, give),
        }
    }
}

fn lines(object: &str, file: impl Read, give: &mut dyn FnMut(Slot) -> bool) -> Result<u64, ConnectError> {
    let mut file = BufReader::with_capacity(1 << 18, file);
    let new = || RawRows { file: Some(object.to_owned()), ..RawRows::default() };
    let (mut raw, mut number, mut bytes, mut line) = (new(), 0, 0, Vec::new());
    loop {
        line.clear();
        let read = (&mut file).take(LONGEST_LINE).read_until(b'\n', &mut line);
        let read = read.map_err(|source| ConnectError::Io { object: object.to_owned(), source })? as u64;
        if read >= LONGEST_LINE {
            return Err(ConnectError::Malformed {
                place: Box::new(Place::of(object).line(number + 1)),
                reason: "the line is longer than 1 GiB".to_owned(),
                advice: "have the tap write one row on each line".to_owned(),
            });
        }
        bytes += read;
        number += 1;
        let row = line.trim_ascii();
        if !row.is_empty() {
            raw.push(row, number);
        }
        let is_end = read == 0;
        let is_due = raw.data.len() >= BLOCK_BYTES || is_end && !raw.lines.is_empty();
        let is_wanted = !is_due || give(Slot::Rows(std::mem::replace(&mut raw, new())));
        if is_end || !is_wanted {
            return Ok(bytes);
        }
    }
}

fn parquet(path: &Path, file: File, give: &mut dyn FnMut(Slot) -> bool) -> Result<u64, ConnectError> {
    let object = path.display().to_string();
    let broken = || ConnectError::Malformed {
        place: Box::new(Place::of(&object)),
        reason: "it is not a Parquet file that can be read".to_owned(),
        advice: "look at the tap's log, or for a later version of it".to_owned(),
    };
    // What the library says of a file may show values of it.
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|_| broken())?;
    let reader = reader.with_batch_size(BLOCK_ROWS).build().map_err(|_| broken())?;
    let (mut first_row, mut bytes) = (0, 0);
    for rows in reader {
        let rows = flat(&rows.map_err(|_| broken())?).ok_or_else(broken)?;
        let count = rows.num_rows() as u64;
        bytes += rows.get_array_memory_size() as u64;
        if !give(Slot::Typed(TypedRows { object: object.clone(), first_row, rows })) {
            return Ok(bytes);
        }
        first_row += count;
    }
    Ok(bytes)
}

/// Rows whose file has types of its own.
pub(crate) struct TypedRows {
    /// The file.
    pub(crate) object: String,
    /// How many of its rows are before these.
    pub(crate) first_row: u64,
    pub(crate) rows: RecordBatch,
}

/// The same with what is nested in JSON, as in lines.
fn flat(rows: &RecordBatch) -> Option<RecordBatch> {
    let schema = rows.schema();
    let columns = schema.fields().iter().zip(rows.columns()).map(|(field, column)| {
        let column = if column.data_type().is_nested() { in_json(column)? } else { column.clone() };
        let column = match column.data_type() {
            DataType::Dictionary(_, value) => arrow::compute::cast(&column, value).ok()?,
            _ => column,
        };
        Some((field.name().clone(), column, true))
    });
    RecordBatch::try_from_iter_with_nullable(columns.collect::<Option<Vec<_>>>()?).ok()
}

/// What a BATCH that cannot be read is to whoever reads of it.
pub(crate) fn unreadable(from: &str, line: u64, reason: String) -> ConnectError {
    ConnectError::Malformed {
        place: Box::new(Place::of(format!("stream {from} in the tap's output")).line(line)),
        reason,
        advice: "or leave `batch_config` out of the tap's config: then rows come through the pipe".to_owned(),
    }
}
