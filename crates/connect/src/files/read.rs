//! Reads the files of a unit.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;

use super::broken::{self, Rejected};
use super::bytes::Content;
use super::file_columns::{Extent, HEAD_ROWS};
use super::options::{FileOptions, Format};
use super::parallel::{Jobs, Ordered, Results, Stop};
use super::remote::of_io;
use super::store::{FileHandle, FileStore};
use super::unit::{FilesUnit, UnitFile};
use super::{avro, csv, excel, hash, json_lines, parquet};
use crate::{ConnectError, PositionKey, RejectedRecord};

/// How the files of a unit are read.
#[derive(Clone)]
pub(crate) struct Reader {
    pub(crate) store: Arc<dyn FileStore>,
    pub(crate) options: FileOptions,
    pub(crate) schema: SchemaRef,
    pub(crate) batch_rows: usize,
    pub(crate) threads: usize,
    pub(crate) extent: Extent,
    /// For files whose hash is known.
    pub(crate) key: Option<PositionKey>,
    /// Where records go that no row can be made of, if they do not end the read.
    pub(crate) rejected: Option<Rejected>,
}

impl Reader {
    /// The batches of all files, one file after the other.
    pub(crate) fn start(self, label: &str, unit: FilesUnit) -> Result<Ordered<RecordBatch>, ConnectError> {
        let threads = self.threads;
        Ordered::start(label, threads, move |jobs| {
            for file in &unit.files {
                match self.options.format(&file.path)? {
                    Format::Csv | Format::FixedWidth => self.csv(file, jobs)?,
                    Format::Json | Format::JsonLines => self.json_lines(file, jobs)?,
                    Format::Avro => self.avro(file, jobs)?,
                    Format::Excel => self.excel(file, jobs)?,
                    Format::Parquet => self.parquet(file, jobs)?,
                }
            }
            Ok(())
        })
    }

    pub(crate) fn content(&self, file: &UnitFile) -> Result<Content, ConnectError> {
        let handle = self.store.open(&file.path)?;
        let hasher = match &file.hash {
            Some(_) => Some(self.key(file)?.hasher()),
            None => None,
        };
        Content::new(&file.path, handle, self.options.compression(&file.path), hasher)
    }

    fn key(&self, file: &UnitFile) -> Result<&PositionKey, ConnectError> {
        self.key.as_ref().ok_or_else(|| ConnectError::no_position_key(&file.path))
    }

    /// Where the records of the next block go, with its number.
    fn next_rejected(&self) -> Option<(Rejected, u64)> {
        self.rejected.clone().map(|rejected| (rejected.clone(), rejected.number()))
    }

    fn csv(&self, file: &UnitFile, jobs: &Jobs<RecordBatch>) -> Result<(), Stop> {
        let (header, block, mut reader) =
            csv::open(&file.path, self.content(file)?, &self.options, self.extent.block_bytes())?;
        let mut next = Some((block, header.body));
        let parser = Arc::new(csv::Parser::new(&file.path, header, &self.schema, self.batch_rows));
        while let Some((block, start)) = next {
            let parser = Arc::clone(&parser);
            let (rejected, schema) = (self.next_rejected(), Arc::clone(&self.schema));
            jobs.submit(move |results| {
                let block = match rejected {
                    Some(rejected) => {
                        let (block, records) = broken::of_csv(parser.path(), block, start, parser.header());
                        give_rejected(&rejected, records, &schema, results)?;
                        block
                    }
                    None => block,
                };
                parser.parse(&block, start, results)
            })?;
            if self.extent == Extent::Head {
                return Ok(());
            }
            next = reader.next_block()?.map(|block| (block, 0));
        }
        Ok(reader.finish(file.size_bytes, file.hash.as_deref())?)
    }

    fn json_lines(&self, file: &UnitFile, jobs: &Jobs<RecordBatch>) -> Result<(), Stop> {
        let mut reader = json_lines::open(&file.path, self.content(file)?, &self.options, self.extent.block_bytes())?;
        let parser = Arc::new(json_lines::Parser::new(&file.path, &self.schema, self.options.nested, self.batch_rows));
        while let Some(block) = reader.next_block()? {
            let parser = Arc::clone(&parser);
            let (rejected, schema) = (self.next_rejected(), Arc::clone(&self.schema));
            let (path, nested) = (file.path.clone(), self.options.nested);
            jobs.submit(move |results| {
                let block = match rejected {
                    Some(rejected) => {
                        let (block, records) = broken::of_json_lines(&path, block, nested);
                        give_rejected(&rejected, records, &schema, results)?;
                        block
                    }
                    None => block,
                };
                parser.parse(&block, results)
            })?;
            if self.extent == Extent::Head {
                return Ok(());
            }
        }
        Ok(reader.finish(file.size_bytes, file.hash.as_deref())?)
    }

    fn avro(&self, file: &UnitFile, jobs: &Jobs<RecordBatch>) -> Result<(), Stop> {
        let mut container = avro::Container::open(&file.path, self.content(file)?)?;
        let reading = Arc::new(avro::Reading {
            path: file.path.clone(),
            schema: Arc::clone(&self.schema),
            batch_rows: self.batch_rows,
        });
        while let Some(piece) = container.next_piece()? {
            let reading = Arc::clone(&reading);
            jobs.submit(move |results| reading.read(&piece, results))?;
            if self.extent == Extent::Head {
                return Ok(());
            }
        }
        Ok(container.finish(file.size_bytes, file.hash.as_deref())?)
    }

    fn excel(&self, file: &UnitFile, jobs: &Jobs<RecordBatch>) -> Result<(), Stop> {
        let handle = self.store.open(&file.path)?;
        let table = excel::Table::open(&file.path, Arc::clone(&handle), &self.options)?;
        let limit = (self.extent == Extent::Head).then_some(HEAD_ROWS);
        excel::read(&file.path, table, &self.schema, self.batch_rows, limit, jobs)?;
        self.prove(file, &*handle)
    }

    /// Proves, after everything was read, that the file is the one that was planned.
    fn prove(&self, file: &UnitFile, handle: &dyn FileHandle) -> Result<(), Stop> {
        let changed = || Stop::Failed(ConnectError::SourceChanged { object: file.path.clone() });
        if handle.size_bytes() != file.size_bytes {
            return Err(changed());
        }
        if let Some(expected) = &file.hash
            && hash::hash(handle, self.key(file)?).map_err(|source| of_io(&file.path, source))? != *expected
        {
            return Err(changed());
        }
        Ok(())
    }

    fn parquet(&self, file: &UnitFile, jobs: &Jobs<RecordBatch>) -> Result<(), Stop> {
        let handle = self.store.open(&file.path)?;
        let changed = || Stop::Failed(ConnectError::SourceChanged { object: file.path.clone() });
        if handle.size_bytes() != file.size_bytes {
            return Err(changed());
        }
        let footer = parquet::footer(&file.path, Arc::clone(&handle))?;
        let groups = footer.groups();
        let reading = Arc::new(parquet::Reading {
            path: file.path.clone(),
            footer,
            schema: Arc::clone(&self.schema),
            batch_rows: self.batch_rows,
        });
        for group in 0..groups {
            let reading = Arc::clone(&reading);
            jobs.submit(move |results| parquet::read_group(&reading, group, results))?;
            if self.extent == Extent::Head {
                return Ok(());
            }
        }
        self.prove(file, &*handle)
    }
}

/// Hands over the records of a block. A batch without rows says that there are some.
fn give_rejected(
    (rejected, number): &(Rejected, u64),
    records: Vec<RejectedRecord>,
    schema: &SchemaRef,
    results: &Results<RecordBatch>,
) -> Result<(), Stop> {
    if records.is_empty() {
        return Ok(());
    }
    rejected.add(*number, records);
    results.give(RecordBatch::new_empty(Arc::clone(schema)))
}
