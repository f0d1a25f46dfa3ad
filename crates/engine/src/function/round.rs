//! `round`, `ceil`, `floor` and `trunc` of one number: decimals become whole ones, integers double precision.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray};
use arrow::datatypes::{DataType, Decimal128Type, Float64Type};
use datafusion::common::Result;
use datafusion::functions::math::{ceil, floor, trunc};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::logical_expr::{Expr, ExprSchemable, ScalarUDF};

use super::scalar::{Scalar, any};

/// The four ways to a whole number.
pub(super) fn all() -> Vec<Scalar> {
    vec![
        Scalar::new("ade_round", any, whole_type, |args, to| {
            whole(args, to, f64::round_ties_even, |value, unit| {
                let rest = value % unit;
                (value - rest) / unit + if rest.abs() * 2 >= unit { value.signum() } else { 0 }
            })
        }),
        Scalar::new("ade_ceil", any, whole_type, |args, to| {
            whole(args, to, f64::ceil, |value, unit| value.div_euclid(unit) + i128::from(value.rem_euclid(unit) > 0))
        })
        .simplified(|args, info| natively(args, info, ceil)),
        Scalar::new("ade_floor", any, whole_type, |args, to| whole(args, to, f64::floor, i128::div_euclid))
            .simplified(|args, info| natively(args, info, floor)),
        Scalar::new("ade_trunc", any, whole_type, |args, to| whole(args, to, f64::trunc, |value, unit| value / unit))
            .simplified(|args, info| natively(args, info, trunc)),
    ]
}

/// DataFusion's own for all but decimals: it knows how filters on it reach the scan.
fn natively(args: &[Expr], info: &SimplifyContext, function: fn() -> Arc<ScalarUDF>) -> Result<Option<Expr>> {
    let from = args[0].get_type(info.schema())?;
    Ok(matches!(from, DataType::Float64 | DataType::Float32)
        .then(|| Expr::ScalarFunction(ScalarFunction::new_udf(function(), args.to_vec()))))
}

fn whole_type(types: &[DataType]) -> Result<DataType> {
    Ok(match &types[0] {
        DataType::Decimal128(precision, scale) if *scale > 0 => {
            DataType::Decimal128((precision + 1).saturating_sub(scale.unsigned_abs()).max(1), 0)
        }
        DataType::Float32 | DataType::Decimal128(..) => types[0].clone(),
        _ => DataType::Float64,
    })
}

/// `exact` gets a decimal's digits and the power of ten that is 1, and gives the whole number.
fn whole(args: &[ArrayRef], to: &DataType, float: fn(f64) -> f64, exact: fn(i128, i128) -> i128) -> Result<ArrayRef> {
    Ok(match (args[0].data_type(), to) {
        (DataType::Decimal128(_, scale), DataType::Decimal128(precision, 0)) if *scale > 0 => {
            let unit = 10_i128.pow(u32::from(scale.unsigned_abs()));
            let digits = args[0].as_primitive::<Decimal128Type>();
            Arc::new(
                digits
                    .unary::<_, Decimal128Type>(|value| exact(value, unit))
                    .with_precision_and_scale(*precision, 0)?,
            )
        }
        (_, DataType::Float64 | DataType::Float32) => {
            let wide = arrow::compute::cast(&args[0], &DataType::Float64)?;
            let rounded: ArrayRef = Arc::new(wide.as_primitive::<Float64Type>().unary::<_, Float64Type>(float));
            arrow::compute::cast(&rounded, to)?
        }
        _ => Arc::clone(&args[0]),
    })
}
