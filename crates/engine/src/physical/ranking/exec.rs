//! The operator: adds ranks to rows that come sorted.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, internal_err};
use datafusion::execution::{RecordBatchStream, SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::execution_plan::{CardinalityEffect, apply_expression_roots};
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, Distribution, ExecutionPlan, PlanProperties};
use futures::{Stream, StreamExt};

use super::ranks::{RankingFunction, Ranks};

/// Adds a column for each rank to its input, which comes sorted by `partition_by` and then by `order_by`.
#[derive(Debug)]
pub(super) struct RankingExec {
    input: Arc<dyn ExecutionPlan>,
    functions: Vec<RankingFunction>,
    partition_by: Vec<Arc<dyn PhysicalExpr>>,
    order_by: Vec<Arc<dyn PhysicalExpr>>,
    /// Of the window that this takes the place of.
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

impl RankingExec {
    /// Takes the place of `window`, whose functions are `functions`.
    pub(super) fn new(
        window: &dyn ExecutionPlan,
        input: Arc<dyn ExecutionPlan>,
        functions: Vec<RankingFunction>,
        partition_by: Vec<Arc<dyn PhysicalExpr>>,
        order_by: Vec<Arc<dyn PhysicalExpr>>,
    ) -> Self {
        let properties = Arc::clone(window.properties());
        Self { input, functions, partition_by, order_by, properties, metrics: ExecutionPlanMetricsSet::new() }
    }
}

impl DisplayAs for RankingExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts =
            |keys: &[Arc<dyn PhysicalExpr>]| keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let (partition_by, order_by) = (texts(&self.partition_by), texts(&self.order_by));
        write!(f, "RankingExec: {:?}, partition_by=[{partition_by}], order_by=[{order_by}]", self.functions)
    }
}

impl ExecutionPlan for RankingExec {
    fn name(&self) -> &'static str {
        "RankingExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn required_input_distribution(&self) -> Vec<Distribution> {
        vec![Distribution::UnspecifiedDistribution]
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn with_new_children(self: Arc<Self>, mut children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        match children.pop() {
            Some(input) if children.is_empty() => {
                let (partition_by, order_by) = (self.partition_by.clone(), self.order_by.clone());
                Ok(Arc::new(Self::new(self.as_ref(), input, self.functions.clone(), partition_by, order_by)))
            }
            _ => internal_err!("ranks are counted over one input"),
        }
    }

    fn apply_expressions(
        &self,
        visit: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        apply_expression_roots(self.partition_by.iter().chain(&self.order_by), visit)
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        Ok(Box::pin(Ranked {
            schema: self.schema(),
            input: self.input.execute(partition, context)?,
            ranks: Ranks::new(self.functions.clone()),
            partition_by: self.partition_by.clone(),
            order_by: self.order_by.clone(),
            metrics: BaselineMetrics::new(&self.metrics, partition),
        }))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }

    fn cardinality_effect(&self) -> CardinalityEffect {
        CardinalityEffect::Equal
    }
}

struct Ranked {
    schema: SchemaRef,
    input: SendableRecordBatchStream,
    ranks: Ranks,
    partition_by: Vec<Arc<dyn PhysicalExpr>>,
    order_by: Vec<Arc<dyn PhysicalExpr>>,
    metrics: BaselineMetrics,
}

impl Ranked {
    fn rank(&mut self, batch: &RecordBatch) -> Result<RecordBatch> {
        let timer = self.metrics.elapsed_compute().clone();
        let _timer = timer.timer();
        let keys = |keys: &[Arc<dyn PhysicalExpr>]| -> Result<Vec<ArrayRef>> {
            keys.iter().map(|key| key.evaluate(batch)?.into_array(batch.num_rows())).collect()
        };
        let ranks = self.ranks.count(&keys(&self.partition_by)?, &keys(&self.order_by)?, batch.num_rows())?;
        let columns = batch.columns().iter().cloned().chain(ranks).collect();
        Ok(RecordBatch::try_new(Arc::clone(&self.schema), columns)?)
    }
}

impl Stream for Ranked {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let batch = ready!(self.input.poll_next_unpin(cx));
        let ranked = batch.map(|batch| self.rank(&batch?));
        self.metrics.record_poll(Poll::Ready(ranked))
    }
}

impl RecordBatchStream for Ranked {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}
