//! One runtime filter on one stream, given up when it lets too much through.

use arrow::array::{Array, BooleanArray, RecordBatch};
use arrow::compute::prep_null_mask_filter;
use datafusion::common::cast::as_boolean_array;
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::ColumnarValue;
use datafusion::physical_expr_common::physical_expr::snapshot_generation;

use super::build_keys::{BuildKeys, Known};
use super::filter::RuntimeFilter;

/// After so many rows a filter has shown what it is worth.
const TRIAL_ROWS: usize = 1 << 15;

/// A filter that looks keys up by their hash and keeps more than this share of the rows costs more than it saves.
const WORTH_A_LOOKUP: f64 = 0.3;

/// The same for one that finds keys in a set of our own.
const WORTH_A_GLANCE: f64 = 0.6;

/// A filter that becomes known while the query runs, and what it has been worth so far.
#[derive(Debug)]
pub(super) struct AdaptiveFilter {
    filter: RuntimeFilter,
    /// Which state of the predicate the counts are of.
    generation: u64,
    rows: usize,
    kept: usize,
}

/// What a filter says of a batch.
pub(super) enum Verdict {
    /// Every row stays, or the filter does not know yet, or it is not worth asking.
    All,
    /// The rows that stay; no nulls.
    Some(BooleanArray),
}

impl AdaptiveFilter {
    pub(super) fn new(filter: RuntimeFilter) -> Self {
        Self { filter, generation: 0, rows: 0, kept: 0 }
    }

    /// Which rows of `batch` stay.
    pub(super) fn judge(&mut self, batch: &RecordBatch) -> Result<Verdict> {
        let mask = match &self.filter.keys {
            Some((key, keys)) => match keys.known() {
                Known::NotYet => return Ok(Verdict::All),
                Known::Nothing => self.ask(batch)?,
                Known::All(set) if self.is_worth(WORTH_A_GLANCE) => {
                    let column = key.evaluate(batch)?.into_array(batch.num_rows())?;
                    Some(set.contains(&BuildKeys::integers(&column)?))
                }
                Known::All(_) => None,
            },
            None => self.ask(batch)?,
        };
        let Some(mask) = mask else { return Ok(Verdict::All) };
        let kept = mask.true_count();
        self.rows += batch.num_rows();
        self.kept += kept;
        Ok(if kept == batch.num_rows() { Verdict::All } else { Verdict::Some(mask) })
    }

    /// The share of the rows that it keeps; nothing before it has looked at enough of them.
    #[expect(clippy::cast_precision_loss, reason = "a share")]
    pub(super) fn share(&self) -> Option<f64> {
        (self.rows >= TRIAL_ROWS).then(|| self.kept as f64 / self.rows as f64)
    }

    /// What the predicate of DataFusion says; nothing when it is not worth asking or says nothing yet.
    fn ask(&mut self, batch: &RecordBatch) -> Result<Option<BooleanArray>> {
        if !self.filter.spares {
            return Ok(None);
        }
        let generation = snapshot_generation(&self.filter.predicate);
        if generation != self.generation {
            // A filter that was useless may have become strict: the bound of a top-k sort does.
            (self.generation, self.rows, self.kept) = (generation, 0, 0);
        }
        if !self.is_worth(WORTH_A_LOOKUP) {
            return Ok(None);
        }
        let mask = match self.filter.predicate.evaluate(batch)? {
            ColumnarValue::Scalar(ScalarValue::Boolean(Some(true))) => return Ok(None),
            value => value.into_array(batch.num_rows())?,
        };
        let mask = as_boolean_array(&mask)?;
        Ok(Some(if mask.null_count() == 0 { mask.clone() } else { prep_null_mask_filter(mask) }))
    }

    fn is_worth(&self, most: f64) -> bool {
        self.share().is_none_or(|share| share <= most)
    }
}
