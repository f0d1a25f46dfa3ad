//! A set of keys, exact and compact.

use std::hash::BuildHasher;

use arrow::array::ArrayRef;
use arrow::compute::{SortOptions, sort_to_indices};
use arrow::error::ArrowError;
use arrow::row::{Row, Rows};
use datafusion::common::ScalarValue;
use hashbrown::{DefaultHashBuilder, HashTable};

use super::key_converter::{KeyConverter, normal_bound};
use super::region_filter::Cover;
use crate::stats::FileStats;

/// Keys as a [`KeyConverter`] makes them: equal exactly when all columns are.
pub(super) struct KeySet {
    rows: Rows,
    table: HashTable<usize>,
    hasher: DefaultHashBuilder,
    ranges: Vec<Range>,
}

/// Bounds of one column of the keys.
#[derive(Debug, Clone, Default)]
struct Range {
    min: Option<ScalarValue>,
    max: Option<ScalarValue>,
    has_null: bool,
}

impl KeySet {
    /// An empty set of keys that `converter` makes, of `columns` columns.
    pub(super) fn new(converter: &KeyConverter, columns: usize) -> Self {
        Self {
            rows: converter.empty(),
            table: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            ranges: vec![Range::default(); columns],
        }
    }

    /// How many keys there are.
    pub(super) fn len(&self) -> usize {
        self.rows.num_rows()
    }

    /// Memory in bytes, about.
    pub(super) fn bytes(&self) -> usize {
        self.rows.size() + self.table.capacity() * (size_of::<usize>() + 1)
    }

    /// The number of a key; keys are numbered as they come.
    pub(super) fn find(&self, key: Row<'_>) -> Option<usize> {
        let hash = self.hasher.hash_one(key.as_ref());
        self.table.find(hash, |index| self.rows.row(*index) == key).copied()
    }

    /// Adds a key, and tells its number and whether it is new.
    pub(super) fn insert(&mut self, key: Row<'_>) -> (usize, bool) {
        if let Some(index) = self.find(key) {
            return (index, false);
        }
        let index = self.rows.num_rows();
        self.rows.push(key);
        let (rows, hasher) = (&self.rows, &self.hasher);
        let hash = |row: &usize| hasher.hash_one(rows.row(*row).as_ref());
        self.table.insert_unique(hasher.hash_one(key.as_ref()), index, hash);
        (index, true)
    }

    /// Adds all keys of another set.
    pub(super) fn absorb(&mut self, other: &Self) {
        for key in &other.rows {
            self.insert(key);
        }
        for (range, more) in self.ranges.iter_mut().zip(&other.ranges) {
            range.widen(more);
        }
    }

    /// Notes the columns of keys that were added, so that files can be ruled out by their statistics.
    pub(super) fn note_range(&mut self, columns: &[ArrayRef]) -> Result<(), ArrowError> {
        for (range, column) in self.ranges.iter_mut().zip(columns) {
            range.widen(&Range::of(column)?);
        }
        Ok(())
    }

    /// What the statistics of a file say about rows with one of the keys, whose columns are at `indices` of the table.
    pub(super) fn of_file(&self, stats: &FileStats, indices: &[usize], converter: &KeyConverter) -> Cover {
        if !self.may_match(stats, indices) {
            return Cover::Nothing;
        }
        match only_key(stats, indices, converter) {
            Some(rows) if self.find(rows.row(0)).is_some() => Cover::Everything,
            Some(_) => Cover::Nothing,
            None => Cover::Unknown,
        }
    }

    /// Whether a file may hold one of the keys, whose columns are at `indices` of the table.
    pub(super) fn may_match(&self, stats: &FileStats, indices: &[usize]) -> bool {
        self.len() > 0
            && self.ranges.iter().zip(indices).all(|(range, index)| {
                let bounds = &stats.columns[*index];
                let apart = |low: &Option<ScalarValue>, high: &Option<ScalarValue>| match (low, high) {
                    (Some(low), Some(high)) => normal_bound(low) > normal_bound(high),
                    _ => false,
                };
                let null = range.has_null && bounds.nulls != Some(0);
                let overlap = range.min.is_some() && !apart(&bounds.min, &range.max) && !apart(&range.min, &bounds.max);
                null || overlap
            })
    }
}

/// The key of a file all of whose rows have the same one, as those of one partition have.
fn only_key(stats: &FileStats, indices: &[usize], converter: &KeyConverter) -> Option<Rows> {
    let columns = indices.iter().map(|index| {
        let bounds = &stats.columns[*index];
        let value = bounds.min.as_ref().filter(|min| bounds.exact && Some(*min) == bounds.max.as_ref())?;
        (bounds.nulls == Some(0)).then(|| value.to_array().ok())?
    });
    converter.convert(&columns.collect::<Option<Vec<ArrayRef>>>()?).ok()
}

impl Range {
    fn of(column: &ArrayRef) -> Result<Self, ArrowError> {
        let extreme = |descending| -> Result<Option<ScalarValue>, ArrowError> {
            let options = SortOptions { descending, nulls_first: false };
            let first = sort_to_indices(column, Some(options), Some(1))?;
            let Some(index) = first.values().first() else { return Ok(None) };
            let value = ScalarValue::try_from_array(column, *index as usize)?;
            Ok((!value.is_null()).then_some(value))
        };
        Ok(Self { min: extreme(false)?, max: extreme(true)?, has_null: column.null_count() > 0 })
    }

    fn widen(&mut self, more: &Self) {
        if let Some(min) = &more.min
            && self.min.as_ref().is_none_or(|known| min < known)
        {
            self.min = Some(min.clone());
        }
        if let Some(max) = &more.max
            && self.max.as_ref().is_none_or(|known| max > known)
        {
            self.max = Some(max.clone());
        }
        self.has_null |= more.has_null;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Int64Array, StringArray};
    use arrow::datatypes::DataType;

    use super::*;
    use crate::stats::ColumnBounds;

    #[test]
    fn keys_are_equal_when_all_columns_are() {
        let converter = KeyConverter::new([&DataType::Int64, &DataType::Utf8]).unwrap();
        let columns: Vec<ArrayRef> = vec![
            Arc::new(Int64Array::from(vec![1, 1, 2, 2, 1])),
            Arc::new(StringArray::from(vec!["a", "b", "a", "a", "a"])),
        ];
        let rows = converter.convert(&columns).unwrap();
        let mut keys = KeySet::new(&converter, 2);
        let inserted: Vec<_> = rows.iter().map(|row| keys.insert(row)).collect();
        assert_eq!(inserted, [(0, true), (1, true), (2, true), (2, false), (0, false)]);
        assert_eq!((keys.len(), keys.find(rows.row(1))), (3, Some(1)));
    }

    #[test]
    fn files_are_ruled_out_by_range_and_null() {
        let converter = KeyConverter::new([&DataType::Int64]).unwrap();
        let file = |min: i64, max: i64, nulls| FileStats {
            rows: Some(9),
            columns: vec![ColumnBounds { min: Some(min.into()), max: Some(max.into()), exact: true, nulls }],
        };
        let set = |values: Vec<Option<i64>>| {
            let column: ArrayRef = Arc::new(Int64Array::from(values));
            let mut keys = KeySet::new(&converter, 1);
            for row in &converter.convert(&[Arc::clone(&column)]).unwrap() {
                keys.insert(row);
            }
            keys.note_range(&[column]).unwrap();
            keys
        };
        let keys = set(vec![Some(5), Some(8)]);
        assert!(!keys.may_match(&file(0, 4, Some(3)), &[0]));
        assert!(!keys.may_match(&file(9, 12, None), &[0]));
        assert!(keys.may_match(&file(8, 12, Some(0)), &[0]));
        assert!(set(vec![None]).may_match(&file(0, 4, Some(1)), &[0]));
        assert!(!set(vec![None]).may_match(&file(0, 4, Some(0)), &[0]));
        assert!(!set(Vec::new()).may_match(&file(0, 4, None), &[0]));
        let zero = |zero: f64| Some(ScalarValue::Float64(Some(zero)));
        let bounds = ColumnBounds { min: zero(-0.0), max: zero(-0.0), exact: false, nulls: Some(0) };
        let converter = KeyConverter::new([&DataType::Float64]).unwrap();
        let mut zeros = KeySet::new(&converter, 1);
        let column: ArrayRef = Arc::new(arrow::array::Float64Array::from(vec![0.0]));
        zeros.insert(converter.convert(&[Arc::clone(&column)]).unwrap().row(0));
        zeros.note_range(&[column]).unwrap();
        assert!(zeros.may_match(&FileStats { rows: Some(1), columns: vec![bounds] }, &[0]));
    }
}
