//! Digests that tell treated rows apart: the same for a row that comes again.
use std::collections::HashMap;

use arrow::array::{Array, ArrayRef, BooleanArray, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Schema};
use arrow::error::ArrowError;
use arrow::row::{RowConverter, SortField};

use crate::error::RunError;

/// Bytes of a digest: two rows of a trillion have the same with a chance of one in 10^14.
pub(super) const BYTES: usize = 16;

/// Makes digests that tell rows apart.
pub(super) enum RowDigests {
    /// By the columns of a key, at these places. `repeated`: of rows without a whole key, which are told apart by all of
    /// their columns and by how many like them came before.
    Keyed { key: Vec<usize>, converter: RowConverter, all: RowConverter, repeated: HashMap<[u8; BYTES], u64> },
    /// By where rows came from: two that are treated alike are two all the same.
    Placed { origin: String },
}

/// Where the first row of a batch comes from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    /// The unit's label.
    pub(super) unit: &'a str,
    /// How many rows of the unit came before it.
    pub(super) row: u64,
    /// Whether the number says where it is, as in a file.
    pub(super) numbered: bool,
}

impl Place<'_> {
    /// Where a row of the batch is.
    pub(super) fn words(&self, row: usize) -> String {
        if !self.numbered {
            return self.unit.to_owned();
        }
        format!("{}, row {}", self.unit, self.row + row as u64 + 1)
    }
}

/// What tells a record apart that no row could be made of: where it came from, and what is sealed of it.
pub(super) fn record_digest(origin: &str, unit: &str, place: &str, sealed: &str) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"b");
    for text in [origin, unit, place, sealed] {
        hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
    }
    hex(&hasher.finalize())
}

impl RowDigests {
    /// For rows with these columns, of which those at the places `key` tell rows apart; empty: only their places do.
    /// `origin`: where the source had been read to before.
    pub(super) fn new(columns: &Schema, key: Vec<usize>, origin: String) -> Result<Self, RunError> {
        if key.is_empty() {
            return Ok(Self::Placed { origin });
        }
        let converter = |places: &[usize]| {
            let fields = places.iter().map(|place| SortField::new(plain(columns.field(*place).data_type())));
            RowConverter::new(fields.collect()).map_err(|_| RunError::Stamp { rows: 0 })
        };
        let all: Vec<usize> = (0..columns.fields().len()).collect();
        Ok(Self::Keyed { converter: converter(&key)?, all: converter(&all)?, key, repeated: HashMap::new() })
    }

    /// Whether rows that come again have the digest that they had, so that they can change sides.
    pub(super) fn are_keyed(&self) -> bool {
        matches!(self, Self::Keyed { .. })
    }

    /// As hexadecimal text. Of those that are not `kept` only the ones with a whole key have one: others never were anywhere.
    pub(super) fn of(
        &mut self,
        batch: &RecordBatch,
        kept: &BooleanArray,
        place: Place<'_>,
    ) -> Result<StringArray, RunError> {
        let shape = |_| RunError::Stamp { rows: batch.num_rows() };
        match self {
            Self::Placed { origin } => {
                let digest = |row: u64| {
                    let mut hasher = blake3::Hasher::new();
                    for text in [origin.as_str(), place.unit] {
                        hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
                    }
                    hex(&hasher.update(&(place.row + row).to_le_bytes()).finalize())
                };
                Ok((0..batch.num_rows() as u64).map(|row| Some(digest(row))).collect())
            }
            Self::Keyed { key, converter, all, repeated } => {
                let columns = key.iter().map(|place| plainly(batch.column(*place)));
                let columns = columns.collect::<Result<Vec<_>, _>>().map_err(shape)?;
                let keys = converter.convert_columns(&columns).map_err(shape)?;
                let is_whole = |row: usize| columns.iter().all(|column| column.is_valid(row));
                let everything = if (0..batch.num_rows()).any(|row| kept.value(row) && !is_whole(row)) {
                    let columns = batch.columns().iter().map(plainly).collect::<Result<Vec<_>, _>>();
                    Some(all.convert_columns(&columns.map_err(shape)?).map_err(shape)?)
                } else {
                    None
                };
                let mut digest = |row: usize| -> Option<String> {
                    let mut hasher = blake3::Hasher::new();
                    if is_whole(row) {
                        return Some(hex(&hasher.update(b"k").update(keys.row(row).as_ref()).finalize()));
                    }
                    let everything = everything.as_ref().filter(|_| kept.value(row))?;
                    hasher.update(b"r").update(everything.row(row).as_ref());
                    let mut known = [0; BYTES];
                    known.copy_from_slice(&hasher.finalize().as_bytes()[..BYTES]);
                    let before = repeated.entry(known).or_default();
                    hasher.update(&before.to_le_bytes());
                    *before += 1;
                    Some(hex(&hasher.finalize()))
                };
                Ok((0..batch.num_rows()).map(&mut digest).collect())
            }
        }
    }
}

fn hex(digest: &blake3::Hash) -> String {
    digest.to_hex()[..BYTES * 2].to_owned()
}

fn plainly(column: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    cast(column, &plain(column.data_type()))
}

/// One layout for each kind of value: what is stored comes back in another than it went.
pub(super) fn plain(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Utf8View | DataType::LargeUtf8 => DataType::Utf8,
        DataType::BinaryView | DataType::LargeBinary => DataType::Binary,
        other => other.clone(),
    }
}
