//! The operator: leaves out rows whose key went by before.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use arrow::array::RecordBatch;
use arrow::compute::BatchCoalescer;
use arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, internal_err};
use datafusion::execution::{RecordBatchStream, SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::execution_plan::{CardinalityEffect, apply_expression_roots};
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};
use futures::{Stream, StreamExt};

use super::recent_keys::RecentKeys;

/// Leaves out repetitions of a key, as far as it remembers: at least one row of each key stays.
#[derive(Debug)]
pub(super) struct RepeatedKeysExec {
    input: Arc<dyn ExecutionPlan>,
    /// Over the columns of `input`.
    keys: Vec<Arc<dyn PhysicalExpr>>,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

impl RepeatedKeysExec {
    /// Leaves out rows of `input` with the same `keys` as an earlier one.
    pub(super) fn new(input: Arc<dyn ExecutionPlan>, keys: Vec<Arc<dyn PhysicalExpr>>) -> Self {
        let properties = Arc::clone(input.properties());
        Self { input, keys, properties, metrics: ExecutionPlanMetricsSet::new() }
    }
}

impl DisplayAs for RepeatedKeysExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<_> = self.keys.iter().map(ToString::to_string).collect();
        write!(f, "RepeatedKeysExec: {}", keys.join(", "))
    }
}

impl ExecutionPlan for RepeatedKeysExec {
    fn name(&self) -> &'static str {
        "RepeatedKeysExec"
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
            Some(input) if children.is_empty() => Ok(Arc::new(Self::new(input, self.keys.clone()))),
            _ => internal_err!("repeated keys are left out of one input"),
        }
    }

    fn apply_expressions(
        &self,
        visit: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        apply_expression_roots(&self.keys, visit)
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let schema = self.schema();
        let rows = context.session_config().batch_size();
        Ok(Box::pin(Fresh {
            seen: Some(RecentKeys::new(&self.keys, &schema)?),
            keys: self.keys.clone(),
            input: self.input.execute(partition, context)?,
            output: BatchCoalescer::new(Arc::clone(&schema), rows).with_biggest_coalesce_batch_size(Some(rows / 2)),
            schema,
            ended: false,
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
struct Fresh {
    schema: SchemaRef,
    input: SendableRecordBatchStream,
    keys: Vec<Arc<dyn PhysicalExpr>>,
    /// Nothing once asking does not pay.
    seen: Option<RecentKeys>,
    output: BatchCoalescer,
    ended: bool,
    metrics: BaselineMetrics,
}

impl Fresh {
    fn push(&mut self, batch: RecordBatch) -> Result<()> {
        let timer = self.metrics.elapsed_compute().clone();
        let _timer = timer.timer();
        let Some(seen) = &mut self.seen else { return Ok(self.output.push_batch(batch)?) };
        let columns = self.keys.iter().map(|key| key.evaluate(&batch)?.into_array(batch.num_rows()));
        let fresh = seen.fresh(&columns.collect::<Result<Vec<_>>>()?)?;
        if !seen.is_worthwhile() {
            self.seen = None;
        }
        Ok(self.output.push_batch_with_filter(batch, &fresh)?)
    }
}

impl Stream for Fresh {
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

impl RecordBatchStream for Fresh {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}
