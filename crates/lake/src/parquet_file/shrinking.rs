//! Whether compressing a column of text is worth its time.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;

/// Values that are tried, spread over the column.
const SAMPLE_ROWS: usize = 1024;
/// Values are tried up to this many bytes.
const LONGEST: usize = 1024;
/// Fewer bytes tell nothing.
const LEAST_BYTES: usize = 4096;

/// Tries LZ4 on a sample of the values, laid out as in a page: each behind its length. True if they lose a tenth at least, and
/// where too little is there to tell.
pub(super) fn shrinks(column: &ArrayRef) -> bool {
    let step = (column.len() / SAMPLE_ROWS).max(1);
    let mut page = Vec::new();
    // A stretch of neighbours as well as far ones: what repeats nearby shrinks.
    for start in (0..column.len()).step_by(step * 64) {
        let stretch = column.slice(start, 64.min(column.len() - start));
        let Ok(values) = cast(&stretch, &DataType::LargeBinary) else { return true };
        let values = values.as_binary::<i64>();
        for value in values.iter().flatten() {
            let value = &value[..value.len().min(LONGEST)];
            page.extend_from_slice(&u32::try_from(value.len()).unwrap_or_default().to_le_bytes());
            page.extend_from_slice(value);
        }
    }
    page.len() < LEAST_BYTES || lz4_flex::block::compress(&page).len() < page.len() / 10 * 9
}
