//! Division: exact numbers keep at least 16 digits after the point, and zero divides nothing.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Decimal128Builder, PrimitiveArray};
use arrow::datatypes::{ArrowPrimitiveType, DataType, Decimal128Type, Float32Type, Float64Type, i256};
use arrow::error::ArrowError;
use datafusion::common::Result;

use super::scalar::Scalar;

/// Digits after the point of a quotient of exact numbers, unless an operand has more. PostgreSQL's
/// has at least 16 significant ones, and more digits for small quotients.
pub(crate) const QUOTIENT_SCALE: i8 = 16;

/// Quotients of exact and of floating point numbers.
pub(super) fn all() -> Vec<Scalar> {
    vec![
        Scalar::new("ade_exact_quotient", exact, quotient_type, divide_exact),
        Scalar::new(
            "ade_float_quotient",
            wider_float,
            |types| Ok(types[0].clone()),
            |args, _| match args[0].data_type() {
                DataType::Float32 => divide_float::<Float32Type>(args, |value| value == 0.0),
                _ => divide_float::<Float64Type>(args, |value| value == 0.0),
            },
        ),
    ]
}

/// An operand that turns out to be floating point makes the quotient so.
fn exact(types: &[DataType]) -> Result<Vec<DataType>> {
    if types.iter().any(DataType::is_floating) {
        return Ok(vec![DataType::Float64; types.len()]);
    }
    let decimal = |data_type: &DataType| match data_type {
        DataType::Decimal128(..) => data_type.clone(),
        DataType::Decimal256(..) => DataType::Decimal128(38, QUOTIENT_SCALE),
        _ => DataType::Decimal128(20, 0),
    };
    Ok(types.iter().map(decimal).collect())
}

fn wider_float(types: &[DataType]) -> Result<Vec<DataType>> {
    let both_single = types.iter().all(|data_type| *data_type == DataType::Float32);
    Ok(vec![if both_single { DataType::Float32 } else { DataType::Float64 }; types.len()])
}

fn scale_of(data_type: &DataType) -> i8 {
    match data_type {
        DataType::Decimal128(_, scale) => *scale,
        _ => 0,
    }
}

fn quotient_type(types: &[DataType]) -> Result<DataType> {
    if types[0].is_floating() {
        return Ok(DataType::Float64);
    }
    let scale = types.iter().map(scale_of).fold(QUOTIENT_SCALE, i8::max);
    Ok(DataType::Decimal128(38, scale))
}

fn divide_exact(args: &[ArrayRef], to: &DataType) -> Result<ArrayRef> {
    if to.is_floating() {
        return divide_float::<Float64Type>(args, |value| value == 0.0);
    }
    let (left, right) = (args[0].as_primitive::<Decimal128Type>(), args[1].as_primitive::<Decimal128Type>());
    // left·10^shift / right has the scale of the result
    let shift = scale_of(to) - scale_of(left.data_type()) + scale_of(right.data_type());
    let factor = 10_i128.pow(u32::from(shift.unsigned_abs()));
    let mut builder = Decimal128Builder::with_capacity(left.len()).with_data_type(to.clone());
    for (left, right) in left.iter().zip(right) {
        let (Some(left), Some(right)) = (left, right) else {
            builder.append_null();
            continue;
        };
        if right == 0 {
            return Err(ArrowError::DivideByZero.into());
        }
        let quotient = match left.checked_mul(factor) {
            Some(wide) => Some(rounded(wide, right)),
            None => rounded_wide(left, factor, right),
        };
        let fits = quotient.filter(|value| value.unsigned_abs() < 10_u128.pow(38));
        builder.append_value(fits.ok_or_else(|| ArrowError::ArithmeticOverflow("numeric out of range".to_owned()))?);
    }
    Ok(Arc::new(builder.finish()))
}

/// Half away from zero.
fn rounded(left: i128, right: i128) -> i128 {
    let quotient = left / right;
    let rest = left % right;
    if rest.unsigned_abs() >= right.unsigned_abs() - rest.unsigned_abs() {
        quotient + if (left < 0) == (right < 0) { 1 } else { -1 }
    } else {
        quotient
    }
}

fn rounded_wide(left: i128, factor: i128, right: i128) -> Option<i128> {
    let wide = i256::from_i128(left).checked_mul(i256::from_i128(factor))?;
    let divisor = i256::from_i128(right);
    let quotient = wide.checked_div(divisor)?;
    let twice = wide.checked_rem(divisor)?.checked_mul(i256::from_i128(2))?;
    let up = twice.checked_abs()? >= divisor.checked_abs()?;
    let step = if !up {
        i256::ZERO
    } else if (left < 0) == (right < 0) {
        i256::ONE
    } else {
        i256::MINUS_ONE
    };
    quotient.checked_add(step)?.to_i128()
}

fn divide_float<T: ArrowPrimitiveType>(args: &[ArrayRef], is_zero: fn(T::Native) -> bool) -> Result<ArrayRef> {
    let (left, right): (&PrimitiveArray<T>, &PrimitiveArray<T>) = (args[0].as_primitive(), args[1].as_primitive());
    let by_zero = right
        .values()
        .iter()
        .enumerate()
        .any(|(row, value)| is_zero(*value) && !right.is_null(row) && !left.is_null(row));
    if by_zero {
        return Err(ArrowError::DivideByZero.into());
    }
    Ok(arrow::compute::kernels::numeric::div(left, right)?)
}
