//! Ordered-set aggregates, over the sorted array of a group's values: `percentile_disc` and `mode`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::kernels::cmp::not_distinct;
use arrow::datatypes::{DataType, Float64Type};
use datafusion::common::{DataFusionError, Result, ScalarValue};

use super::scalar::{Scalar, any};

/// `ade_pick(sorted values, fraction)`, `ade_most_common(sorted values)`, and the mark of scalar subqueries.
pub(super) fn all() -> Vec<Scalar> {
    vec![
        // what it is given, but never known to be there
        Scalar::new("ade_scalar", any, |types| Ok(types[0].clone()), |args, _| Ok(Arc::clone(&args[0]))),
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
