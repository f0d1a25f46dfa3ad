//! Digests of treated rows: the same for equal rows, whatever batch they came in.
use arrow::array::{Array, ArrayRef, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Schema};
use arrow::row::{RowConverter, SortField};

use crate::error::RunError;

/// Bytes of a digest: two rows of a trillion have the same with a chance of one in 10^14.
pub(super) const BYTES: usize = 16;

/// Makes digests of some columns of rows, or of all of them where one of those is NULL.
pub(super) struct RowDigests {
    key: Option<(Vec<usize>, RowConverter)>,
    all: RowConverter,
}

impl RowDigests {
    /// For rows with these columns, of which those at the places `key` tell rows apart; empty: only all columns do.
    pub(super) fn new(columns: &Schema, key: &[usize]) -> Result<Self, RunError> {
        let converter = |places: &[usize]| {
            let fields = places.iter().map(|place| SortField::new(plain(columns.field(*place).data_type())));
            RowConverter::new(fields.collect()).map_err(|_| RunError::Stamp { rows: 0 })
        };
        let all: Vec<usize> = (0..columns.fields().len()).collect();
        let all = converter(&all)?;
        let key = (!key.is_empty()).then(|| converter(key).map(|made| (key.to_vec(), made))).transpose()?;
        Ok(Self { key, all })
    }

    /// As hexadecimal text.
    pub(super) fn of(&self, batch: &RecordBatch) -> Result<StringArray, RunError> {
        let shape = |_| RunError::Stamp { rows: batch.num_rows() };
        let columns = |places: &[usize]| -> Result<Vec<ArrayRef>, RunError> {
            let columns =
                places.iter().map(|place| cast(batch.column(*place), &plain(batch.column(*place).data_type())));
            columns.collect::<Result<_, _>>().map_err(shape)
        };
        let everything: Vec<usize> = (0..batch.num_columns()).collect();
        let all = self.all.convert_columns(&columns(&everything)?).map_err(shape)?;
        let keyed = match &self.key {
            Some((places, converter)) => {
                let columns = columns(places)?;
                let rows = converter.convert_columns(&columns).map_err(shape)?;
                Some((columns, rows))
            }
            None => None,
        };
        let digest = |row: usize| {
            let of_key = keyed.as_ref().filter(|(columns, _)| columns.iter().all(|column| column.is_valid(row)));
            let mut hasher = blake3::Hasher::new();
            match of_key {
                Some((_, rows)) => hasher.update(b"k").update(rows.row(row).as_ref()),
                None => hasher.update(b"r").update(all.row(row).as_ref()),
            };
            hasher.finalize().to_hex()[..BYTES * 2].to_owned()
        };
        Ok((0..batch.num_rows()).map(|row| Some(digest(row))).collect())
    }
}

/// One layout for each kind of value: what is stored comes back in another than it went.
pub(super) fn plain(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Utf8View | DataType::LargeUtf8 => DataType::Utf8,
        DataType::BinaryView | DataType::LargeBinary => DataType::Binary,
        other => other.clone(),
    }
}
