//! `bucket`: the range that a number is in.

use std::{fmt, sync::Arc};

use arrow::{
    array::{ArrayRef, ArrowPrimitiveType, AsArray, StringDictionaryBuilder},
    compute::cast,
    datatypes::{
        ArrowNativeType, DataType, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type, Float32Type,
        Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type, i256,
    },
};

use super::{Failure, Transform};
use crate::{DataFamily, PrivacyError, text::text_type};

/// The range that a number lies in: by a width, or between given edges.
#[derive(Debug, Clone, PartialEq)]
pub struct Bucket {
    ranges: Ranges,
}

#[derive(Debug, Clone, PartialEq)]
enum Ranges {
    Width(f64),
    Edges { edges: Vec<f64>, labels: Vec<String> },
}

impl Bucket {
    /// Ranges of equal width from zero. A number becomes the lower end of its range, in its own type; -1 with width 10
    /// becomes -10. Where the type cannot hold the lower end, it becomes the type's least value.
    ///
    /// For integers the width must be whole and at least 2, for decimals a multiple of their last digit.
    pub fn width(width: f64) -> Result<Self, PrivacyError> {
        if !width.is_finite() || width <= 0.0 {
            return Err(invalid("width", "must be greater than zero"));
        }
        Ok(Self { ranges: Ranges::Width(width) })
    }

    /// Ranges between edges that ascend. A number becomes a text as PostgreSQL writes ranges: `(,18)`, `[18,65)`,
    /// `[65,)`. As there, NaN is greater than every number.
    pub fn edges(edges: Vec<f64>) -> Result<Self, PrivacyError> {
        if edges.is_empty() || !edges.iter().all(|edge| edge.is_finite()) {
            return Err(invalid("edges", "must be one number or more"));
        }
        if !edges.windows(2).all(|pair| pair[0] < pair[1]) {
            return Err(invalid("edges", "must ascend"));
        }
        let mut labels = vec![format!("(,{})", edges[0])];
        labels.extend(edges.windows(2).map(|pair| format!("[{},{})", pair[0], pair[1])));
        labels.push(format!("[{},)", edges[edges.len() - 1]));
        Ok(Self { ranges: Ranges::Edges { edges, labels } })
    }
}

fn invalid(setting: &'static str, problem: &str) -> PrivacyError {
    PrivacyError::InvalidSetting { treatment: "bucket", setting, problem: problem.to_owned() }
}

impl Transform for Bucket {
    fn output(&self, input: &DataType) -> Option<DataType> {
        let family = DataFamily::of(input);
        if !matches!(family, DataFamily::Integer | DataFamily::Float | DataFamily::Decimal) {
            return None;
        }
        let Ranges::Width(width) = self.ranges else { return Some(text_type(input)) };
        let fits = match input {
            DataType::Float32 | DataType::Float64 => true,
            DataType::Decimal32(_, scale)
            | DataType::Decimal64(_, scale)
            | DataType::Decimal128(_, scale)
            | DataType::Decimal256(_, scale) => whole_width(width, *scale).is_some_and(|width| width >= 2),
            _ => family == DataFamily::Integer && whole_width(width, 0).is_some_and(|width| width >= 2),
        };
        fits.then(|| input.clone())
    }

    fn makes_nulls(&self, _input: &DataType) -> bool {
        false
    }

    fn apply(&self, array: &ArrayRef) -> Result<ArrayRef, Failure> {
        match &self.ranges {
            Ranges::Width(width) => by_width(array, *width),
            Ranges::Edges { edges, labels } => by_edges(array, edges, labels),
        }
    }
}

/// The width in units of a decimal's last digit, when that is a whole number.
fn whole_width(width: f64, scale: i8) -> Option<i128> {
    let scaled = width * 10_f64.powi(i32::from(scale));
    let whole = (scaled - scaled.round()).abs() <= scaled.abs() * 1e-9 && scaled.abs() < 1e18;
    #[expect(clippy::cast_possible_truncation, reason = "whole and below 10^18")]
    whole.then(|| scaled.round() as i128)
}

fn by_width(array: &ArrayRef, width: f64) -> Result<ArrayRef, Failure> {
    let scale = match array.data_type() {
        #[expect(clippy::cast_possible_truncation, reason = "back to the width that the value came from")]
        DataType::Float32 => {
            let lower = |value: f32| ((f64::from(value) / width).floor() * width) as f32;
            return Ok(Arc::new(array.as_primitive::<Float32Type>().unary::<_, Float32Type>(lower)));
        }
        DataType::Float64 => {
            let lower = |value: f64| (value / width).floor() * width;
            return Ok(Arc::new(array.as_primitive::<Float64Type>().unary::<_, Float64Type>(lower)));
        }
        DataType::Decimal32(_, scale)
        | DataType::Decimal64(_, scale)
        | DataType::Decimal128(_, scale)
        | DataType::Decimal256(_, scale) => *scale,
        _ => 0,
    };
    let width = whole_width(width, scale).ok_or(Failure::Arrow)?;
    match array.data_type() {
        DataType::Decimal32(..) => Ok(lower_ends::<Decimal32Type>(array, width)),
        DataType::Decimal64(..) => Ok(lower_ends::<Decimal64Type>(array, width)),
        DataType::Decimal128(..) => {
            let values = array.as_primitive::<Decimal128Type>();
            let lower = |value: i128| value.checked_sub(value.rem_euclid(width)).unwrap_or(i128::MIN);
            let lower = values.unary::<_, Decimal128Type>(lower);
            Ok(Arc::new(lower.with_data_type(array.data_type().clone())))
        }
        DataType::Decimal256(..) => {
            let values = array.as_primitive::<Decimal256Type>();
            let width = i256::from_i128(width);
            let lower = |value: i256| {
                let rest = value.wrapping_rem(width);
                let rest = if rest < i256::ZERO { rest + width } else { rest };
                value.checked_sub(rest).unwrap_or(i256::MIN)
            };
            let lower = values.unary::<_, Decimal256Type>(lower);
            Ok(Arc::new(lower.with_data_type(array.data_type().clone())))
        }
        DataType::Int8 => Ok(lower_ends::<Int8Type>(array, width)),
        DataType::Int16 => Ok(lower_ends::<Int16Type>(array, width)),
        DataType::Int32 => Ok(lower_ends::<Int32Type>(array, width)),
        DataType::Int64 => Ok(lower_ends::<Int64Type>(array, width)),
        DataType::UInt8 => Ok(lower_ends::<UInt8Type>(array, width)),
        DataType::UInt16 => Ok(lower_ends::<UInt16Type>(array, width)),
        DataType::UInt32 => Ok(lower_ends::<UInt32Type>(array, width)),
        DataType::UInt64 => Ok(lower_ends::<UInt64Type>(array, width)),
        _ => Err(Failure::Arrow),
    }
}

fn lower_ends<T: ArrowPrimitiveType>(array: &ArrayRef, width: i128) -> ArrayRef
where
    T::Native: TryFrom<i128> + Into<i128>,
{
    let values = array.as_primitive::<T>();
    let least = smallest::<T::Native>();
    let lower = values.unary::<_, T>(|value| {
        let value: i128 = value.into();
        T::Native::try_from(value - value.rem_euclid(width)).unwrap_or(least)
    });
    Arc::new(lower.with_data_type(array.data_type().clone()))
}

/// The least value of a native integer: the first power of two below zero that it can hold, else zero.
fn smallest<N: ArrowNativeType + TryFrom<i128>>() -> N {
    [63, 31, 15, 7].into_iter().find_map(|bit| N::try_from(-(1_i128 << bit)).ok()).unwrap_or_default()
}

fn by_edges(array: &ArrayRef, edges: &[f64], labels: &[String]) -> Result<ArrayRef, Failure> {
    let numbers = cast(array, &DataType::Float64).map_err(|_| Failure::Arrow)?;
    let mut builder = StringDictionaryBuilder::<Int32Type>::new();
    for number in numbers.as_primitive::<Float64Type>() {
        match number {
            None => builder.append_null(),
            Some(number) => {
                let range = edges.partition_point(|edge| number.is_nan() || *edge <= number);
                builder.append_value(&labels[range]);
            }
        }
    }
    cast(&builder.finish(), &text_type(array.data_type())).map_err(|_| Failure::Arrow)
}

impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.ranges {
            Ranges::Width(width) => write!(f, "of width {width}"),
            Ranges::Edges { labels, .. } => f.write_str(&labels.join(" ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{Decimal128Array, Float64Array, Int8Array, Int64Array, StringArray, UInt8Array};

    use super::*;

    fn apply(bucket: &Bucket, array: impl arrow::array::Array + 'static) -> ArrayRef {
        bucket.apply(&(Arc::new(array) as ArrayRef)).unwrap()
    }

    #[test]
    fn a_width_gives_lower_ends() {
        let ten = Bucket::width(10.0).unwrap();
        let result = apply(&ten, Int64Array::from(vec![Some(-1), Some(0), Some(19), None]));
        assert_eq!(result.as_ref(), &Int64Array::from(vec![Some(-10), Some(0), Some(10), None]));
        let result = apply(&Bucket::width(50.0).unwrap(), Int8Array::from(vec![i8::MIN, 127]));
        assert_eq!(result.as_ref(), &Int8Array::from(vec![i8::MIN, 100]));
        assert_eq!(apply(&ten, UInt8Array::from(vec![255])).as_ref(), &UInt8Array::from(vec![250]));
        let money = |values: Vec<i128>| Decimal128Array::from(values).with_precision_and_scale(9, 2).unwrap();
        let result = apply(&Bucket::width(0.5).unwrap(), money(vec![1_999, -1]));
        assert_eq!(result.as_ref(), &money(vec![1_950, -50]));
    }

    #[test]
    fn edges_give_ranges() {
        let ages = Bucket::edges(vec![18.0, 65.0]).unwrap();
        let result = apply(&ages, Float64Array::from(vec![Some(17.9), Some(18.0), Some(65.0), Some(f64::NAN), None]));
        let expected = StringArray::from(vec![Some("(,18)"), Some("[18,65)"), Some("[65,)"), Some("[65,)"), None]);
        assert_eq!(result.as_ref(), &expected);
    }

    #[test]
    fn unusable_ranges_are_refused() {
        assert!(Bucket::width(0.0).is_err() && Bucket::width(f64::NAN).is_err());
        assert!(Bucket::edges(vec![]).is_err() && Bucket::edges(vec![2.0, 1.0]).is_err());
        assert_eq!(Bucket::width(1.0).unwrap().output(&DataType::Int64), None);
        assert_eq!(Bucket::width(2.5).unwrap().output(&DataType::Int64), None);
        assert_eq!(Bucket::width(0.001).unwrap().output(&DataType::Decimal128(9, 2)), None);
    }
}
