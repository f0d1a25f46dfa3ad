//! Columns into the promised type, or not at all.

use arrow::array::{Array, ArrayRef, AsArray, new_null_array};
use arrow::compute::kernels::cmp;
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::DataType;
use arrow::util::display::FormatOptions;

use crate::value::ColumnBuilder;

/// Whether a column of type `found` can be expected to hold to the promise `promised`: the same kind of thing.
pub(crate) fn can_hold(promised: &DataType, found: &DataType) -> bool {
    use DataType::{
        Binary, BinaryView, Date32, Date64, FixedSizeBinary, LargeBinary, LargeUtf8, Null, Time32, Time64, Timestamp,
        Utf8, Utf8View,
    };
    let is_text = |data_type: &DataType| matches!(data_type, Utf8 | LargeUtf8 | Utf8View);
    let is_binary = |data_type: &DataType| matches!(data_type, Binary | LargeBinary | BinaryView | FixedSizeBinary(_));
    let is_decimal = |data_type: &DataType| matches!(data_type, DataType::Decimal128(..) | DataType::Decimal256(..));
    promised == found
        || *found == Null
        || (is_text(promised) && !found.is_nested() && !is_binary(found))
        || (is_binary(promised) && is_binary(found))
        || (promised.is_integer() && found.is_integer())
        || (promised.is_floating() && (found.is_numeric()))
        || (is_decimal(promised) && (found.is_integer() || is_decimal(found)))
        || matches!((promised, found), (Timestamp(..), Timestamp(..) | Date32) | (Date32, Date64))
        || matches!((promised, found), (Time32(_) | Time64(_), Time32(_) | Time64(_)))
}

/// The column as `wanted`, or the first row whose value does not fit exactly.
pub(crate) fn cast(column: &ArrayRef, wanted: &DataType) -> Result<ArrayRef, usize> {
    let found = column.data_type();
    if found == wanted {
        return Ok(ArrayRef::clone(column));
    }
    // Of this type all values are NULL, though the array itself counts none.
    if *found == DataType::Null {
        return Ok(new_null_array(wanted, column.len()));
    }
    if !can_hold(wanted, found) {
        return parse(column, wanted);
    }
    let options = CastOptions { safe: true, format_options: FormatOptions::default() };
    let converted = cast_with_options(column, wanted, &options).map_err(|_| 0_usize)?;
    // A cast that fails for one value gives NULL.
    if converted.null_count() > column.null_count() {
        let wrong = (0..column.len()).find(|row| converted.is_null(*row) && !column.is_null(*row));
        return Err(wrong.unwrap_or(0));
    }
    // Casts also cut off digits, of decimals, of times, of whole numbers as doubles: what comes back must be the same. That a
    // float is rounded to a shorter one is what floats are.
    let is_rounded = found.is_numeric() && wanted.is_numeric() && !(found.is_floating() && wanted.is_floating());
    if is_rounded || (found.is_temporal() && wanted.is_temporal()) {
        let back = cast_with_options(&converted, found, &options).map_err(|_| 0_usize)?;
        let same = cmp::not_distinct(&back, column).map_err(|_| 0_usize)?;
        if let Some(wrong) = same.iter().position(|same| same != Some(true)) {
            return Err(wrong);
        }
    }
    Ok(converted)
}

/// Text that was promised as something else, read as text files are. Anything else does not fit from the first value.
fn parse(column: &ArrayRef, wanted: &DataType) -> Result<ArrayRef, usize> {
    let first = || (0..column.len()).find(|row| column.is_valid(*row)).unwrap_or(0);
    if column.null_count() == column.len() {
        return Ok(new_null_array(wanted, column.len()));
    }
    let texts = column.as_string_opt::<i32>().ok_or_else(first)?;
    let mut builder = ColumnBuilder::new(wanted, texts.len()).ok_or_else(first)?;
    builder.extend(texts.iter())?;
    builder.finish().map_err(|_| first())
}
