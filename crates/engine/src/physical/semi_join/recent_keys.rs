//! The keys that have gone by, as far as they fit.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, BooleanBufferBuilder};
use arrow::row::{RowConverter, SortField};
use datafusion::common::{HashSet, Result};
use datafusion::physical_expr::PhysicalExpr;

/// At most so many keys are remembered: with more of them, each has few rows.
const MOST_KEYS: usize = 1 << 16;

/// At most so many bytes of keys are remembered.
pub(super) const MOST_BYTES: usize = 4 << 20;

/// After so many rows it has shown what it is worth.
const TRIAL_ROWS: usize = 1 << 15;

/// It is worth its cost when one row in so many is a repetition.
const WORTHWHILE: usize = 8;

/// Tells rows whose key has been seen from others.
#[derive(Debug)]
pub(super) struct RecentKeys {
    converter: RowConverter,
    seen: HashSet<Box<[u8]>>,
    bytes: usize,
    rows: usize,
    repeated: usize,
}

impl RecentKeys {
    /// For keys of these types.
    pub(super) fn new(keys: &[Arc<dyn PhysicalExpr>], schema: &arrow::datatypes::Schema) -> Result<Self> {
        let fields = keys.iter().map(|key| Ok(SortField::new(key.data_type(schema)?))).collect::<Result<Vec<_>>>()?;
        let converter = RowConverter::new(fields)?;
        Ok(Self { converter, seen: HashSet::default(), bytes: 0, rows: 0, repeated: 0 })
    }

    /// Whether asking still pays.
    pub(super) fn is_worthwhile(&self) -> bool {
        self.rows < TRIAL_ROWS || self.repeated >= self.rows / WORTHWHILE
    }

    /// True for each row whose key has not been seen or was not remembered. NULL is a key.
    pub(super) fn fresh(&mut self, keys: &[ArrayRef]) -> Result<BooleanArray> {
        let rows = self.converter.convert_columns(keys)?;
        let mut fresh = BooleanBufferBuilder::new(rows.num_rows());
        for row in &rows {
            let key: &[u8] = row.as_ref();
            let repeated = self.seen.contains(key);
            if !repeated && self.seen.len() < MOST_KEYS && self.bytes + key.len() <= MOST_BYTES {
                self.bytes += key.len();
                self.seen.insert(key.into());
            }
            self.repeated += usize::from(repeated);
            fresh.append(!repeated);
        }
        self.rows += rows.num_rows();
        Ok(BooleanArray::new(fresh.finish(), None))
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::Int64Array;
    use arrow::datatypes::{DataType, Field, Schema};
    use datafusion::physical_expr::expressions::Column;

    use super::*;

    fn keys() -> RecentKeys {
        let schema = Schema::new(vec![Field::new("k", DataType::Int64, true)]);
        RecentKeys::new(&[Arc::new(Column::new("k", 0))], &schema).unwrap()
    }

    fn fresh(keys: &mut RecentKeys, values: Vec<Option<i64>>) -> Vec<bool> {
        let column: ArrayRef = Arc::new(Int64Array::from(values));
        keys.fresh(&[column]).unwrap().values().iter().collect()
    }

    #[test]
    fn each_key_is_fresh_once_and_null_is_a_key() {
        let mut keys = keys();
        assert_eq!(fresh(&mut keys, vec![Some(1), None, Some(1), Some(2)]), [true, true, false, true]);
        assert_eq!(fresh(&mut keys, vec![None, Some(3), Some(2)]), [false, true, false]);
    }

    #[test]
    fn what_is_not_remembered_stays_fresh_and_asking_in_vain_ends() {
        let mut keys = keys();
        let many = i64::try_from(MOST_KEYS).unwrap() + 1;
        assert!(fresh(&mut keys, (0..many).map(Some).collect()).into_iter().all(|fresh| fresh));
        assert!(!keys.is_worthwhile());
        assert_eq!(fresh(&mut keys, vec![Some(0), Some(many - 1), Some(many - 1)]), [false, true, true]);
    }
}
