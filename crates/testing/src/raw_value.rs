//! Looks for values that must be nowhere: in the bytes of files, and in what compressed files hold.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use arrow::util::display::{ArrayFormatter, FormatOptions};
use memchr::memmem;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

/// A value that is where it must not be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Leak {
    /// The value.
    pub value: String,
    /// The file, and the column when it was inside of a Parquet file.
    pub place: String,
}

/// Every occurrence of `values` in the files: in their bytes (with that: names, statistics and dictionaries of Parquet
/// files), in the decoded columns of Parquet files, and in what gzip files unpack to.
///
/// A value is looked for as its text; a number (digits alone that fit) also as its eight bytes in memory.
pub fn leaks(files: &[PathBuf], values: &[&str]) -> Vec<Leak> {
    let mut found = Vec::new();
    for path in files {
        // A temporary file may be gone by now.
        let Ok(bytes) = fs::read(path) else { continue };
        for value in values {
            if occurs(&bytes, value) {
                found.push(Leak { value: (*value).to_owned(), place: path.display().to_string() });
            }
        }
        if bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1") {
            found.extend(in_columns(path, values));
        }
        if bytes.starts_with(&[0x1f, 0x8b]) {
            let mut unpacked = Vec::new();
            // What could be unpacked before an error is looked at.
            let _ = flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut unpacked);
            let place = format!("{} (unpacked)", path.display());
            let inside = values.iter().filter(|value| occurs(&unpacked, value));
            found.extend(inside.map(|value| Leak { value: (*value).to_owned(), place: place.clone() }));
        }
    }
    found
}

fn occurs(bytes: &[u8], value: &str) -> bool {
    let contains = |needle: &[u8]| memmem::find(bytes, needle).is_some();
    contains(value.as_bytes())
        || value.parse::<i64>().is_ok_and(|number| contains(&number.to_le_bytes()) || contains(&number.to_be_bytes()))
}

fn in_columns(path: &Path, values: &[&str]) -> Vec<Leak> {
    let mut found = Vec::new();
    let file = File::open(path).expect("a readable file");
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).and_then(ParquetRecordBatchReaderBuilder::build);
    let reader = reader.unwrap_or_else(|error| panic!("{} is no Parquet file: {error}", path.display()));
    for batch in reader {
        let batch = batch.unwrap_or_else(|error| panic!("{} cannot be read: {error}", path.display()));
        for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
            let options = FormatOptions::default();
            let shown = ArrayFormatter::try_new(column.as_ref(), &options).expect("every type can be shown");
            for row in 0..batch.num_rows() {
                let text = shown.value(row).to_string();
                for value in values.iter().filter(|value| text.contains(**value)) {
                    let place = format!("{}, column {}", path.display(), field.name());
                    found.push(Leak { value: (*value).to_owned(), place });
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
    use parquet::arrow::ArrowWriter;
    use parquet::basic::{Compression, ZstdLevel};
    use parquet::file::properties::{EnabledStatistics, WriterProperties};

    use super::*;
    use crate::Folder;

    #[test]
    fn values_are_found_in_text_in_compressed_columns_and_as_numbers() {
        let folder = Folder::with(&[("a.txt", "so canary-1 sings"), ("b.txt", "nothing")]);
        let names: ArrayRef = Arc::new(StringArray::from(vec!["canary-2"; 3]));
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![7_358_914_602_117; 3]));
        let batch = RecordBatch::try_from_iter([("name", names), ("number", numbers)]).unwrap();
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_statistics_enabled(EnabledStatistics::None)
            .build();
        let file = File::create(folder.at("c.parquet")).unwrap();
        let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        let mut found = leaks(&folder.files(), &["canary-1", "canary-2", "7358914602117", "canary-3"]);
        found.dedup();
        let values: Vec<&str> = found.iter().map(|leak| leak.value.as_str()).collect();
        assert!(values.contains(&"canary-1") && values.contains(&"canary-2") && values.contains(&"7358914602117"));
        assert!(!values.contains(&"canary-3"));
    }
}
