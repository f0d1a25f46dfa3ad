//! How much memory a batch takes.
//!
//! Arrow's own count takes every buffer that an array points into at its full size. Slices and text views of one large
//! buffer would each count as all of it, and a write would spill or cut its chunks for nothing.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::DataType;
use arrow::error::ArrowError;

/// Views that point into more than this many times their own bytes are copied out.
const SLACK: usize = 4;

/// Bytes of the values of a batch.
pub(crate) fn batch_bytes(batch: &RecordBatch) -> usize {
    batch.columns().iter().map(array_bytes).sum()
}

/// Bytes of the values of an array.
pub(crate) fn array_bytes(array: &ArrayRef) -> usize {
    match array.data_type() {
        DataType::Utf8View => array.len() * 16 + array.as_string_view().total_buffer_bytes_used(),
        DataType::BinaryView => array.len() * 16 + array.as_binary_view().total_buffer_bytes_used(),
        _ => array.to_data().get_slice_memory_size().unwrap_or_else(|_| array.get_array_memory_size()),
    }
}

/// The batch without large buffers that it uses little of, for keeping.
pub(crate) fn compact(batch: RecordBatch) -> RecordBatch {
    let columns = batch.columns().iter().map(|column| {
        let wasteful = column.get_array_memory_size() > SLACK * array_bytes(column) + (64 << 10);
        if wasteful { own(column) } else { Arc::clone(column) }
    });
    let columns = columns.collect();
    RecordBatch::try_new(batch.schema(), columns).unwrap_or(batch)
}

/// The batch with nothing but its own texts: views point into buffers that they share with others, and whoever writes them
/// away writes these whole.
pub(crate) fn unshare(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    RecordBatch::try_new(batch.schema(), batch.columns().iter().map(own).collect())
}

/// The array with texts of its own. Below the top level there are no views: see [`crate::StoredSchema`].
fn own(array: &ArrayRef) -> ArrayRef {
    match array.data_type() {
        DataType::Utf8View => Arc::new(array.as_string_view().gc()),
        DataType::BinaryView => Arc::new(array.as_binary_view().gc()),
        _ => Arc::clone(array),
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::StringViewArray;

    use super::*;

    #[test]
    fn a_slice_counts_for_itself() {
        let texts: StringViewArray =
            (0..10_000).map(|number| Some(format!("a text of some length {number}"))).collect();
        let whole = RecordBatch::try_from_iter([("s", Arc::new(texts) as ArrayRef)]).unwrap();
        let slice = whole.slice(10, 5);
        assert!(batch_bytes(&whole) > 300_000);
        assert!(batch_bytes(&slice) < 300, "{}", batch_bytes(&slice));
        let kept = compact(slice.clone());
        assert_eq!(kept, slice);
        assert!(kept.get_array_memory_size() < 10_000, "{}", kept.get_array_memory_size());
    }
}
