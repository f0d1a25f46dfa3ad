//! The answer of a query, as it comes.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::ExecutionPlan;
use futures::{Stream, StreamExt, TryStreamExt};

use crate::SqlError;
use crate::error::from_execution;

/// A stream of record batches. Dropping it cancels the query.
pub struct Rows {
    stream: SendableRecordBatchStream,
    plan: Arc<dyn ExecutionPlan>,
}

impl Rows {
    pub(crate) fn new(stream: SendableRecordBatchStream, plan: Arc<dyn ExecutionPlan>) -> Self {
        Self { stream, plan }
    }

    /// Columns of every batch.
    pub fn schema(&self) -> SchemaRef {
        self.stream.schema()
    }

    /// The physical plan that makes the rows; its metrics grow as they are read.
    pub fn plan(&self) -> &Arc<dyn ExecutionPlan> {
        &self.plan
    }

    /// All batches. Only for results that are known to be small.
    pub async fn collect(self) -> Result<Vec<RecordBatch>, SqlError> {
        self.try_collect().await
    }

    /// The stream as DataFusion knows it; its errors are not translated.
    pub fn into_stream(self) -> SendableRecordBatchStream {
        self.stream
    }
}

impl Stream for Rows {
    type Item = Result<RecordBatch, SqlError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.stream.poll_next_unpin(context).map(|item| item.map(|batch| batch.map_err(from_execution)))
    }
}

impl std::fmt::Debug for Rows {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Rows").field("schema", &self.schema()).finish_non_exhaustive()
    }
}
