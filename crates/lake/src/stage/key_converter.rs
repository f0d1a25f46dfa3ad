//! Keys in a form in which those are equal byte by byte that SQL calls equal.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, PrimitiveArray};
use arrow::datatypes::{DataType, Float32Type, Float64Type};
use arrow::error::ArrowError;
use arrow::row::{RowConverter, Rows, SortField};
use datafusion::common::ScalarValue;

/// Makes keys comparable: in Arrow's row format two are equal exactly when all columns are, after the two zeros of a float
/// became one, and all kinds of NaN, too. NULL equals NULL (keyed writes refuse it before, partitions may be of NULL).
pub(super) struct KeyConverter(RowConverter);

impl KeyConverter {
    /// For keys of columns with these types.
    ///
    /// # Errors
    /// When a type has no order.
    pub(super) fn new<'a>(types: impl IntoIterator<Item = &'a DataType>) -> Result<Self, ArrowError> {
        let fields = types.into_iter().map(|data_type| SortField::new(data_type.clone()));
        RowConverter::new(fields.collect()).map(Self)
    }

    /// The keys of some rows.
    pub(super) fn convert(&self, columns: &[ArrayRef]) -> Result<Rows, ArrowError> {
        let columns: Vec<ArrayRef> = columns.iter().map(normal).collect();
        self.0.convert_columns(&columns)
    }

    /// No keys.
    pub(super) fn empty(&self) -> Rows {
        self.0.empty_rows(0, 0)
    }
}

/// A column with one zero and one NaN.
fn normal(column: &ArrayRef) -> ArrayRef {
    match column.data_type() {
        DataType::Float32 => {
            let normal = |value: f32| if value.is_nan() { f32::NAN } else { value + 0.0 };
            let normal: PrimitiveArray<Float32Type> = column.as_primitive::<Float32Type>().unary(normal);
            Arc::new(normal)
        }
        DataType::Float64 => {
            let normal = |value: f64| if value.is_nan() { f64::NAN } else { value + 0.0 };
            let normal: PrimitiveArray<Float64Type> = column.as_primitive::<Float64Type>().unary(normal);
            Arc::new(normal)
        }
        _ => Arc::clone(column),
    }
}

/// A bound with one zero. (A file with NaN has no bounds: those of Parquet leave it out.)
pub(super) fn normal_bound(bound: &ScalarValue) -> ScalarValue {
    match bound {
        ScalarValue::Float32(Some(value)) => ScalarValue::Float32(Some(value + 0.0)),
        ScalarValue::Float64(Some(value)) => ScalarValue::Float64(Some(value + 0.0)),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{Float32Array, Float64Array};

    use super::*;

    #[test]
    fn floats_are_equal_where_sql_says_so() {
        let other_nan = f64::from_bits(f64::NAN.to_bits() ^ (1 << 63) ^ 1);
        let wide: ArrayRef = Arc::new(Float64Array::from(vec![0.0, -0.0, f64::NAN, other_nan, 1.0]));
        let narrow: ArrayRef = Arc::new(Float32Array::from(vec![0.0, -0.0, f32::NAN, -f32::NAN, 1.0]));
        for column in [wide, narrow] {
            let keys = KeyConverter::new([column.data_type()]).unwrap().convert(&[column]).unwrap();
            assert_eq!(keys.row(0), keys.row(1));
            assert_eq!(keys.row(2), keys.row(3));
            assert!(keys.row(0) < keys.row(4) && keys.row(4) < keys.row(2));
        }
        assert_eq!(normal_bound(&ScalarValue::Float64(Some(-0.0))), ScalarValue::Float64(Some(0.0)));
    }
}
