//! One runtime filter on one stream, given up when it lets nearly everything through.

use std::sync::Arc;

use arrow::array::{Array, BooleanArray, RecordBatch};
use arrow::compute::prep_null_mask_filter;
use datafusion::common::cast::as_boolean_array;
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::ColumnarValue;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr_common::physical_expr::snapshot_generation;

/// After so many rows a filter has shown what it is worth.
const TRIAL_ROWS: usize = 1 << 15;

/// A filter that keeps more than this share of the rows costs more than it saves.
const WORTHWHILE: f64 = 0.3;

/// A filter that changes while the query runs, and what it has been worth so far.
#[derive(Debug)]
pub(super) struct AdaptiveFilter {
    predicate: Arc<dyn PhysicalExpr>,
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
    pub(super) fn new(predicate: Arc<dyn PhysicalExpr>) -> Self {
        Self { predicate, generation: 0, rows: 0, kept: 0 }
    }

    /// Which rows of `batch` stay.
    pub(super) fn judge(&mut self, batch: &RecordBatch) -> Result<Verdict> {
        let generation = snapshot_generation(&self.predicate);
        if generation != self.generation {
            // A filter that was useless may have become strict: the bound of a top-k sort does.
            *self = Self { predicate: Arc::clone(&self.predicate), generation, rows: 0, kept: 0 };
        }
        if !self.is_worthwhile() {
            return Ok(Verdict::All);
        }
        let mask = match self.predicate.evaluate(batch)? {
            ColumnarValue::Scalar(ScalarValue::Boolean(Some(true))) => return Ok(Verdict::All),
            value => value.into_array(batch.num_rows())?,
        };
        let mask = as_boolean_array(&mask)?;
        let mask = if mask.null_count() == 0 { mask.clone() } else { prep_null_mask_filter(mask) };
        let kept = mask.true_count();
        self.rows += batch.num_rows();
        self.kept += kept;
        Ok(if kept == batch.num_rows() { Verdict::All } else { Verdict::Some(mask) })
    }

    #[expect(clippy::cast_precision_loss, reason = "a share")]
    fn is_worthwhile(&self) -> bool {
        self.rows < TRIAL_ROWS || self.kept as f64 <= WORTHWHILE * self.rows as f64
    }
}
