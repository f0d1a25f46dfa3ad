//! The operator: lets those rows through that every runtime filter lets through.

use std::fmt;
use std::sync::Arc;

use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::{and, filter_record_batch};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, internal_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::execution_plan::{CardinalityEffect, apply_expression_roots};
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricBuilder, MetricsSet};
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};

use super::adaptive::{AdaptiveFilter, Verdict};
use super::filter::RuntimeFilter;
use crate::physical::sieve::Sieve;

/// Applies filters that become known while the query runs.
#[derive(Debug)]
pub(super) struct RuntimeFilterExec {
    input: Arc<dyn ExecutionPlan>,
    /// Over the columns of `input`; a row stays when all are true.
    filters: Vec<RuntimeFilter>,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

impl RuntimeFilterExec {
    /// Applies `filters`, which are over the columns of `input`.
    pub(super) fn new(input: Arc<dyn ExecutionPlan>, filters: Vec<RuntimeFilter>) -> Self {
        let properties = Arc::clone(input.properties());
        Self { input, filters, properties, metrics: ExecutionPlanMetricsSet::new() }
    }
}

impl DisplayAs for RuntimeFilterExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let filters: Vec<_> = self.filters.iter().map(ToString::to_string).collect();
        write!(f, "RuntimeFilterExec: {}", filters.join(" AND "))
    }
}

impl ExecutionPlan for RuntimeFilterExec {
    fn name(&self) -> &'static str {
        "RuntimeFilterExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn with_new_children(self: Arc<Self>, mut children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        match children.pop() {
            Some(input) if children.is_empty() => Ok(Arc::new(Self::new(input, self.filters.clone()))),
            _ => internal_err!("a runtime filter has one input"),
        }
    }

    fn apply_expressions(
        &self,
        visit: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        apply_expression_roots(self.filters.iter().map(|filter| &filter.predicate), visit)
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let rows = context.session_config().batch_size();
        let metrics = BaselineMetrics::new(&self.metrics, partition);
        let pruned = MetricBuilder::new(&self.metrics).counter("rows_pruned", partition);
        let mut filters = self.filters.iter().map(|filter| AdaptiveFilter::new(filter.clone())).collect::<Vec<_>>();
        let input = self.input.execute(partition, context)?;
        Ok(Box::pin(Sieve::new(input, rows, metrics, move |batch| {
            let before = batch.num_rows();
            let (batch, mask) = filtered(&mut filters, batch)?;
            pruned.add(before - mask.as_ref().map_or(batch.num_rows(), BooleanArray::true_count));
            Ok((batch, mask))
        })))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }

    fn cardinality_effect(&self) -> CardinalityEffect {
        CardinalityEffect::LowerEqual
    }
}

/// The rows of a batch that all filters let through.
fn filtered(filters: &mut [AdaptiveFilter], mut batch: RecordBatch) -> Result<(RecordBatch, Option<BooleanArray>)> {
    // The strictest first: the others need not look at what it leaves out.
    if !filters.is_sorted_by_key(strictness) {
        filters.sort_by_key(strictness);
    }
    let mut mask: Option<BooleanArray> = None;
    for filter in filters {
        if let Some(rest) = mask.take_if(|mask| mask.true_count() <= batch.num_rows() / 4) {
            batch = filter_record_batch(&batch, &rest)?;
        }
        if let Verdict::Some(more) = filter.judge(&batch)? {
            mask = Some(match mask {
                Some(mask) => and(&mask, &more)?,
                None => more,
            });
        }
    }
    Ok((batch, mask))
}

/// The share of the rows that a filter keeps, in thousandths.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 1000")]
fn strictness(filter: &AdaptiveFilter) -> u16 {
    filter.share().map_or(1000, |share| (share * 1000.0) as u16)
}
