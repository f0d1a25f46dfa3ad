//! The operator below a join's build side: hands the rows on and remembers their keys.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use arrow::array::{Array, RecordBatch};
use arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, internal_err};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryLimit, MemoryReservation};
use datafusion::execution::{RecordBatchStream, SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::execution_plan::{CardinalityEffect, apply_expression_roots};
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};
use futures::{Stream, StreamExt};

use super::build_keys::{BuildKeys, bounds, widened};

/// The keys of one partition take at most this many bytes (8 million keys of two partitions are 64 MB), and at most a
/// sixteenth of the memory for all partitions: the query has better use for it.
const MOST_BYTES: usize = 32 << 20;

/// Passes its input on and gathers the keys.
#[derive(Debug)]
pub(super) struct GatherKeysExec {
    input: Arc<dyn ExecutionPlan>,
    /// Over the columns of `input`.
    key: Arc<dyn PhysicalExpr>,
    keys: Arc<BuildKeys>,
    properties: Arc<PlanProperties>,
}

impl GatherKeysExec {
    /// Gathers what `key` is in the rows of `input`.
    pub(super) fn new(input: Arc<dyn ExecutionPlan>, key: Arc<dyn PhysicalExpr>, keys: Arc<BuildKeys>) -> Self {
        let properties = Arc::clone(input.properties());
        Self { input, key, keys, properties }
    }
}

impl DisplayAs for GatherKeysExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GatherKeysExec: {}", self.key)
    }
}

impl ExecutionPlan for GatherKeysExec {
    fn name(&self) -> &'static str {
        "GatherKeysExec"
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
            Some(input) if children.is_empty() => {
                Ok(Arc::new(Self::new(input, Arc::clone(&self.key), Arc::clone(&self.keys))))
            }
            _ => internal_err!("keys are gathered of one input"),
        }
    }

    fn apply_expressions(
        &self,
        visit: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        apply_expression_roots([&self.key], visit)
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let pool = context.memory_pool();
        let share = match pool.memory_limit() {
            MemoryLimit::Finite(bytes) => bytes / (16 * self.properties.partitioning.partition_count().max(1)),
            MemoryLimit::Infinite | MemoryLimit::Unknown => MOST_BYTES,
        };
        self.keys.begin(partition);
        Ok(Box::pin(Gathering {
            schema: self.schema(),
            input: self.input.execute(partition, Arc::clone(&context))?,
            key: Arc::clone(&self.key),
            keys: Arc::clone(&self.keys),
            part: Some(Part {
                keys: Vec::new(),
                bounds: None,
                most_bytes: share.min(MOST_BYTES),
                memory: MemoryConsumer::new("keys of a runtime filter").register(pool),
            }),
        }))
    }

    fn cardinality_effect(&self) -> CardinalityEffect {
        CardinalityEffect::Equal
    }
}

/// The keys of one partition.
struct Part {
    keys: Vec<i64>,
    bounds: Option<(i64, i64)>,
    most_bytes: usize,
    memory: MemoryReservation,
}

impl Part {
    /// Adds the keys of a batch; false when they are too many.
    fn add(&mut self, batch: &RecordBatch, key: &Arc<dyn PhysicalExpr>) -> Result<bool> {
        let column = BuildKeys::integers(&key.evaluate(batch)?.into_array(batch.num_rows())?)?;
        let bytes = 8 * (self.keys.len() + column.len());
        if bytes > self.most_bytes || self.memory.try_resize(bytes).is_err() {
            return Ok(false);
        }
        self.bounds = widened(self.bounds, bounds(&column));
        if column.null_count() == 0 {
            self.keys.extend_from_slice(column.values());
        } else {
            self.keys.extend(column.iter().flatten());
        }
        Ok(true)
    }
}

struct Gathering {
    schema: SchemaRef,
    input: SendableRecordBatchStream,
    key: Arc<dyn PhysicalExpr>,
    keys: Arc<BuildKeys>,
    /// Nothing once they are too many.
    part: Option<Part>,
}

impl Stream for Gathering {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let batch = ready!(self.input.poll_next_unpin(cx));
        let this = &mut *self;
        match &batch {
            Some(Ok(batch)) => {
                if let Some(part) = &mut this.part
                    && !part.add(batch, &this.key)?
                {
                    this.part = None;
                    this.keys.give_up();
                }
            }
            Some(Err(_)) => this.part = None,
            None => {
                if let Some(part) = this.part.take() {
                    this.keys.end(part.keys, part.bounds, part.memory);
                }
            }
        }
        Poll::Ready(batch)
    }
}

impl RecordBatchStream for Gathering {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}
