//! Of several arrivals with one key, one wins.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, UInt32Array};
use arrow::buffer::BooleanBuffer;
use arrow::compute::{filter_record_batch, interleave_record_batch, take_record_batch};
use arrow::error::ArrowError;
use arrow::row::Rows;

use super::key_converter::KeyConverter;
use super::key_set::KeySet;

/// Losers are thrown away when they are at least this many, and half of the rows that are held.
const COMPACT_ROWS: usize = 1 << 16;

/// Rows of a batch that is handed on.
const BATCH_ROWS: usize = 8192;

/// Where the parts of a key are in the arrivals.
#[derive(Debug, Clone)]
pub(super) struct KeyColumns {
    pub(super) key: Vec<usize>,
    pub(super) order: Option<usize>,
    pub(super) delete: Option<usize>,
}

/// Takes arrivals in their order and keeps the winner of each key.
pub(super) struct Winners {
    columns: KeyColumns,
    converter: Arc<KeyConverter>,
    order_converter: Option<Arc<KeyConverter>>,
    keys: KeySet,
    /// For each key the batch and the row of its winner.
    places: Vec<(usize, usize)>,
    batches: Vec<RecordBatch>,
    orders: Vec<Rows>,
    rows: usize,
}

impl Winners {
    /// No arrivals yet.
    pub(super) fn new(
        columns: KeyColumns,
        converter: Arc<KeyConverter>,
        order_converter: Option<Arc<KeyConverter>>,
    ) -> Self {
        let keys = KeySet::new(&converter, columns.key.len());
        Self {
            columns,
            converter,
            order_converter,
            keys,
            places: Vec::new(),
            batches: Vec::new(),
            orders: Vec::new(),
            rows: 0,
        }
    }

    /// Takes the next arrivals.
    pub(super) fn push(&mut self, batch: RecordBatch) -> Result<(), ArrowError> {
        let key_columns = project(&batch, &self.columns.key);
        let keys = self.converter.convert(&key_columns)?;
        self.keys.note_range(&key_columns)?;
        let number = self.batches.len();
        if let (Some(converter), Some(order)) = (&self.order_converter, self.columns.order) {
            self.orders.push(converter.convert(&[Arc::clone(batch.column(order))])?);
        }
        for (row, key) in keys.iter().enumerate() {
            let (index, new) = self.keys.insert(key);
            if new {
                self.places.push((number, row));
            } else if self.orders.is_empty() || self.wins((number, row), self.places[index]) {
                self.places[index] = (number, row);
            }
        }
        self.rows += batch.num_rows();
        self.batches.push(batch);
        let losers = self.rows - self.places.len();
        if losers >= COMPACT_ROWS && losers * 2 >= self.rows { self.compact() } else { Ok(()) }
    }

    /// The winners in the order in which they arrived, without those that delete, and the keys of all of them.
    pub(super) fn finish(self) -> Result<(Vec<RecordBatch>, KeySet), ArrowError> {
        let mut upserts = Vec::new();
        for batch in self.gather()? {
            let batch = match self.columns.delete {
                None => batch,
                Some(delete) => filter_record_batch(&batch, &BooleanArray::new(!&marks(batch.column(delete)), None))?,
            };
            if batch.num_rows() > 0 {
                upserts.push(batch);
            }
        }
        Ok((upserts, self.keys))
    }

    /// Whether an arrival wins over an earlier one: when it is not less in order.
    fn wins(&self, arrival: (usize, usize), winner: (usize, usize)) -> bool {
        self.orders[arrival.0].row(arrival.1) >= self.orders[winner.0].row(winner.1)
    }

    /// The winners' rows in order of arrival.
    fn gather(&self) -> Result<Vec<RecordBatch>, ArrowError> {
        let mut places = self.places.clone();
        places.sort_unstable();
        if self.batches.len() == 1 {
            // Without copying when nobody lost.
            if places.len() == self.rows {
                return Ok(self.batches.clone());
            }
            let rows = places.iter().map(|(_, row)| u32::try_from(*row).unwrap_or(u32::MAX));
            let rows: UInt32Array = rows.collect();
            return Ok(vec![take_record_batch(&self.batches[0], &rows)?]);
        }
        let batches: Vec<_> = self.batches.iter().collect();
        places.chunks(BATCH_ROWS).map(|places| interleave_record_batch(&batches, places)).collect()
    }

    /// Lets go of the losers.
    fn compact(&mut self) -> Result<(), ArrowError> {
        let mut order: Vec<usize> = (0..self.places.len()).collect();
        order.sort_unstable_by_key(|index| self.places[*index]);
        let batches = self.gather()?;
        let places =
            batches.iter().enumerate().flat_map(|(number, batch)| (0..batch.num_rows()).map(move |row| (number, row)));
        for (index, place) in order.into_iter().zip(places) {
            self.places[index] = place;
        }
        self.orders.clear();
        if let (Some(converter), Some(order)) = (&self.order_converter, self.columns.order) {
            for batch in &batches {
                self.orders.push(converter.convert(&[Arc::clone(batch.column(order))])?);
            }
        }
        self.rows = self.places.len();
        self.batches = batches;
        Ok(())
    }
}

/// Where a delete mark is true. One that is NULL deletes nothing.
pub(super) fn marks(column: &ArrayRef) -> BooleanBuffer {
    let marks = column.as_boolean();
    match marks.nulls() {
        Some(nulls) => marks.values() & nulls.inner(),
        None => marks.values().clone(),
    }
}

/// Some columns of a batch.
pub(super) fn project(batch: &RecordBatch, columns: &[usize]) -> Vec<ArrayRef> {
    columns.iter().map(|index| Arc::clone(batch.column(*index))).collect()
}

#[cfg(test)]
mod tests {
    use arrow::array::{Int64Array, StringArray};
    use arrow::datatypes::{DataType, Int64Type};

    use super::*;

    fn batch(keys: &[i64], order: &[Option<i64>], values: &[&str]) -> RecordBatch {
        RecordBatch::try_from_iter([
            ("k", Arc::new(Int64Array::from(keys.to_vec())) as ArrayRef),
            ("o", Arc::new(Int64Array::from(order.to_vec())) as ArrayRef),
            ("v", Arc::new(StringArray::from(values.to_vec())) as ArrayRef),
        ])
        .unwrap()
    }

    fn winners(order: Option<usize>) -> Winners {
        let converter = || Arc::new(KeyConverter::new([&DataType::Int64]).unwrap());
        Winners::new(KeyColumns { key: vec![0], order, delete: None }, converter(), order.map(|_| converter()))
    }

    fn values(winners: Winners) -> Vec<(i64, String)> {
        let (batches, keys) = winners.finish().unwrap();
        let rows: Vec<_> = batches
            .iter()
            .flat_map(|batch| {
                let keys = batch.column(0).as_primitive::<Int64Type>().values().to_vec();
                let values = batch.column(2).as_string::<i32>().iter().map(|v| v.unwrap().to_owned());
                keys.into_iter().zip(values).collect::<Vec<_>>()
            })
            .collect();
        assert_eq!(keys.len(), rows.len());
        rows
    }

    #[test]
    fn the_last_arrival_wins() {
        let mut last = winners(None);
        last.push(batch(&[1, 2, 1], &[None; 3], &["a", "b", "c"])).unwrap();
        last.push(batch(&[3, 2], &[None; 2], &["d", "e"])).unwrap();
        let expected = [(1, "c"), (3, "d"), (2, "e")].map(|(key, value)| (key, value.to_owned()));
        assert_eq!(values(last), expected);
    }

    #[test]
    fn the_greatest_in_order_wins_and_the_last_among_equals() {
        let mut greatest = winners(Some(1));
        greatest.push(batch(&[1, 1, 2, 3], &[Some(5), Some(4), None, Some(1)], &["a", "b", "c", "x"])).unwrap();
        greatest.push(batch(&[1, 2, 3], &[Some(5), Some(0), None], &["d", "e", "y"])).unwrap();
        let expected = [(3, "x"), (1, "d"), (2, "e")].map(|(key, value)| (key, value.to_owned()));
        assert_eq!(values(greatest), expected);
    }

    #[test]
    fn repeated_arrivals_do_not_pile_up() {
        let keys: Vec<i64> = (0..10_000).collect();
        let texts = vec!["same"; keys.len()];
        for order in [None, Some(1)] {
            let mut many = winners(order);
            for round in 0..40 {
                many.push(batch(&keys, &vec![Some(round); keys.len()], &texts)).unwrap();
                assert!(many.rows <= COMPACT_ROWS + 3 * keys.len(), "{} rows are held", many.rows);
            }
            assert_eq!(values(many).len(), keys.len());
        }
    }
}
