//! Which columns files have, and of which types.

use std::sync::Arc;

use arrow::datatypes::{DataType, FieldRef, Schema};

use super::broken;
use super::bytes::Content;
use super::options::{FileOptions, Format};
use super::parallel::Ordered;
use super::store::{FileEntry, FileStore};
use super::text::{BLOCK_BYTES, HEAD_BYTES};
use super::{avro, csv, excel, json_lines, parquet};
use crate::ConnectError;
use crate::value::Evidence;

/// What is known of one column of one file.
#[derive(Debug, Clone)]
pub(crate) enum Known {
    /// Its name only: its type is promised.
    Name,
    /// What its values have in common, and whether some rows have none.
    Evidence(Evidence, bool),
    /// Its declared type, and whether NULL is possible.
    Type(DataType, bool),
}

/// One column of one file.
#[derive(Debug, Clone)]
pub(crate) struct FileColumn {
    pub(crate) name: String,
    pub(crate) known: Known,
}

/// The columns of one file.
#[derive(Debug, Clone)]
pub(crate) struct FileColumns {
    pub(crate) columns: Vec<FileColumn>,
    /// How many rows, where everything was read or the file says.
    pub(crate) rows: Option<u64>,
    /// CSV: as found.
    pub(crate) delimiter: Option<u8>,
    /// What a person should know.
    pub(crate) notes: Vec<String>,
}

/// How many rows are looked at where only the head of a sheet is.
pub(crate) const HEAD_ROWS: usize = 1_000;

/// How much of a file is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Everything.
    All,
    /// The first block.
    Head,
}

impl Extent {
    pub(crate) fn block_bytes(self) -> usize {
        match self {
            Self::All => BLOCK_BYTES,
            Self::Head => HEAD_BYTES,
        }
    }
}

/// Looks at one file. The types of columns for which `is_promised` holds are not looked for; where all are promised,
/// no more than the head of a CSV file is read.
pub(crate) fn examine(
    store: &dyn FileStore,
    file: &FileEntry,
    options: &FileOptions,
    is_promised: &dyn Fn(&str) -> bool,
    extent: Extent,
    threads: usize,
) -> Result<FileColumns, ConnectError> {
    match options.format(&file.path)? {
        Format::Csv | Format::FixedWidth => examine_csv(store, file, options, is_promised, extent, threads),
        Format::Json | Format::JsonLines => examine_json_lines(store, file, options, is_promised, extent, threads),
        Format::Avro => examine_avro(store, file, options, extent),
        Format::Excel => examine_excel(store, file, options, is_promised, extent),
        Format::Parquet => {
            let footer = parquet::footer(&file.path, store.open(&file.path)?)?;
            Ok(FileColumns {
                columns: declared(footer.schema()),
                rows: Some(footer.rows()),
                delimiter: None,
                notes: Vec::new(),
            })
        }
    }
}

fn declared(schema: &Schema) -> Vec<FileColumn> {
    let known = |field: &FieldRef| Known::Type(field.data_type().clone(), field.is_nullable());
    schema.fields().iter().map(|field| FileColumn { name: field.name().clone(), known: known(field) }).collect()
}

/// How many rows there are, all blocks together tell.
fn examine_avro(
    store: &dyn FileStore,
    file: &FileEntry,
    options: &FileOptions,
    extent: Extent,
) -> Result<FileColumns, ConnectError> {
    let mut container = avro::Container::open(&file.path, content(store, file, options)?)?;
    let columns = declared(container.schema());
    let mut rows = None;
    if extent == Extent::All {
        while let Some(piece) = container.next_piece()? {
            rows = Some(rows.unwrap_or(0) + piece.rows);
        }
        container.finish(file.size_bytes, None)?;
        rows = rows.or(Some(0));
    }
    Ok(FileColumns { columns, rows, delimiter: None, notes: Vec::new() })
}

fn examine_excel(
    store: &dyn FileStore,
    file: &FileEntry,
    options: &FileOptions,
    is_promised: &dyn Fn(&str) -> bool,
    extent: Extent,
) -> Result<FileColumns, ConnectError> {
    let mut table = excel::Table::open(&file.path, store.open(&file.path)?, options)?;
    let names = table.names.clone();
    let others = &table.others;
    let notes = match others.as_slice() {
        [] => Vec::new(),
        others => vec![format!("it has other sheets, which `sheet` reads: {}", others.join(", "))],
    };
    if names.iter().all(|name| is_promised(name)) {
        let columns = names.into_iter().map(|name| FileColumn { name, known: Known::Name }).collect();
        return Ok(FileColumns { columns, rows: None, delimiter: None, notes });
    }
    let (found, rows) = excel::infer(&mut table, (extent == Extent::Head).then_some(HEAD_ROWS))?;
    let columns = names.into_iter().zip(found).map(|(name, (evidence, has_gaps))| {
        let known = if is_promised(&name) { Known::Name } else { Known::Evidence(evidence, has_gaps) };
        FileColumn { name, known }
    });
    Ok(FileColumns { columns: columns.collect(), rows: Some(rows), delimiter: None, notes })
}

fn content(store: &dyn FileStore, file: &FileEntry, options: &FileOptions) -> Result<Content, ConnectError> {
    Content::new(&file.path, store.open(&file.path)?, options.compression(&file.path), None)
}

fn examine_csv(
    store: &dyn FileStore,
    file: &FileEntry,
    options: &FileOptions,
    is_promised: &dyn Fn(&str) -> bool,
    extent: Extent,
    threads: usize,
) -> Result<FileColumns, ConnectError> {
    let path = file.path.clone();
    let (header, block, _) = csv::open(&path, content(store, file, options)?, options, HEAD_BYTES)?;
    drop(block);
    let delimiter = Some(header.dialect.delimiter);
    let wanted: Arc<[bool]> = header.names.iter().map(|name| !is_promised(name)).collect();
    if !wanted.contains(&true) {
        let columns = header.names.iter().map(|name| FileColumn { name: name.clone(), known: Known::Name });
        return Ok(FileColumns { columns: columns.collect(), rows: None, delimiter, notes: Vec::new() });
    }
    let (header, block, mut reader) = csv::open(&path, content(store, file, options)?, options, extent.block_bytes())?;
    let header = Arc::new(header);
    let (size_bytes, rejects) = (file.size_bytes, options.rejects);
    let (names, looked_at) = (header.names.clone(), Arc::clone(&wanted));
    let mut parts = Ordered::start(&file.path, threads, move |jobs| {
        let mut next = Some((block, header.body));
        while let Some((block, start)) = next {
            let (path, header, wanted) = (path.clone(), Arc::clone(&header), Arc::clone(&wanted));
            jobs.submit(move |results| {
                let block = if rejects { broken::of_csv(&path, block, start, &header).0 } else { block };
                results.give(csv::infer(&path, &header, &wanted, &block, start)?)
            })?;
            if extent == Extent::Head {
                return Ok(());
            }
            next = reader.next_block()?.map(|block| (block, 0));
        }
        Ok(reader.finish(size_bytes, None)?)
    })?;
    let mut evidence = vec![Evidence::default(); names.len()];
    let mut rows = 0;
    while let Some((part, part_rows)) = parts.next_blocking()? {
        rows += part_rows;
        evidence.iter_mut().zip(&part).for_each(|(all, part)| all.merge(part));
    }
    let columns = names.into_iter().zip(evidence).zip(&*looked_at).map(|((name, evidence), wanted)| FileColumn {
        name,
        known: if *wanted { Known::Evidence(evidence, false) } else { Known::Name },
    });
    Ok(FileColumns { columns: columns.collect(), rows: Some(rows), delimiter, notes: Vec::new() })
}

/// Keys are only known when every line has been read, so every line is.
fn examine_json_lines(
    store: &dyn FileStore,
    file: &FileEntry,
    options: &FileOptions,
    is_promised: &dyn Fn(&str) -> bool,
    extent: Extent,
    threads: usize,
) -> Result<FileColumns, ConnectError> {
    let path = file.path.clone();
    let (size_bytes, max_line_bytes, nested) = (file.size_bytes, options.max_field_bytes, options.nested);
    let rejects = options.rejects;
    let mut reader = json_lines::open(&path, content(store, file, options)?, options, extent.block_bytes())?;
    let mut parts = Ordered::start(&file.path, threads, move |jobs| {
        while let Some(block) = reader.next_block()? {
            let path = path.clone();
            jobs.submit(move |results| {
                let block = if rejects { broken::of_json_lines(&path, block, nested).0 } else { block };
                results.give(json_lines::infer(&path, &block, nested, max_line_bytes)?)
            })?;
            if extent == Extent::Head {
                return Ok(());
            }
        }
        Ok(reader.finish(size_bytes, None)?)
    })?;
    let mut seen = json_lines::Seen::default();
    while let Some(part) = parts.next_blocking()? {
        seen.merge(&file.path, &part)?;
    }
    let rows = seen.rows;
    let columns = seen.into_columns().map(|(name, evidence, values)| {
        let known = if is_promised(&name) { Known::Name } else { Known::Evidence(evidence, values < rows) };
        FileColumn { name, known }
    });
    Ok(FileColumns { columns: columns.collect(), rows: Some(rows), delimiter: None, notes: Vec::new() })
}

/// The columns of several files together: by name, in the order of their first appearance, with the narrowest types
/// that hold all of them.
#[derive(Debug, Default)]
pub(crate) struct Union {
    pub(crate) columns: Vec<FileColumn>,
    /// In how many files each column is.
    files_with: Vec<usize>,
    files: usize,
}

impl Union {
    pub(crate) fn add(&mut self, file: &FileColumns) {
        self.files += 1;
        for column in &file.columns {
            if let Some(index) = self.columns.iter().position(|known| known.name == column.name) {
                self.files_with[index] += 1;
                let known = &mut self.columns[index].known;
                *known = widest(known, &column.known);
            } else {
                self.columns.push(column.clone());
                self.files_with.push(1);
            }
        }
    }

    /// Whether a column is NULL in some row of some file.
    pub(crate) fn is_nullable(&self, index: usize, exact_decimals: bool) -> bool {
        let has_nulls = match &self.columns[index].known {
            Known::Name => true,
            Known::Type(_, nullable) => *nullable,
            Known::Evidence(evidence, absent) => *absent || evidence.has_nulls(&evidence.data_type(exact_decimals)),
        };
        has_nulls || self.files_with[index] < self.files
    }
}

impl Known {
    /// The type as which the column is read; `None` where it was not looked for.
    pub(crate) fn data_type(&self, exact_decimals: bool) -> Option<DataType> {
        match self {
            Self::Name => None,
            Self::Evidence(evidence, _) => Some(evidence.data_type(exact_decimals)),
            // A column of NULLs alone says nothing: as in an empty CSV column, whatever comes is text first.
            Self::Type(DataType::Null, _) => Some(DataType::Utf8),
            Self::Type(data_type, _) => Some(data_type.clone()),
        }
    }
}

fn widest(left: &Known, right: &Known) -> Known {
    match (left, right) {
        (Known::Evidence(left, left_absent), Known::Evidence(right, right_absent)) => {
            let mut both = *left;
            both.merge(right);
            Known::Evidence(both, *left_absent || *right_absent)
        }
        (Known::Type(left, left_null), Known::Type(right, right_null)) => {
            Known::Type(wider(left, right), *left_null || *right_null)
        }
        (Known::Name, other) | (other, _) => other.clone(),
    }
}

/// A type that holds both exactly; text where there is none.
pub(crate) fn wider(left: &DataType, right: &DataType) -> DataType {
    if left == right || *right == DataType::Null {
        return left.clone();
    }
    if *left == DataType::Null {
        return right.clone();
    }
    let bytes = |data_type: &DataType| data_type.primitive_width().unwrap_or(8);
    match (left, right) {
        (left, right) if left.is_integer() && right.is_integer() => {
            // Unsigned types fit the next larger signed one.
            let unsigned = |data_type: &DataType| usize::from(data_type.is_unsigned_integer());
            match (bytes(left) << unsigned(left)).max(bytes(right) << unsigned(right)) {
                ..=2 => DataType::Int16,
                3..=4 => DataType::Int32,
                5..=8 => DataType::Int64,
                _ => DataType::Decimal128(20, 0),
            }
        }
        (left, right) if left.is_floating() && right.is_floating() => DataType::Float64,
        (left, right) if left.is_floating() && right.is_integer() && bytes(right) <= 4 => DataType::Float64,
        (left, right) if right.is_floating() && left.is_integer() && bytes(left) <= 4 => DataType::Float64,
        (DataType::Decimal128(left_precision, left_scale), DataType::Decimal128(right_precision, right_scale)) => {
            let scale = *left_scale.max(right_scale);
            let whole = |precision: u8, scale: i8| i16::from(precision) - i16::from(scale);
            let digits =
                whole(*left_precision, *left_scale).max(whole(*right_precision, *right_scale)) + i16::from(scale);
            match u8::try_from(digits) {
                Ok(digits) if digits <= 38 => DataType::Decimal128(digits, scale),
                _ => DataType::Utf8,
            }
        }
        (DataType::Timestamp(left_unit, left_zone), DataType::Timestamp(right_unit, right_zone))
            if left_zone.is_some() == right_zone.is_some() =>
        {
            DataType::Timestamp(*left_unit.max(right_unit), left_zone.clone())
        }
        (DataType::Timestamp(unit, None), DataType::Date32) | (DataType::Date32, DataType::Timestamp(unit, None)) => {
            DataType::Timestamp(*unit, None)
        }
        _ => DataType::Utf8,
    }
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::TimeUnit;

    use super::*;

    #[test]
    fn types_widen_without_loss() {
        use DataType::{
            Boolean, Date32, Decimal128, Float32, Float64, Int8, Int16, Int32, Int64, UInt32, UInt64, Utf8,
        };
        for (left, right, expected) in [
            (Int8, Int16, Int16),
            (Int32, Int64, Int64),
            (UInt32, Int32, Int64),
            (UInt64, Int64, Decimal128(20, 0)),
            (Int32, Float32, Float64),
            (Int64, Float64, Utf8),
            (Decimal128(10, 2), Decimal128(8, 4), Decimal128(12, 4)),
            (Boolean, Int64, Utf8),
            (
                Date32,
                DataType::Timestamp(TimeUnit::Microsecond, None),
                DataType::Timestamp(TimeUnit::Microsecond, None),
            ),
            (DataType::Null, Int64, Int64),
        ] {
            assert_eq!(wider(&left, &right), expected, "{left} and {right}");
            assert_eq!(wider(&right, &left), expected, "{right} and {left}");
        }
    }
}
