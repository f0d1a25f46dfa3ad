//! What a file says about itself at its end.

use std::sync::Arc;

use arrow::datatypes::{DataType, Schema, SchemaRef, TimeUnit};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::basic::Type;

use super::source::Source;
use crate::files::columns::check_names;
use crate::files::remote::of_io;
use crate::files::store::FileHandle;
use crate::{ConnectError, Place};

/// What a file says about itself at its end.
#[derive(Clone)]
pub(crate) struct Footer {
    pub(crate) metadata: ArrowReaderMetadata,
    pub(crate) source: Source,
}

impl Footer {
    pub(crate) fn schema(&self) -> &SchemaRef {
        self.metadata.schema()
    }

    pub(crate) fn rows(&self) -> u64 {
        u64::try_from(self.metadata.metadata().file_metadata().num_rows()).unwrap_or(0)
    }

    pub(crate) fn groups(&self) -> usize {
        self.metadata.metadata().num_row_groups()
    }
}

/// Reads the footer; a file that is empty, cut off or something else is told apart.
pub(crate) fn footer(path: &str, handle: Arc<dyn FileHandle>) -> Result<Footer, ConnectError> {
    let malformed = |reason: &str, advice: &str| ConnectError::Malformed {
        place: Box::new(Place::of(path)),
        reason: reason.to_owned(),
        advice: advice.to_owned(),
    };
    let io = |source| of_io(path, source);
    let size = handle.size_bytes();
    let rewrite = "have it written again; if it is written right now, run again later";
    if size == 0 {
        return Err(malformed("the file is empty (0 bytes), which no Parquet file is", rewrite));
    }
    let has_magic = |offset: u64| handle.read_range(offset, 4).map(|bytes| &bytes[..] == b"PAR1");
    let starts = size >= 12 && has_magic(0).map_err(io)?;
    let ends = size >= 12 && has_magic(size - 4).map_err(io)?;
    if !starts {
        return Err(malformed(
            "this is not a Parquet file: it does not begin with `PAR1`",
            "correct `format` or `from`",
        ));
    }
    if !ends {
        return Err(malformed("the file is cut off: its footer is missing", rewrite));
    }
    let source = Source::new(path, handle);
    let broken = |_| source.take_failure().unwrap_or_else(|| malformed("the file's footer is broken", rewrite));
    let options = || ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let mut metadata = ArrowReaderMetadata::load(&source, options()).map_err(broken)?;
    let names: Vec<String> = metadata.schema().fields().iter().map(|field| field.name().clone()).collect();
    check_names(path, 1, &names)?;
    if let Some(schema) = with_microseconds(&metadata) {
        metadata =
            ArrowReaderMetadata::try_new(Arc::clone(metadata.metadata()), options().with_schema(Arc::new(schema)))
                .map_err(broken)?;
    }
    Ok(Footer { metadata, source })
}

/// The schema with 96-bit timestamps in microseconds, if there are any. They stand at the top level in all files that
/// matter; deeper ones stay as they are.
fn with_microseconds(metadata: &ArrowReaderMetadata) -> Option<Schema> {
    let description = metadata.metadata().file_metadata().schema_descr();
    let mut has_any = false;
    let fields = metadata.schema().fields().iter().enumerate().map(|(index, field)| {
        let is_int96 = description.columns().iter().enumerate().any(|(leaf, column)| {
            description.get_column_root_idx(leaf) == index
                && description.get_column_root(leaf).is_primitive()
                && column.physical_type() == Type::INT96
        });
        if is_int96 {
            has_any = true;
            Arc::new(field.as_ref().clone().with_data_type(DataType::Timestamp(TimeUnit::Microsecond, None)))
        } else {
            Arc::clone(field)
        }
    });
    let schema = Schema::new(fields.collect::<Vec<_>>());
    has_any.then_some(schema)
}
