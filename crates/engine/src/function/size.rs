//! How large what a function makes can be, from the lengths of its arguments.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Date32Type, Int64Type, IntervalMonthDayNanoType, TimeUnit};
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

/// The arguments of a call.
pub(super) struct Sizes {
    /// Each with whether it is one value for all rows.
    args: Vec<(ArrayRef, bool)>,
}

impl Sizes {
    pub(super) fn new(args: &[ColumnarValue]) -> Result<Self> {
        let args = args.iter().map(|arg| match arg {
            ColumnarValue::Array(array) => Ok((Arc::clone(array), false)),
            ColumnarValue::Scalar(value) => Ok((value.to_array()?, true)),
        });
        Ok(Self { args: args.collect::<Result<_>>()? })
    }

    fn at(&self, arg: usize, row: usize) -> Option<(&ArrayRef, usize)> {
        let (array, constant) = self.args.get(arg)?;
        let row = if *constant { 0 } else { row };
        array.is_valid(row).then_some((array, row))
    }

    /// Bytes of a text.
    fn text(&self, arg: usize, row: usize) -> u64 {
        let Some((array, row)) = self.at(arg, row) else { return 0 };
        text_size(array, row)
    }

    fn str(&self, arg: usize, row: usize) -> &str {
        let Some((array, row)) = self.at(arg, row) else { return "" };
        match array.data_type() {
            DataType::Utf8 => array.as_string::<i32>().value(row),
            DataType::LargeUtf8 => array.as_string::<i64>().value(row),
            DataType::Utf8View => array.as_string_view().value(row),
            _ => "",
        }
    }

    /// A number that is not negative.
    fn count(&self, arg: usize, row: usize) -> u64 {
        let Some((array, row)) = self.at(arg, row) else { return 0 };
        array.as_primitive_opt::<Int64Type>().map_or(0, |counts| u64::try_from(counts.value(row)).unwrap_or(0))
    }
}

/// Bytes of the text in `row`, of other values about as many.
pub(super) fn text_size(array: &ArrayRef, row: usize) -> u64 {
    let bytes = match array.data_type() {
        DataType::Utf8 => usize::try_from(array.as_string::<i32>().value_length(row)).unwrap_or(0),
        DataType::LargeUtf8 => usize::try_from(array.as_string::<i64>().value_length(row)).unwrap_or(0),
        DataType::Utf8View => array.as_string_view().value(row).len(),
        other => match other.primitive_width() {
            Some(width) => width,
            None => array.get_array_memory_size() / array.len().max(1),
        },
    };
    bytes as u64
}

pub(super) fn of_repeat(sizes: &Sizes, row: usize) -> u64 {
    sizes.text(0, row).saturating_mul(sizes.count(1, row))
}

pub(super) fn of_pad(sizes: &Sizes, row: usize) -> u64 {
    sizes.count(1, row)
}

pub(super) fn of_replace(sizes: &Sizes, row: usize) -> u64 {
    let (text, from, to) = (sizes.text(0, row), sizes.text(1, row), sizes.text(2, row));
    // between characters when there is nothing to look for
    let most = text.saturating_add((text / from.max(1) + 1).saturating_mul(to));
    if most < 1 << 20 || from == 0 {
        return most;
    }
    let found = sizes.str(0, row).matches(sizes.str(1, row)).count() as u64;
    text.saturating_add(found.saturating_mul(to))
}

pub(super) fn of_regexp_replace(sizes: &Sizes, row: usize) -> u64 {
    let (text, to) = (sizes.text(0, row), sizes.str(2, row));
    let groups = to.matches('$').count() as u64;
    let matches = if sizes.str(3, row).contains('g') { text + 1 } else { 1 };
    // groups of matches do not overlap: each can give the text once
    text.saturating_mul(groups + 1).saturating_add(matches.saturating_mul(to.len() as u64))
}

pub(super) fn of_concat(sizes: &Sizes, row: usize) -> u64 {
    (0..sizes.args.len()).map(|arg| sizes.text(arg, row)).sum()
}

pub(super) fn of_concat_ws(sizes: &Sizes, row: usize) -> u64 {
    let between = sizes.text(0, row).saturating_mul(sizes.args.len() as u64);
    (1..sizes.args.len()).map(|arg| sizes.text(arg, row)).sum::<u64>().saturating_add(between)
}

pub(super) fn of_array_repeat(sizes: &Sizes, row: usize) -> u64 {
    let element = match sizes.at(0, row) {
        Some((array, row)) => text_size(array, row).max(1),
        None => 1,
    };
    element.saturating_mul(sizes.count(1, row))
}

/// Eight bytes for each step between the ends.
pub(super) fn of_series(sizes: &Sizes, row: usize) -> u64 {
    let integer = |arg: usize| {
        let (array, row) = sizes.at(arg, row)?;
        match array.data_type() {
            DataType::Int64 => Some(i128::from(array.as_primitive::<Int64Type>().value(row))),
            DataType::Date32 => Some(i128::from(array.as_primitive::<Date32Type>().value(row)) * DAY),
            DataType::Timestamp(unit, _) => {
                let raw = arrow::compute::cast(&array.slice(row, 1), &DataType::Int64).ok()?;
                Some(i128::from(raw.as_primitive::<Int64Type>().value(0)) * nanoseconds(*unit))
            }
            DataType::Interval(_) => {
                let value = array.as_primitive_opt::<IntervalMonthDayNanoType>()?.value(row);
                Some(i128::from(value.months) * 28 * DAY + i128::from(value.days) * DAY + i128::from(value.nanoseconds))
            }
            _ => None,
        }
    };
    let ends = match sizes.args.len() {
        1 => integer(0).map(|stop| (0, stop)),
        _ => integer(0).zip(integer(1)),
    };
    let step = if sizes.args.len() > 2 { integer(2).unwrap_or(1) } else { 1 };
    let Some((start, stop)) = ends else { return 0 };
    let steps = (stop - start).unsigned_abs() / step.unsigned_abs().max(1);
    let forwards = (stop >= start) == (step >= 0);
    if forwards { u64::try_from(steps + 1).unwrap_or(u64::MAX).saturating_mul(8) } else { 0 }
}

const DAY: i128 = 86_400_000_000_000;

fn nanoseconds(unit: TimeUnit) -> i128 {
    match unit {
        TimeUnit::Second => 1_000_000_000,
        TimeUnit::Millisecond => 1_000_000,
        TimeUnit::Microsecond => 1_000,
        TimeUnit::Nanosecond => 1,
    }
}
