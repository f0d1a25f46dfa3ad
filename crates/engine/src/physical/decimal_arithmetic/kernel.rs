//! The arithmetic itself.

use arrow::array::{Array, Decimal128Array};
use arrow::buffer::NullBuffer;
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::ColumnarValue;

/// What is computed of a left and a right value; the factors bring both to the scale of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Operation {
    Sum { left: i64, right: i64 },
    Difference { left: i64, right: i64 },
    Product,
}

/// One side: a column, or one value for all rows.
enum Side<'values> {
    Column(&'values [i128], Option<&'values NullBuffer>),
    Value(i64),
}

impl Operation {
    /// The results in the given precision and scale; nothing when a value does not fit 64 bits or both sides are
    /// single values.
    pub(super) fn compute(
        self,
        left: &ColumnarValue,
        right: &ColumnarValue,
        (precision, scale): (u8, i8),
    ) -> Result<Option<Decimal128Array>> {
        let (Some(left), Some(right)) = (side(left), side(right)) else { return Ok(None) };
        let values = match self {
            Self::Sum { left: l, right: r } => rows(&left, &right, |a, b| wide(a, l) + wide(b, r)),
            Self::Difference { left: l, right: r } => rows(&left, &right, |a, b| wide(a, l) - wide(b, r)),
            Self::Product => rows(&left, &right, wide),
        };
        let Some(values) = values else { return Ok(None) };
        let nulls = NullBuffer::union(left.nulls(), right.nulls());
        Ok(Some(Decimal128Array::new(values.into(), nulls).with_precision_and_scale(precision, scale)?))
    }
}

impl Side<'_> {
    fn nulls(&self) -> Option<&NullBuffer> {
        match self {
            Self::Column(_, nulls) => *nulls,
            Self::Value(_) => None,
        }
    }
}

fn side(value: &ColumnarValue) -> Option<Side<'_>> {
    match value {
        ColumnarValue::Array(array) => {
            let array = array.as_any().downcast_ref::<Decimal128Array>()?;
            Some(Side::Column(array.values(), array.nulls()))
        }
        ColumnarValue::Scalar(ScalarValue::Decimal128(Some(value), ..)) => {
            Some(Side::Value(i64::try_from(*value).ok()?))
        }
        ColumnarValue::Scalar(_) => None,
    }
}

/// The product; it fits.
fn wide(a: i64, b: i64) -> i128 {
    i128::from(a) * i128::from(b)
}

/// `compute` of each row; nothing when a value does not fit.
fn rows(left: &Side<'_>, right: &Side<'_>, compute: impl Fn(i64, i64) -> i128) -> Option<Vec<i128>> {
    // One flag for the whole batch: a branch for each row would cost more than the arithmetic.
    let mut fits = true;
    let mut narrow = |value: i128| {
        #[expect(clippy::cast_possible_truncation, reason = "whether bits are lost is what this finds out")]
        let narrow = value as i64;
        fits &= i128::from(narrow) == value;
        narrow
    };
    let values: Vec<i128> = match (left, right) {
        (Side::Column(left, _), Side::Column(right, _)) => {
            left.iter().zip(*right).map(|(a, b)| compute(narrow(*a), narrow(*b))).collect()
        }
        (Side::Column(left, _), Side::Value(b)) => left.iter().map(|a| compute(narrow(*a), *b)).collect(),
        (Side::Value(a), Side::Column(right, _)) => right.iter().map(|b| compute(*a, narrow(*b))).collect(),
        (Side::Value(_), Side::Value(_)) => return None,
    };
    fits.then_some(values)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::ArrayRef;
    use arrow::compute::kernels::numeric::{add, mul, sub};

    use super::*;

    fn column(values: Vec<Option<i128>>, scale: i8) -> Decimal128Array {
        Decimal128Array::from(values).with_precision_and_scale(18, scale).unwrap()
    }

    #[test]
    fn it_computes_what_arrow_computes() {
        let edge = 999_999_999_999_999_999;
        let left = column(vec![Some(edge), Some(-edge), None, Some(0), Some(123)], 2);
        let right = column(vec![Some(edge), Some(edge), Some(1), None, Some(-45)], 4);
        let value = |array: &Decimal128Array| ColumnarValue::Array(Arc::new(array.clone()) as ArrayRef);
        let same = |operation: Operation, arrow: ArrayRef| {
            let arrow = arrow.as_any().downcast_ref::<Decimal128Array>().unwrap();
            let kind = (arrow.precision(), arrow.scale());
            let own = operation.compute(&value(&left), &value(&right), kind).unwrap().unwrap();
            assert_eq!(&own, arrow);
        };
        same(Operation::Sum { left: 100, right: 1 }, add(&left, &right).unwrap());
        same(Operation::Difference { left: 100, right: 1 }, sub(&left, &right).unwrap());
        same(Operation::Product, mul(&left, &right).unwrap());
    }

    #[test]
    fn what_does_not_fit_is_left_to_arrow() {
        let array = |values: Vec<i128>| ColumnarValue::Array(Arc::new(Decimal128Array::from(values)));
        let (wide, narrow) = (array(vec![1, i128::from(i64::MAX) + 1]), array(vec![1, i128::from(i64::MIN)]));
        assert!(Operation::Product.compute(&wide, &narrow, (38, 10)).unwrap().is_none());
        assert!(Operation::Product.compute(&narrow, &wide, (38, 10)).unwrap().is_none());
        let product = Operation::Product.compute(&narrow, &narrow, (38, 10)).unwrap().unwrap();
        assert_eq!(product.value(1), 1 << 126);
        let one = ColumnarValue::Scalar(ScalarValue::Decimal128(Some(1), 3, 0));
        assert!(Operation::Product.compute(&one, &one, (7, 0)).unwrap().is_none());
        let null = ColumnarValue::Scalar(ScalarValue::Decimal128(None, 3, 0));
        assert!(Operation::Product.compute(&null, &narrow, (38, 10)).unwrap().is_none());
    }
}
