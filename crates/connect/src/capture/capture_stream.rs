//! Streams of a capture: they end with the place in the log up to which they bring a table.

use std::sync::Arc;

use futures::{StreamExt, stream};
use serde_json::Value;

use super::fold_batches::FoldBatches;
use super::folded_table::FoldedTable;
use crate::batch_stream::Item;
use crate::{BatchStream, ConnectError, Note, UnitEnd};

/// What changed, as a stream that ends with a position and with what `notes` says of all rows then.
pub(crate) fn changes<T: FoldedTable + 'static>(
    batches: FoldBatches<T>,
    batch_rows: usize,
    position: Option<Value>,
    notes: impl FnOnce(&T) -> Vec<Note> + Send + 'static,
) -> BatchStream {
    let (rows, schema) = (batches.rows(), batches.batch_schema());
    let batches = Arc::new(batches);
    let starts = (0..rows).step_by(batch_rows);
    let source = Arc::clone(&batches);
    let items =
        stream::iter(starts).map(move |start| source.batch(start..rows.min(start + batch_rows)).map(Item::Batch));
    let last = async move {
        let notes = notes(&batches.table);
        Ok::<_, ConnectError>(Item::End(UnitEnd::new(rows as u64, notes, move |_, _| position.clone())))
    };
    BatchStream::new(schema, items.chain(stream::once(last)))
}

/// The same stream, ending with a position.
pub(crate) fn with_position(stream: BatchStream, position: Option<Value>) -> BatchStream {
    let schema = Arc::clone(stream.schema());
    let items = stream::unfold(Some((stream, position)), |state| async move {
        let (mut stream, position) = state?;
        match stream.next().await {
            Some(Ok(batch)) => Some((Ok(Item::Batch(batch)), Some((stream, position)))),
            Some(Err(error)) => Some((Err(error), None)),
            None => {
                let end = stream.end()?;
                let end = UnitEnd::new(end.rows, end.notes.clone(), move |_, _| position.clone());
                Some((Ok(Item::End(end)), None))
            }
        }
    });
    BatchStream::new(schema, items)
}
