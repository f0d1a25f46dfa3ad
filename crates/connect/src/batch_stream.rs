//! The rows of one unit.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use futures::{Stream, StreamExt};

use crate::{ConnectError, RejectedRecord, UnitEnd};

/// What a connector's stream consists of: batches, and last of all the end.
pub(crate) enum Item {
    Batch(RecordBatch),
    /// Records that came since the last item, and are no rows. Only where the plan says that they are wanted.
    Rejected(Vec<RejectedRecord>),
    End(UnitEnd),
}

type Items = Pin<Box<dyn Stream<Item = Result<Item, ConnectError>> + Send>>;

/// The rows of one unit, in order. Ends after the first error. Dropping it stops the read.
pub struct BatchStream {
    schema: SchemaRef,
    items: Option<Items>,
    rejected: Vec<RejectedRecord>,
    end: Option<UnitEnd>,
}

impl BatchStream {
    /// A stream from the items of a connector. `items` must end with [`Item::End`] unless it fails.
    pub(crate) fn new(
        schema: SchemaRef,
        items: impl Stream<Item = Result<Item, ConnectError>> + Send + 'static,
    ) -> Self {
        Self { schema, items: Some(Box::pin(items)), rejected: Vec::new(), end: None }
    }

    /// A stream of `batches` (of which each has `schema`) that ends with `end`: for connectors outside this crate.
    pub fn from_batches(
        schema: SchemaRef,
        batches: impl Stream<Item = Result<RecordBatch, ConnectError>> + Send + 'static,
        end: UnitEnd,
    ) -> Self {
        let last = futures::stream::once(async move { Ok(Item::End(end)) });
        Self::new(schema, batches.map(|batch| batch.map(Item::Batch)).chain(last))
    }

    /// The schema of every batch.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Records that no row could be made of, since this was asked last. To be asked after every batch and at the end: a batch
    /// without rows comes where there is nothing but such records, so that few of them wait here at any time.
    pub fn take_rejected(&mut self) -> Vec<RejectedRecord> {
        std::mem::take(&mut self.rejected)
    }

    /// What is known at the end: `Some` once the stream has given `None` without an error before.
    pub fn end(&self) -> Option<&UnitEnd> {
        self.end.as_ref()
    }
}

impl Stream for BatchStream {
    type Item = Result<RecordBatch, ConnectError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(items) = &mut self.items else {
            return Poll::Ready(None);
        };
        match items.as_mut().poll_next(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Some(Ok(Item::Batch(batch)))) => Poll::Ready(Some(Ok(batch))),
            Poll::Ready(Some(Ok(Item::Rejected(records)))) => {
                self.rejected.extend(records);
                Poll::Ready(Some(Ok(RecordBatch::new_empty(Arc::clone(&self.schema)))))
            }
            Poll::Ready(Some(Ok(Item::End(end)))) => {
                self.items = None;
                self.end = Some(end);
                Poll::Ready(None)
            }
            Poll::Ready(Some(Err(error))) => {
                self.items = None;
                Poll::Ready(Some(Err(error)))
            }
            // The reader went away without a word: it must not look like the end.
            Poll::Ready(None) => {
                self.items = None;
                let reason = "the reader stopped before the end".to_owned();
                Poll::Ready(Some(Err(ConnectError::SourceFailed { object: "source".to_owned(), reason })))
            }
        }
    }
}
