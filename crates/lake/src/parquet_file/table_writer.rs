//! Writes the rows of a table to as many files as it takes.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, UInt64Array};
use arrow::compute::take_record_batch;
use arrow::datatypes::{Schema, SchemaRef};
use arrow::row::{OwnedRow, RowConverter, SortField};
use datafusion::common::ScalarValue;
use object_store::ObjectStore;
use object_store::path::Path;
use tokio::task::JoinSet;

use super::file_writer::{FileError, FileWriter};
use crate::stats::delta_stats;
use crate::types::to_partition_value;
use crate::{Clock, DataFile, LakeError, TableName};

/// File systems have no longer names, in bytes.
const LONGEST_NAME: usize = 255;

/// What a [`TableWriter`] needs to know.
#[derive(Debug, Clone)]
pub(crate) struct TableWriterOptions {
    pub(crate) table: TableName,
    pub(crate) store: Arc<dyn ObjectStore>,
    /// The table's folder in the store.
    pub(crate) folder: Path,
    /// All columns of the table, as scanned.
    pub(crate) schema: SchemaRef,
    pub(crate) partition_by: Vec<String>,
    /// Begins the name of each file.
    pub(crate) prefix: String,
    pub(crate) target_bytes: u64,
    /// Open files are closed when they hold more than this in memory together.
    pub(crate) memory_bytes: usize,
    pub(crate) threads: usize,
    pub(crate) clock: Arc<dyn Clock>,
}

/// Rows go to one open file per partition; a file is closed when it is large enough, or when too much memory is held. One
/// that is full is completed beside the rows that follow it.
pub(crate) struct TableWriter {
    options: TableWriterOptions,
    file_schema: SchemaRef,
    file_columns: Vec<usize>,
    partition_columns: Vec<usize>,
    converter: Option<RowConverter>,
    open: HashMap<PartitionKey, OpenFile>,
    closing: JoinSet<Result<DataFile, FileError>>,
    files: Vec<DataFile>,
    next: usize,
    rows: u64,
}

/// The values of the partition columns in row format; `None` in a table without.
type PartitionKey = Option<OwnedRow>;

struct OpenFile {
    writer: FileWriter,
    path: String,
    partition_values: BTreeMap<String, Option<String>>,
}

impl TableWriter {
    /// A writer that has written nothing.
    pub(crate) fn new(options: TableWriterOptions) -> Result<Self, LakeError> {
        let mut partition_columns = Vec::new();
        for column in &options.partition_by {
            let index = options.schema.index_of(column).map_err(|_| LakeError::BadRequest {
                table: options.table.clone(),
                reason: format!("it is to be split by `{column}`, which is none of its columns"),
            })?;
            partition_columns.push(index);
        }
        let all = 0..options.schema.fields().len();
        let file_columns: Vec<usize> = all.filter(|index| !partition_columns.contains(index)).collect();
        if file_columns.is_empty() {
            return Err(LakeError::BadRequest {
                table: options.table.clone(),
                reason: "it is split by all of its columns; leave at least one".into(),
            });
        }
        let fields = file_columns.iter().map(|index| options.schema.field(*index).clone());
        let file_schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let sort_fields = partition_columns.iter().map(|index| options.schema.field(*index).data_type().clone());
        let sort_fields: Vec<_> = sort_fields.map(SortField::new).collect();
        let converter = if sort_fields.is_empty() {
            None
        } else {
            Some(RowConverter::new(sort_fields).map_err(|source| LakeError::Arrow {
                table: options.table.clone(),
                action: "splitting the rows",
                source: Box::new(source),
            })?)
        };
        Ok(Self {
            options,
            file_schema,
            file_columns,
            partition_columns,
            converter,
            open: HashMap::new(),
            closing: JoinSet::new(),
            files: Vec::new(),
            next: 0,
            rows: 0,
        })
    }

    /// Rows taken so far.
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// Takes a batch of all columns of the table.
    pub(crate) async fn write(&mut self, batch: &RecordBatch) -> Result<(), LakeError> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        self.rows += batch.num_rows() as u64;
        for (key, rows) in self.split(batch)? {
            let first = rows.as_ref().map_or(0, |rows| usize::try_from(rows.value(0)).unwrap_or_default());
            let part = match rows {
                Some(rows) => take_record_batch(batch, &rows).map_err(|source| self.arrow(source))?,
                None => batch.clone(),
            };
            let part = part.project(&self.file_columns).map_err(|source| self.arrow(source))?;
            if !self.open.contains_key(&key) {
                let file = self.create(batch, first)?;
                self.open.insert(key.clone(), file);
            }
            let Some(file) = self.open.get_mut(&key) else { continue };
            let written = file.writer.write(part).await;
            let full = file.writer.bytes() >= self.options.target_bytes;
            written.map_err(|error| self.file_error(error))?;
            if full {
                self.closed(0).await?;
                self.close(&key);
            }
        }
        self.shed().await
    }

    /// Completes all files; they are durable when this returns, and in the order in which they were begun. After an error, those that are complete or open are given up
    /// with [`TableWriter::abandon`].
    pub(crate) async fn finish(&mut self) -> Result<Vec<DataFile>, LakeError> {
        let keys: Vec<_> = self.open.keys().cloned().collect();
        for key in keys {
            self.closed(self.options.threads.saturating_sub(1)).await?;
            self.close(&key);
        }
        self.closed(0).await?;
        let mut files = std::mem::take(&mut self.files);
        // Numbers have five digits at least.
        files.sort_by(|one, other| (one.path.len(), &one.path).cmp(&(other.path.len(), &other.path)));
        Ok(files)
    }

    /// Gives the open files up and tells which are complete.
    pub(crate) async fn abandon(mut self) -> Vec<DataFile> {
        for (_, file) in self.open.drain() {
            file.writer.abandon().await;
        }
        while let Some(closed) = self.closing.join_next().await {
            // What could not be completed is gone already.
            self.files.extend(closed.ok().and_then(Result::ok));
        }
        self.files
    }

    /// The rows of each partition; `None` for all rows.
    fn split(&self, batch: &RecordBatch) -> Result<Vec<(PartitionKey, Option<UInt64Array>)>, LakeError> {
        let Some(converter) = &self.converter else { return Ok(vec![(None, None)]) };
        let columns: Vec<ArrayRef> = self.partition_columns.iter().map(|i| Arc::clone(batch.column(*i))).collect();
        let rows = converter.convert_columns(&columns).map_err(|source| self.arrow(source))?;
        let mut groups: HashMap<_, Vec<u64>> = HashMap::new();
        for (index, row) in rows.iter().enumerate() {
            groups.entry(row).or_default().push(index as u64);
        }
        let whole = groups.len() == 1;
        let mut parts: Vec<_> = groups
            .into_iter()
            .map(|(row, indices)| (Some(row.owned()), (!whole).then(|| UInt64Array::from(indices))))
            .collect();
        parts.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(parts)
    }

    /// Opens a file for the partition of row `row`.
    fn create(&mut self, batch: &RecordBatch, row: usize) -> Result<OpenFile, LakeError> {
        let mut partition_values = BTreeMap::new();
        let mut path = String::new();
        for index in &self.partition_columns {
            let column = self.options.schema.field(*index).name();
            let bad = |reason: &str| LakeError::BadValue {
                table: self.options.table.clone(),
                column: column.clone(),
                reason: reason.into(),
            };
            let value = ScalarValue::try_from_array(batch.column(*index), row)
                .map_err(|_| bad("has no text, and cannot name a partition"))?;
            let value = to_partition_value(&value).ok_or_else(|| {
                bad("cannot name a partition: it is an empty text, which Delta reads as NULL, or has no text")
            })?;
            let folder = folder_name(column, value.as_deref());
            if folder.len() > LONGEST_NAME {
                return Err(bad("cannot name a partition: it is too long for the name of a folder"));
            }
            path.push_str(&folder);
            path.push('/');
            partition_values.insert(column.clone(), value);
        }
        path = format!("{path}{}-{:05}.parquet", self.options.prefix, self.next);
        self.next += 1;
        // Parsed: joining parts would encode the names once more.
        let location = format!("{}/{path}", self.options.folder);
        let location = Path::parse(&location).unwrap_or_else(|_| Path::from(location));
        let writer = FileWriter::new(
            Arc::clone(&self.options.store),
            location,
            Arc::clone(&self.file_schema),
            self.options.threads,
        );
        Ok(OpenFile { writer, path, partition_values })
    }

    /// Begins to complete a file.
    fn close(&mut self, key: &PartitionKey) {
        let Some(file) = self.open.remove(key) else { return };
        let (schema, clock) = (Arc::clone(&self.file_schema), Arc::clone(&self.options.clock));
        self.closing.spawn(async move {
            let finished = file.writer.finish().await?;
            let encoded = finished.encoded;
            let stats = delta_stats(&encoded.metadata, &schema, encoded.rows, &encoded.facts)?;
            Ok(DataFile {
                path: file.path,
                size_bytes: finished.size_bytes,
                rows: Some(encoded.rows),
                stats: Some(stats),
                partition_values: file.partition_values,
                modified_ms: clock.now().timestamp_millis(),
            })
        });
    }

    /// Waits until no more than `most` files are being completed.
    async fn closed(&mut self, most: usize) -> Result<(), LakeError> {
        while self.closing.len() > most {
            let Some(closed) = self.closing.join_next().await else { return Ok(()) };
            let file = closed.unwrap_or(Err(FileError::Panicked)).map_err(|error| self.file_error(error))?;
            self.files.push(file);
        }
        Ok(())
    }

    /// Closes the largest files until the memory held is within bounds again.
    async fn shed(&mut self) -> Result<(), LakeError> {
        loop {
            let held: usize = self.open.values().map(|file| file.writer.memory()).sum();
            if held <= self.options.memory_bytes || self.open.len() <= 1 {
                return Ok(());
            }
            let largest = self.open.iter().max_by_key(|(_, file)| file.writer.memory());
            let Some(key) = largest.map(|(key, _)| key.clone()) else { return Ok(()) };
            self.close(&key);
            self.closed(0).await?;
        }
    }

    fn arrow(&self, source: arrow::error::ArrowError) -> LakeError {
        LakeError::Arrow { table: self.options.table.clone(), action: "splitting the rows", source: Box::new(source) }
    }

    fn file_error(&self, error: FileError) -> LakeError {
        let table = self.options.table.clone();
        let action = "writing a data file";
        match error {
            FileError::Store(source) => LakeError::Store { table, action, source: Box::new(source) },
            FileError::Parquet(source) => LakeError::Parquet { table, action, source: Box::new(source) },
            FileError::Panicked => LakeError::Panicked { table, action },
        }
    }
}

/// `column=value` as Hive has it, because some readers take the value from the path: whatever is not a plain letter or
/// digit is encoded. The log encodes the path once more, as a URL.
fn folder_name(column: &str, value: Option<&str>) -> String {
    format!("{}={}", encoded(column), value.map_or_else(|| "__HIVE_DEFAULT_PARTITION__".into(), encoded))
}

fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.extend([byte >> 4, byte & 15].map(|digit| char::from(b"0123456789ABCDEF"[usize::from(digit)])));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_named_as_hive_names_them() {
        assert_eq!(folder_name("day", Some("2024-01-02")), "day=2024-01-02");
        assert_eq!(folder_name("region", Some("süd/x y")), "region=s%C3%BCd%2Fx%20y");
        assert_eq!(folder_name("a b", None), "a%20b=__HIVE_DEFAULT_PARTITION__");
    }
}
