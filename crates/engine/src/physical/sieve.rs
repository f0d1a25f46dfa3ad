//! A stream that leaves out rows.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::BatchCoalescer;
use arrow::datatypes::SchemaRef;
use datafusion::common::Result;
use datafusion::execution::{RecordBatchStream, SendableRecordBatchStream};
use datafusion::physical_plan::metrics::BaselineMetrics;
use futures::{Stream, StreamExt};

/// The rows of `input` that `judge` lets through, gathered to batches of `rows` rows. It gives a batch, its own or a part
/// of it, with the rows of that which stay; no mask is all of them.
pub(super) struct Sieve<Judge> {
    schema: SchemaRef,
    input: SendableRecordBatchStream,
    judge: Judge,
    output: BatchCoalescer,
    ended: bool,
    metrics: BaselineMetrics,
}

impl<Judge: FnMut(RecordBatch) -> Result<(RecordBatch, Option<BooleanArray>)>> Sieve<Judge> {
    pub(super) fn new(input: SendableRecordBatchStream, rows: usize, metrics: BaselineMetrics, judge: Judge) -> Self {
        let schema = input.schema();
        // A batch of which half or more is left goes on as it is.
        let output = BatchCoalescer::new(Arc::clone(&schema), rows).with_biggest_coalesce_batch_size(Some(rows / 2));
        Self { schema, input, judge, output, ended: false, metrics }
    }

    fn push(&mut self, batch: RecordBatch) -> Result<()> {
        let timer = self.metrics.elapsed_compute().clone();
        let _timer = timer.timer();
        match (self.judge)(batch)? {
            (batch, Some(mask)) => self.output.push_batch_with_filter(batch, &mask)?,
            (batch, None) => self.output.push_batch(batch)?,
        }
        Ok(())
    }
}

impl<Judge: FnMut(RecordBatch) -> Result<(RecordBatch, Option<BooleanArray>)> + Unpin> Stream for Sieve<Judge> {
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

impl<Judge: FnMut(RecordBatch) -> Result<(RecordBatch, Option<BooleanArray>)> + Unpin> RecordBatchStream
    for Sieve<Judge>
{
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}
