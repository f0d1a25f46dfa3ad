//! Statistics of many files, as pruning wants them.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, UInt64Array};
use arrow::datatypes::SchemaRef;
use datafusion::common::pruning::PruningStatistics;
use datafusion::common::{Column, ScalarValue};

use super::{ColumnBounds, FileStats};

/// Bounds of the columns of `schema` in each of some files. Unlike the engine's own statistics these need not be exact
/// values to be of use.
#[derive(Debug)]
pub(crate) struct Bounds<'a> {
    schema: SchemaRef,
    files: Vec<&'a FileStats>,
}

impl<'a> Bounds<'a> {
    /// Statistics whose columns are in the order of `schema`.
    pub(crate) fn new(schema: SchemaRef, files: Vec<&'a FileStats>) -> Self {
        Self { schema, files }
    }

    fn values(&self, column: &Column, of: impl Fn(&ColumnBounds) -> Option<&ScalarValue>) -> Option<ArrayRef> {
        let index = self.schema.index_of(column.name()).ok()?;
        let null = ScalarValue::try_from(self.schema.field(index).data_type()).ok()?;
        let values = self
            .files
            .iter()
            .map(|file| file.columns.get(index).and_then(&of).cloned().unwrap_or_else(|| null.clone()));
        ScalarValue::iter_to_array(values).ok()
    }
}

impl PruningStatistics for Bounds<'_> {
    fn min_values(&self, column: &Column) -> Option<ArrayRef> {
        self.values(column, |bounds| bounds.min.as_ref())
    }

    fn max_values(&self, column: &Column) -> Option<ArrayRef> {
        self.values(column, |bounds| bounds.max.as_ref())
    }

    fn num_containers(&self) -> usize {
        self.files.len()
    }

    fn null_counts(&self, column: &Column) -> Option<ArrayRef> {
        let index = self.schema.index_of(column.name()).ok()?;
        let counts = self.files.iter().map(|file| file.columns.get(index).and_then(|bounds| bounds.nulls));
        Some(Arc::new(counts.collect::<UInt64Array>()))
    }

    fn row_counts(&self) -> Option<ArrayRef> {
        Some(Arc::new(self.files.iter().map(|file| file.rows).collect::<UInt64Array>()))
    }

    fn contained(&self, _: &Column, _: &HashSet<ScalarValue>) -> Option<BooleanArray> {
        None
    }
}
