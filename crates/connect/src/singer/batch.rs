//! Rows that a tap wrote into files instead of its output: BATCH messages.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;

use arrow::record_batch::RecordBatch;
use serde_json::Value;
use url::Url;

use super::parse::{RawRows, RowParser};
use crate::{ConnectError, Place, RejectedRecord};

/// Bytes of a file that become one batch.
const BLOCK_BYTES: usize = 1 << 20;

/// A file of rows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BatchFile {
    pub(crate) path: PathBuf,
    pub(crate) is_gzip: bool,
}

/// The files of a BATCH message, or what about it cannot be read.
pub(crate) fn batch_files(encoding: &Value, manifest: &[String]) -> Result<Vec<BatchFile>, String> {
    let word = |name: &str| encoding.get(name).and_then(Value::as_str).unwrap_or("none");
    if word("format") != "jsonl" {
        return Err(format!("a BATCH of format `{}`; set the tap's `batch_config` to `jsonl`", word("format")));
    }
    let is_gzip = match word("compression") {
        "gzip" => true,
        "none" => false,
        other => return Err(format!("a BATCH compressed with `{other}`; set the tap's `batch_config` to `gzip`")),
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
    manifest.iter().map(|entry| Ok(BatchFile { path: path(entry)?, is_gzip })).collect()
}

/// All rows of a file.
pub(crate) fn read_batch_file(
    file: &BatchFile,
    parser: &RowParser,
) -> Result<Vec<(RecordBatch, Vec<RejectedRecord>)>, ConnectError> {
    let object = file.path.display().to_string();
    let failed = |source| ConnectError::Io { object: object.clone(), source };
    let opened = File::open(&file.path).map_err(failed)?;
    let bytes: Box<dyn Read> =
        if file.is_gzip { Box::new(flate2::read::MultiGzDecoder::new(opened)) } else { Box::new(opened) };
    let mut lines = BufReader::with_capacity(1 << 18, bytes);
    let (mut batches, mut number, mut line) = (Vec::new(), 0, Vec::new());
    let mut raw = RawRows { file: Some(object.clone()), ..RawRows::default() };
    loop {
        line.clear();
        if lines.read_until(b'\n', &mut line).map_err(failed)? == 0 {
            break;
        }
        number += 1;
        let row = line.trim_ascii();
        if !row.is_empty() {
            raw.push(row, number);
        }
        if raw.data.len() >= BLOCK_BYTES {
            batches.push(parser.parse(&raw)?);
            raw = RawRows { file: Some(object.clone()), ..RawRows::default() };
        }
    }
    if !raw.lines.is_empty() {
        batches.push(parser.parse(&raw)?);
    }
    Ok(batches)
}

/// What a BATCH that cannot be read is to whoever reads of it.
pub(crate) fn unreadable(from: &str, line: u64, reason: String) -> ConnectError {
    ConnectError::Malformed {
        place: Box::new(Place::of(format!("stream {from} in the tap's output")).line(line)),
        reason,
        advice: "or leave `batch_config` out of the tap's config: then rows come through the pipe".to_owned(),
    }
}
