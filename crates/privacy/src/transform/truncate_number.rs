//! Truncation of floats and decimals to so many decimals, towards zero.

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, ArrowNativeTypeOp, ArrowPrimitiveType, AsArray, PrimitiveArray},
    datatypes::{DataType, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type, Float32Type, Float64Type},
};

use super::Failure;

/// Truncates an array of floats or decimals; the type stays.
pub(super) fn apply(array: &ArrayRef, decimals: u8) -> Result<ArrayRef, Failure> {
    let factor = 10_f64.powi(i32::from(decimals));
    Ok(match array.data_type() {
        #[expect(clippy::cast_possible_truncation, reason = "back to the width that the value came from")]
        DataType::Float32 => Arc::new(
            array.as_primitive::<Float32Type>().unary::<_, Float32Type>(|value| cut(f64::from(value), factor) as f32),
        ),
        DataType::Float64 => {
            Arc::new(array.as_primitive::<Float64Type>().unary::<_, Float64Type>(|value| cut(value, factor)))
        }
        DataType::Decimal32(_, scale) => fixed::<Decimal32Type>(array, *scale, decimals, 10),
        DataType::Decimal64(_, scale) => fixed::<Decimal64Type>(array, *scale, decimals, 10),
        DataType::Decimal128(_, scale) => fixed::<Decimal128Type>(array, *scale, decimals, 10),
        DataType::Decimal256(_, scale) => {
            fixed::<Decimal256Type>(array, *scale, decimals, arrow::datatypes::i256::from_i128(10))
        }
        _ => return Err(Failure::Arrow),
    })
}

/// A float that is too large to have such decimals stays.
fn cut(value: f64, factor: f64) -> f64 {
    let scaled = value * factor;
    if scaled.is_finite() { scaled.trunc() / factor } else { value }
}

fn fixed<T: ArrowPrimitiveType>(array: &ArrayRef, scale: i8, decimals: u8, ten: T::Native) -> ArrayRef
where
    T::Native: ArrowNativeTypeOp,
{
    let digits = i32::from(scale) - i32::from(decimals);
    if digits <= 0 {
        return Arc::clone(array);
    }
    let values: &PrimitiveArray<T> = array.as_primitive();
    // A unit beyond the type's range is larger than every value: all of them truncate to zero.
    let unit = ten.pow_checked(digits.unsigned_abs()).ok();
    let truncated = values.unary::<_, T>(|value| match unit {
        Some(unit) => value.sub_wrapping(value.mod_wrapping(unit)),
        None => T::Native::ZERO,
    });
    Arc::new(truncated.with_data_type(array.data_type().clone()))
}

#[cfg(test)]
mod tests {
    use arrow::array::{Decimal128Array, Float64Array};

    use super::*;

    #[test]
    fn cuts_towards_zero() {
        let floats: ArrayRef = Arc::new(Float64Array::from(vec![Some(51.507_4), Some(-0.127_8), None, Some(f64::MAX)]));
        let cut: ArrayRef = Arc::new(Float64Array::from(vec![Some(51.50), Some(-0.12), None, Some(f64::MAX)]));
        assert_eq!(&apply(&floats, 2).unwrap(), &cut);
        let decimal = |values: Vec<i128>| -> ArrayRef {
            Arc::new(Decimal128Array::from(values).with_precision_and_scale(9, 6).unwrap())
        };
        let decimals = decimal(vec![51_507_400, -127_800]);
        assert_eq!(&apply(&decimals, 2).unwrap(), &decimal(vec![51_500_000, -120_000]));
        assert_eq!(&apply(&decimals, 9).unwrap(), &decimals);
    }
}
