//! Counts rows within their partition.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, UInt64Array};
use arrow::compute::kernels::cmp::not_distinct;
use arrow::compute::partition;
use datafusion::common::Result;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RankingFunction {
    RowNumber,
    /// Rows that are equal in order have the number of the first of them.
    Rank,
    /// The same, without gaps.
    DenseRank,
}

impl RankingFunction {
    /// The function of this name, if it is one of these.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "row_number" => Some(Self::RowNumber),
            "rank" => Some(Self::Rank),
            "dense_rank" => Some(Self::DenseRank),
            _ => None,
        }
    }
}

/// Where counting stands; rows come in any number of batches, sorted by partition and then by order.
#[derive(Debug)]
pub(super) struct Ranks {
    functions: Vec<RankingFunction>,
    /// Of the last row: rows of its partition so far, the number of its first equal, and how many kinds there were.
    number: u64,
    rank: u64,
    dense: u64,
    /// The last row's keys of partition and of order, one row each.
    last: Option<(Vec<ArrayRef>, Vec<ArrayRef>)>,
}

impl Ranks {
    pub(super) fn new(functions: Vec<RankingFunction>) -> Self {
        Self { functions, number: 0, rank: 0, dense: 0, last: None }
    }

    /// The ranks of the next `rows` rows, a column for each; `partition_by` and `order_by` are their keys.
    pub(super) fn count(
        &mut self,
        partition_by: &[ArrayRef],
        order_by: &[ArrayRef],
        rows: usize,
    ) -> Result<Vec<ArrayRef>> {
        if rows == 0 {
            return Ok(self.functions.iter().map(|_| Arc::new(UInt64Array::from(Vec::<u64>::new())) as _).collect());
        }
        let mut columns = vec![Vec::with_capacity(rows); self.functions.len()];
        let (same_partition, same_order) = match &self.last {
            Some((partition, order)) => {
                let same_partition = is_same(partition, partition_by)?;
                (same_partition, same_partition && is_same(order, order_by)?)
            }
            None => (false, false),
        };
        let partitions = ranges(partition_by, rows)?;
        // Only ranks look at which rows are equal in order.
        let peers = if self.functions.iter().all(|function| *function == RankingFunction::RowNumber) {
            partitions.clone()
        } else {
            ranges(&[partition_by, order_by].concat(), rows)?
        };
        let mut partitions = partitions.into_iter().peekable();
        for peers in peers {
            if partitions.next_if(|partition| partition.start == peers.start).is_some()
                && !(peers.start == 0 && same_partition)
            {
                (self.number, self.rank, self.dense) = (0, 0, 0);
            }
            if !(peers.start == 0 && same_order) {
                self.rank = self.number + 1;
                self.dense += 1;
            }
            let length = peers.len() as u64;
            for (function, column) in self.functions.iter().zip(&mut columns) {
                match function {
                    RankingFunction::RowNumber => column.extend(self.number + 1..=self.number + length),
                    RankingFunction::Rank => column.extend(std::iter::repeat_n(self.rank, peers.len())),
                    RankingFunction::DenseRank => column.extend(std::iter::repeat_n(self.dense, peers.len())),
                }
            }
            self.number += length;
        }
        let last = |keys: &[ArrayRef]| keys.iter().map(|key| key.slice(rows - 1, 1)).collect();
        self.last = Some((last(partition_by), last(order_by)));
        Ok(columns.into_iter().map(|column| Arc::new(UInt64Array::from(column)) as _).collect())
    }
}

/// Runs of equal rows; NULL equals NULL.
fn ranges(keys: &[ArrayRef], rows: usize) -> Result<Vec<Range<usize>>> {
    Ok(if keys.is_empty() { std::iter::once(0..rows).collect() } else { partition(keys)?.ranges() })
}

/// Whether `last` (one row) is equal to the first row of `keys`.
fn is_same(last: &[ArrayRef], keys: &[ArrayRef]) -> Result<bool> {
    for (last, key) in last.iter().zip(keys) {
        if !not_distinct(last, &key.slice(0, 1))?.value(0) {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use arrow::array::Int64Array;

    use super::*;

    fn column(values: &[Option<i64>]) -> Vec<ArrayRef> {
        vec![Arc::new(Int64Array::from(values.to_vec()))]
    }

    /// The three ranks of the rows, which come in batches of `size`.
    fn counted(keys: &[Option<i64>], order: &[Option<i64>], size: usize) -> [Vec<u64>; 3] {
        let mut ranks = Ranks::new(vec![RankingFunction::RowNumber, RankingFunction::Rank, RankingFunction::DenseRank]);
        let mut all = [Vec::new(), Vec::new(), Vec::new()];
        for (keys, order) in keys.chunks(size).zip(order.chunks(size)) {
            let counted = ranks.count(&column(keys), &column(order), keys.len()).unwrap();
            for (all, counted) in all.iter_mut().zip(counted) {
                all.extend(counted.as_any().downcast_ref::<UInt64Array>().unwrap().values());
            }
        }
        all
    }

    #[test]
    fn partitions_and_equals_go_on_from_batch_to_batch() {
        let keys = [None, None, Some(1), Some(1), Some(1), Some(1), Some(2), Some(2)];
        let order = [Some(5), Some(5), Some(3), Some(4), Some(4), Some(9), Some(9), None];
        for size in 1..=keys.len() {
            let [number, rank, dense] = counted(&keys, &order, size);
            assert_eq!(number, [1, 2, 1, 2, 3, 4, 1, 2], "batches of {size}");
            assert_eq!(rank, [1, 1, 1, 2, 2, 4, 1, 2], "batches of {size}");
            assert_eq!(dense, [1, 1, 1, 2, 2, 3, 1, 2], "batches of {size}");
        }
    }

    #[test]
    fn without_keys_all_rows_are_one_partition() {
        let mut ranks = Ranks::new(vec![RankingFunction::RowNumber, RankingFunction::Rank]);
        let first = ranks.count(&[], &[], 2).unwrap();
        let second = ranks.count(&[], &[], 1).unwrap();
        let values = |array: &ArrayRef| array.as_any().downcast_ref::<UInt64Array>().unwrap().values().to_vec();
        assert_eq!((values(&first[0]), values(&second[0])), (vec![1, 2], vec![3]));
        assert_eq!((values(&first[1]), values(&second[1])), (vec![1, 1], vec![1]));
    }
}
