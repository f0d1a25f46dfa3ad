//! Arrays that stand for rows: ordered-set aggregates over the sorted array of a group's values
//! (`percentile_disc`, `mode`), the rows of a subquery, the arrays that `from` unfolds.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Builder, ListArray, ListBuilder, new_empty_array};
use arrow::buffer::OffsetBuffer;
use arrow::compute::kernels::cmp::not_distinct;
use arrow::compute::{concat, nullif};
use arrow::datatypes::{DataType, Field, Float64Type};
use datafusion::common::{DataFusionError, Result, ScalarValue};

use super::scalar::{Scalar, any};
use crate::planning::carried;
use crate::{SqlError, SqlErrorKind};

/// `ade_pick(sorted values, fraction)`, `ade_most_common(sorted values)`, and the mark of scalar subqueries.
pub(super) fn all() -> Vec<Scalar> {
    vec![
        // what it is given, but never known to be there
        Scalar::new("ade_scalar", any, |types| Ok(types[0].clone()), |args, _| Ok(Arc::clone(&args[0]))),
        // names that are taken back before anything runs
        Scalar::new("ade_input", any, |types| Ok(types[0].clone()), |args, _| Ok(Arc::clone(&args[0]))),
        Scalar::new(
            "ade_no_field",
            any,
            |_| Ok(DataType::Utf8View),
            |_, _| Err(DataFusionError::Plan("a column without fields was asked for one".to_owned())),
        ),
        // of arrays: positions from 1, NULL for what is empty, what is empty for NULL
        Scalar::new("ade_ordinals", any, |_| Ok(list_of(DataType::Int64)), |args, _| ordinals(args)),
        Scalar::new(
            NONEMPTY,
            any,
            |types| Ok(types[0].clone()),
            |args, _| {
                let full = (0..args[0].len()).map(|row| length(&args[0], row).is_some_and(|length| length > 0));
                let empty = full.map(|full| Some(!full)).collect::<BooleanArray>();
                Ok(nullif(&args[0], &empty)?)
            },
        ),
        Scalar::new(
            "ade_or_empty",
            any,
            |types| Ok(types[0].clone()),
            |args, _| {
                let lists = args[0].as_list::<i32>();
                let DataType::List(item) = lists.data_type() else { return Ok(Arc::clone(&args[0])) };
                let offsets =
                    OffsetBuffer::from_lengths((0..lists.len()).map(|row| length(&args[0], row).unwrap_or(0)));
                let kept =
                    (0..lists.len()).filter(|row| lists.is_valid(*row)).map(|row| lists.value(row)).collect::<Vec<_>>();
                let kept = kept.iter().map(AsRef::as_ref).collect::<Vec<&dyn Array>>();
                let values = if kept.is_empty() { new_empty_array(item.data_type()) } else { concat(&kept)? };
                Ok(Arc::new(ListArray::try_new(Arc::clone(item), offsets, values, None)?))
            },
        ),
        // the only value of a subquery's rows
        Scalar::new("ade_only", any, element, |args, to| {
            values(args, to, |values, _| match values.len() {
                1 => Ok(0),
                rows => Err(carried(
                    SqlError::new(SqlErrorKind::Data, format!("a subquery used as a value gave {rows} rows"))
                        .with_hint("make it one row with max(…), or order by … limit 1; or join it instead"),
                )),
            })
        }),
        Scalar::new("ade_pick", with_fraction, element, |args, to| {
            let fractions = args[1].as_primitive::<Float64Type>();
            values(args, to, |values, row| {
                let fraction = fractions.value(row);
                if !(0.0..=1.0).contains(&fraction) {
                    return Err(DataFusionError::Execution("percentile_disc takes a fraction from 0 to 1".to_owned()));
                }
                #[expect(
                    clippy::cast_precision_loss,
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "an index within the group"
                )]
                let at = (fraction * values.len() as f64).ceil() as usize;
                Ok(at.saturating_sub(1).min(values.len() - 1))
            })
        }),
        Scalar::new("ade_most_common", any, element, |args, to| values(args, to, |values, _| most_common(values))),
    ]
}

/// The name of what makes NULL of an empty array.
pub(crate) const NONEMPTY: &str = "ade_nonempty";

fn list_of(item: DataType) -> DataType {
    DataType::List(Arc::new(Field::new_list_field(item, true)))
}

/// How many elements the array in `row` has.
fn length(array: &ArrayRef, row: usize) -> Option<usize> {
    let lists = array.as_list_opt::<i32>()?;
    lists.is_valid(row).then(|| usize::try_from(lists.value_length(row)).unwrap_or(0))
}

fn ordinals(args: &[ArrayRef]) -> Result<ArrayRef> {
    let mut builder = ListBuilder::new(Int64Builder::new());
    for row in 0..args[0].len() {
        let length = length(&args[0], row);
        for number in 1..=length.unwrap_or(0) {
            builder.values().append_value(i64::try_from(number).unwrap_or(i64::MAX));
        }
        builder.append(length.is_some());
    }
    Ok(Arc::new(builder.finish()))
}

fn with_fraction(types: &[DataType]) -> Result<Vec<DataType>> {
    Ok(vec![types[0].clone(), DataType::Float64])
}

fn element(types: &[DataType]) -> Result<DataType> {
    match &types[0] {
        DataType::List(item) => Ok(item.data_type().clone()),
        other => Err(DataFusionError::Plan(format!("{other} is no array"))),
    }
}

fn values(args: &[ArrayRef], to: &DataType, pick: impl Fn(&ArrayRef, usize) -> Result<usize>) -> Result<ArrayRef> {
    let lists = args[0].as_list::<i32>();
    let mut picked = Vec::with_capacity(lists.len());
    for row in 0..lists.len() {
        if lists.is_null(row) || lists.value(row).is_empty() {
            picked.push(ScalarValue::try_from(to)?);
            continue;
        }
        let values = lists.value(row);
        picked.push(ScalarValue::try_from_array(&values, pick(&values, row)?)?);
    }
    if picked.is_empty() {
        return Ok(arrow::array::new_empty_array(to));
    }
    ScalarValue::iter_to_array(picked)
}

/// The start of the longest run; of several, the first.
fn most_common(values: &ArrayRef) -> Result<usize> {
    let rest = values.len() - 1;
    let repeats = not_distinct(&values.slice(0, rest), &values.slice(1, rest))?;
    let (mut best, mut best_length, mut start) = (0, 1, 0);
    for row in 0..rest {
        if !repeats.value(row) {
            start = row + 1;
        } else if row + 2 - start > best_length {
            (best, best_length) = (start, row + 2 - start);
        }
    }
    Ok(best)
}
