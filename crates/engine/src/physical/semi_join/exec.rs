//! The operator: leaves out rows whose key went by before.

use std::fmt;
use std::sync::Arc;

use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, internal_err};
use datafusion::execution::memory_pool::MemoryConsumer;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::execution_plan::{CardinalityEffect, apply_expression_roots};
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};

use super::recent_keys::{MOST_BYTES, RecentKeys};
use crate::physical::sieve::Sieve;

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
        let rows = context.session_config().batch_size();
        let metrics = BaselineMetrics::new(&self.metrics, partition);
        let memory = MemoryConsumer::new("keys of a semi join").register(context.memory_pool());
        // What has no room for keys lets every row through.
        let mut seen = match memory.try_grow(MOST_BYTES) {
            Ok(()) => Some((RecentKeys::new(&self.keys, &self.schema())?, memory)),
            Err(_) => None,
        };
        let keys = self.keys.clone();
        let input = self.input.execute(partition, context)?;
        Ok(Box::pin(Sieve::new(input, rows, metrics, move |batch| {
            let Some((recent, _)) = &mut seen else { return Ok((batch, None)) };
            let columns = keys.iter().map(|key| key.evaluate(&batch)?.into_array(batch.num_rows()));
            let fresh = recent.fresh(&columns.collect::<Result<Vec<_>>>()?)?;
            if !recent.is_worthwhile() {
                seen = None;
            }
            Ok((batch, Some(fresh)))
        })))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }

    fn cardinality_effect(&self) -> CardinalityEffect {
        CardinalityEffect::LowerEqual
    }
}
