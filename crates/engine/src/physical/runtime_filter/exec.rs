//! The operator: lets those rows through that every runtime filter lets through.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::{BatchCoalescer, and, filter_record_batch};
use arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, internal_err};
use datafusion::execution::{RecordBatchStream, SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::execution_plan::{CardinalityEffect, apply_expression_roots};
use datafusion::physical_plan::metrics::{BaselineMetrics, Count, ExecutionPlanMetricsSet, MetricBuilder, MetricsSet};
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};
use futures::{Stream, StreamExt};

use super::adaptive::{AdaptiveFilter, Verdict};
use super::filter::RuntimeFilter;

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
        let schema = self.schema();
        let rows = context.session_config().batch_size();
        Ok(Box::pin(Filtered {
            input: self.input.execute(partition, context)?,
            filters: self.filters.iter().map(|filter| AdaptiveFilter::new(filter.clone())).collect(),
            // A batch of which half or more is left goes on as it is.
            output: BatchCoalescer::new(Arc::clone(&schema), rows).with_biggest_coalesce_batch_size(Some(rows / 2)),
            schema,
            ended: false,
            pruned: MetricBuilder::new(&self.metrics).counter("rows_pruned", partition),
            metrics: BaselineMetrics::new(&self.metrics, partition),
        }))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }

    fn cardinality_effect(&self) -> CardinalityEffect {
        CardinalityEffect::LowerEqual
    }
}

/// The rows that stay, gathered to batches of the usual size.
struct Filtered {
    schema: SchemaRef,
    input: SendableRecordBatchStream,
    filters: Vec<AdaptiveFilter>,
    output: BatchCoalescer,
    ended: bool,
    pruned: Count,
    metrics: BaselineMetrics,
}

impl Filtered {
    fn push(&mut self, mut batch: RecordBatch) -> Result<()> {
        let timer = self.metrics.elapsed_compute().clone();
        let _timer = timer.timer();
        let before = batch.num_rows();
        // The strictest first: the others need not look at what it leaves out.
        if !self.filters.is_sorted_by_key(strictness) {
            self.filters.sort_by_key(strictness);
        }
        let mut mask: Option<BooleanArray> = None;
        for filter in &mut self.filters {
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
        let after = mask.as_ref().map_or(batch.num_rows(), BooleanArray::true_count);
        self.pruned.add(before - after);
        match mask {
            Some(mask) => self.output.push_batch_with_filter(batch, &mask)?,
            None => self.output.push_batch(batch)?,
        }
        Ok(())
    }
}

/// The share of the rows that a filter keeps, in thousandths.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 1000")]
fn strictness(filter: &AdaptiveFilter) -> u16 {
    filter.share().map_or(1000, |share| (share * 1000.0) as u16)
}

impl Stream for Filtered {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(batch) = self.output.next_completed_batch() {
                return self.metrics.record_poll(Poll::Ready(Some(Ok(batch))));
            }
            if self.ended {
                return self.metrics.record_poll(Poll::Ready(None));
            }
            let Some(batch) = ready!(self.input.poll_next_unpin(cx)) else {
                self.ended = true;
                self.output.finish_buffered_batch()?;
                continue;
            };
            if let Err(error) = batch.and_then(|batch| self.push(batch)) {
                self.ended = true;
                return Poll::Ready(Some(Err(error)));
            }
        }
    }
}

impl RecordBatchStream for Filtered {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}
