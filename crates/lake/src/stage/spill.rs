//! Arrivals on the local disk, spread over files by the hash of their key, so that all arrivals of one key are in one file.

use std::fs::File;
use std::hash::BuildHasher;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use arrow::compute::interleave_record_batch;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::ipc::writer::StreamWriter;
use hashbrown::DefaultHashBuilder;

use super::key_converter::KeyConverter;
use super::winners::{KeyColumns, project};
use crate::memory::unshare;

/// Files that arrivals are spread over. Arrivals may be this many times as large as the memory.
const BUCKETS: usize = 64;

/// Rows of a batch in a file, at most.
const BATCH_ROWS: usize = 8192;

/// Rows that are spread together: enough for whole batches in each file. In small ones every read and write would mostly
/// be about where the columns are.
const SPREAD_ROWS: usize = BUCKETS * BATCH_ROWS;

/// The files on the local disk; they go when this does.
pub(super) struct Spill {
    folder: SpillFolder,
    schema: SchemaRef,
    hasher: DefaultHashBuilder,
    buckets: Vec<Option<StreamWriter<BufWriter<File>>>>,
}

/// A folder that is removed with what is in it.
pub(super) struct SpillFolder(PathBuf);

impl Drop for SpillFolder {
    fn drop(&mut self) {
        // What stays behind after a crash is the caller's to remove: the folder is for nothing else.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl SpillFolder {
    /// A new one.
    pub(super) fn new(folder: PathBuf) -> Result<Self, ArrowError> {
        std::fs::create_dir_all(&folder)?;
        Ok(Self(folder))
    }

    pub(super) fn file(&self, number: usize) -> PathBuf {
        self.0.join(number.to_string())
    }
}

impl Spill {
    /// An empty one in a new folder, for arrivals of columns `schema`.
    pub(super) fn new(folder: &Path, schema: &SchemaRef) -> Result<Self, ArrowError> {
        let folder = SpillFolder::new(folder.to_owned())?;
        let buckets = (0..BUCKETS).map(|_| None).collect();
        Ok(Self { folder, schema: schema.clone(), hasher: DefaultHashBuilder::default(), buckets })
    }

    /// Takes the next arrivals. Those of one key stay in their order.
    pub(super) fn write(
        &mut self,
        batches: &[RecordBatch],
        columns: &KeyColumns,
        converter: &KeyConverter,
    ) -> Result<(), ArrowError> {
        let mut first = 0;
        while first < batches.len() {
            let (mut next, mut rows) = (first, 0);
            while next < batches.len() && rows < SPREAD_ROWS {
                rows += batches[next].num_rows();
                next += 1;
            }
            self.spread(&batches[first..next], columns, converter)?;
            first = next;
        }
        Ok(())
    }

    /// Completes the files and tells which there are. They live as long as the folder.
    pub(super) fn finish(self) -> Result<(Vec<PathBuf>, SpillFolder), ArrowError> {
        let Self { folder, buckets, .. } = self;
        let mut files = Vec::new();
        for (number, bucket) in buckets.into_iter().enumerate() {
            if let Some(mut writer) = bucket {
                writer.finish()?;
                files.push(folder.file(number));
            }
        }
        Ok((files, folder))
    }

    fn spread(
        &mut self,
        batches: &[RecordBatch],
        columns: &KeyColumns,
        converter: &KeyConverter,
    ) -> Result<(), ArrowError> {
        let mut places = vec![Vec::new(); BUCKETS];
        for (number, batch) in batches.iter().enumerate() {
            let keys = converter.convert(&project(batch, &columns.key))?;
            for (row, key) in keys.iter().enumerate() {
                let hash = self.hasher.hash_one(key.as_ref());
                // The upper bits: tables inside of a bucket use the lower ones.
                let bucket = usize::try_from(hash >> 48).unwrap_or_default() % BUCKETS;
                places[bucket].push((number, row));
            }
        }
        let batches: Vec<_> = batches.iter().collect();
        for (number, places) in places.into_iter().enumerate() {
            for places in places.chunks(BATCH_ROWS) {
                // Text views of a part point into the texts of the whole, and all that they point into would be written.
                let part = unshare(&interleave_record_batch(&batches, places)?)?;
                self.bucket(number)?.write(&part)?;
            }
        }
        Ok(())
    }

    fn bucket(&mut self, number: usize) -> Result<&mut StreamWriter<BufWriter<File>>, ArrowError> {
        match &mut self.buckets[number] {
            Some(writer) => Ok(writer),
            empty => {
                let file = File::create(self.folder.file(number))?;
                Ok(empty.insert(StreamWriter::try_new(BufWriter::new(file), &self.schema)?))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, AsArray, Int64Array, StringViewArray};
    use arrow::datatypes::{DataType, Int64Type};
    use arrow::ipc::reader::StreamReader;

    use super::*;
    use crate::memory::batch_bytes;

    /// 100,000 rows of which a key occurs twice, in batches that share the buffer of their texts.
    fn arrivals() -> Vec<RecordBatch> {
        let keys: Vec<i64> = (0..100_000).map(|row| row % 50_000).collect();
        let texts: StringViewArray = (0..100_000).map(|row| Some(format!("a text of some length {row}"))).collect();
        let all = RecordBatch::try_from_iter([
            ("k", Arc::new(Int64Array::from(keys)) as ArrayRef),
            ("s", Arc::new(texts) as ArrayRef),
        ]);
        let all = all.unwrap();
        (0..20).map(|number| all.slice(number * 5000, 5000)).collect()
    }

    #[test]
    fn the_files_are_as_large_as_the_arrivals_and_hold_them_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let arrivals = arrivals();
        let columns = KeyColumns { key: vec![0], order: None, delete: None };
        let converter = KeyConverter::new([&DataType::Int64]).unwrap();
        let mut spill = Spill::new(&folder.path().join("spill"), &arrivals[0].schema()).unwrap();
        for batches in arrivals.chunks(7) {
            spill.write(batches, &columns, &converter).unwrap();
        }
        let (files, guard) = spill.finish().unwrap();
        assert_eq!(files.len(), BUCKETS);
        let written: u64 = files.iter().map(|file| file.metadata().unwrap().len()).sum();
        let held: usize = arrivals.iter().map(batch_bytes).sum();
        assert!(written < held as u64 * 5 / 4, "{written} bytes for {held}");
        let mut rows = Vec::new();
        for file in &files {
            let mut last = std::collections::HashMap::new();
            for batch in StreamReader::try_new(File::open(file).unwrap(), None).unwrap() {
                let batch = batch.unwrap();
                let texts = batch.column(1).as_string_view().iter().map(|text| text.unwrap().to_owned());
                for (key, text) in batch.column(0).as_primitive::<Int64Type>().values().iter().zip(texts) {
                    let row: i64 = text.rsplit_once(' ').unwrap().1.parse().unwrap();
                    assert_eq!(row % 50_000, *key);
                    // The second of a key comes after the first, and from the same file.
                    assert_eq!(last.insert(*key, row).is_some(), row >= 50_000);
                    rows.push(row);
                }
            }
        }
        rows.sort_unstable();
        assert_eq!(rows, (0..100_000).collect::<Vec<_>>());
        drop(guard);
        assert!(!folder.path().join("spill").exists());
    }
}
