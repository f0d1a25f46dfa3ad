//! A column whose documents are held against those of before, one by one.
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use arrow::datatypes::DataType;

use super::super::shape::JsonShape;

/// A column whose documents must have the shape that they had.
pub(in crate::source) struct ShapedColumn {
    /// Its place among those that are read.
    pub(in crate::source) place: usize,
    pub(in crate::source) shape: JsonShape,
    /// Whether rows land without a document that has another one.
    pub(in crate::source) is_aside: bool,
}

impl ShapedColumn {
    /// The rows whose documents have another shape.
    pub(super) fn reshaped(&self, values: &ArrayRef) -> BooleanArray {
        let others = |text: Option<&str>| Some(text.is_some_and(|text| !self.shape.admits(text)));
        match values.data_type() {
            DataType::Utf8 => values.as_string::<i32>().iter().map(others).collect(),
            DataType::LargeUtf8 => values.as_string::<i64>().iter().map(others).collect(),
            DataType::Utf8View => values.as_string_view().iter().map(others).collect(),
            _ => BooleanArray::from(vec![false; values.len()]),
        }
    }
}
