//! Which rows and files a replaced region covers.

use arrow::array::{Array, ArrayRef, BooleanArray, RecordBatch, Scalar};
use arrow::compute::kernels::cmp;
use arrow::compute::{and, is_null, or};
use arrow::datatypes::SchemaRef;
use datafusion::common::ScalarValue;

use crate::stats::{ColumnBounds, FileStats};
use crate::{LakeError, Region, TableName};

/// A region whose values have the column's type.
#[derive(Debug)]
pub(super) struct RegionFilter {
    table: TableName,
    column: String,
    index: usize,
    rows: Rows,
    float: bool,
}

#[derive(Debug)]
enum Rows {
    In { values: Vec<ScalarValue>, null: bool },
    Range { from: ScalarValue, to: ScalarValue },
}

/// What the statistics of a file say about a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cover {
    /// None of its rows is in it.
    Nothing,
    /// Every row is.
    Everything,
    /// One has to look.
    Unknown,
}

impl RegionFilter {
    /// Casts the region's values to the type of its column.
    pub(super) fn new(table: &TableName, region: &Region, schema: &SchemaRef) -> Result<Self, LakeError> {
        let bad = |reason: String| LakeError::BadRequest { table: table.clone(), reason };
        let column = region.column();
        let index = schema.index_of(column).map_err(|_| bad(format!("it has no column `{column}` to replace by")))?;
        let data_type = schema.field(index).data_type();
        let cast = |value: &ScalarValue| -> Result<ScalarValue, LakeError> {
            let cast = value.cast_to(data_type);
            // A value that changes on the way there and back would cover other rows than were meant.
            let back = cast.as_ref().ok().and_then(|cast| cast.cast_to(&value.data_type()).ok());
            match (cast, back) {
                (Ok(cast), Some(back)) if back == *value => Ok(cast),
                _ => Err(bad(format!("a value of the replaced region is no {data_type} as column `{column}` is"))),
            }
        };
        let rows = match region {
            Region::In { values, .. } => {
                let null = values.iter().any(ScalarValue::is_null);
                let values = values.iter().filter(|value| !value.is_null()).map(cast).collect::<Result<_, _>>()?;
                Rows::In { values, null }
            }
            Region::Range { from, to, .. } => {
                let (from, to) = (cast(from)?, cast(to)?);
                if from.is_null() || to.is_null() || from.partial_cmp(&to).is_none_or(std::cmp::Ordering::is_gt) {
                    return Err(bad(format!("the replaced range of `{column}` does not begin before it ends")));
                }
                Rows::Range { from, to }
            }
        };
        Ok(Self { table: table.clone(), column: column.to_owned(), index, rows, float: data_type.is_floating() })
    }

    /// The place of the column in the table.
    pub(super) fn index(&self) -> usize {
        self.index
    }

    /// For each value of the column whether it is in the region; never NULL.
    pub(super) fn matches(&self, column: &ArrayRef) -> Result<BooleanArray, LakeError> {
        let arrow =
            |source| LakeError::Arrow { table: self.table.clone(), action: "comparing rows", source: Box::new(source) };
        let scalar = |value: &ScalarValue| {
            value.to_array().map(Scalar::new).map_err(|source| LakeError::Engine {
                table: self.table.clone(),
                action: "comparing rows",
                source: Box::new(source),
            })
        };
        let found = match &self.rows {
            Rows::In { values, null } => {
                let mut found =
                    if *null { is_null(column).map_err(arrow)? } else { BooleanArray::from(vec![false; column.len()]) };
                for value in values {
                    let equal = cmp::eq(column, &scalar(value)?).map_err(arrow)?;
                    found = or(&found, &definite(&equal)).map_err(arrow)?;
                }
                found
            }
            Rows::Range { from, to } => {
                let after = cmp::gt_eq(column, &scalar(from)?).map_err(arrow)?;
                let before = cmp::lt(column, &scalar(to)?).map_err(arrow)?;
                and(&definite(&after), &definite(&before)).map_err(arrow)?
            }
        };
        Ok(found)
    }

    /// Fails when a row of the batch is not in the region.
    pub(super) fn check_inside(&self, batch: &RecordBatch) -> Result<(), LakeError> {
        let outside = batch.num_rows() - self.matches(batch.column(self.index))?.true_count();
        if outside == 0 {
            return Ok(());
        }
        Err(LakeError::OutsideRegion { table: self.table.clone(), column: self.column.clone(), rows: outside })
    }

    /// What the statistics of a file say.
    pub(super) fn cover(&self, stats: &FileStats) -> Cover {
        if stats.rows == Some(0) {
            return Cover::Nothing;
        }
        let bounds = &stats.columns[self.index];
        let ColumnBounds { min, max, exact, nulls } = bounds;
        let all_null = nulls.is_some() && *nulls == stats.rows;
        let no_null = *nulls == Some(0);
        let within = |value: &ScalarValue| {
            min.as_ref().is_none_or(|min| min <= value) && max.as_ref().is_none_or(|max| value <= max)
        };
        match &self.rows {
            Rows::In { null: true, .. } if all_null => Cover::Everything,
            Rows::In { values, null } => {
                if (all_null || !values.iter().any(within)) && (no_null || !null) {
                    return Cover::Nothing;
                }
                let single = *exact && !self.float && min.is_some() && min == max;
                let member = min.as_ref().is_some_and(|min| values.contains(min));
                if single && member && no_null { Cover::Everything } else { Cover::Unknown }
            }
            Rows::Range { .. } if all_null => Cover::Nothing,
            Rows::Range { from, to } => match (min, max) {
                (_, Some(max)) if max < from => Cover::Nothing,
                (Some(min), _) if min >= to => Cover::Nothing,
                // Bounds of floats may leave NaN out.
                (Some(min), Some(max)) if min >= from && max < to && no_null && !self.float => Cover::Everything,
                _ => Cover::Unknown,
            },
        }
    }
}

/// NULL as false.
fn definite(array: &BooleanArray) -> BooleanArray {
    match array.nulls() {
        Some(nulls) => BooleanArray::new(array.values() & nulls.inner(), None),
        None => array.clone(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::Int64Array;
    use arrow::datatypes::{DataType, Field, Schema};

    use super::*;

    fn filter(region: &Region) -> Result<RegionFilter, LakeError> {
        let schema = Arc::new(Schema::new(vec![Field::new("a", DataType::Int64, true)]));
        RegionFilter::new(&TableName::new("s", "t").unwrap(), region, &schema)
    }

    fn range(from: i64, to: i64) -> Region {
        Region::Range { column: "a".into(), from: from.into(), to: to.into() }
    }

    fn stats(min: i64, max: i64, nulls: u64) -> FileStats {
        let bound = |value: i64| Some(ScalarValue::from(value));
        let columns = vec![ColumnBounds { min: bound(min), max: bound(max), exact: true, nulls: Some(nulls) }];
        FileStats { rows: Some(10), columns }
    }

    #[test]
    fn a_range_is_half_open_and_without_null() {
        let filter = filter(&range(2, 4)).unwrap();
        let column: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), Some(2), Some(3), Some(4), None]));
        let found = filter.matches(&column).unwrap();
        assert_eq!(found, BooleanArray::from(vec![false, true, true, false, false]));
        assert_eq!(filter.cover(&stats(4, 9, 0)), Cover::Nothing);
        assert_eq!(filter.cover(&stats(0, 1, 0)), Cover::Nothing);
        assert_eq!(filter.cover(&stats(2, 3, 0)), Cover::Everything);
        assert_eq!(filter.cover(&stats(2, 3, 1)), Cover::Unknown);
        assert_eq!(filter.cover(&stats(2, 4, 0)), Cover::Unknown);
    }

    #[test]
    fn values_and_null() {
        let values = vec![ScalarValue::from(3_i32), ScalarValue::Int64(None)];
        let filter = filter(&Region::In { column: "a".into(), values }).unwrap();
        let column: ArrayRef = Arc::new(Int64Array::from(vec![Some(3), None, Some(4)]));
        assert_eq!(filter.matches(&column).unwrap(), BooleanArray::from(vec![true, true, false]));
        assert_eq!(filter.cover(&stats(4, 9, 0)), Cover::Nothing);
        assert_eq!(filter.cover(&stats(4, 9, 1)), Cover::Unknown);
        assert_eq!(filter.cover(&stats(4, 9, 10)), Cover::Everything);
        assert_eq!(filter.cover(&stats(3, 3, 0)), Cover::Everything);
    }

    #[test]
    fn values_that_are_not_of_the_column() {
        assert!(filter(&Region::In { column: "a".into(), values: vec![ScalarValue::from(1.5)] }).is_err());
        assert!(filter(&range(4, 2)).is_err());
        assert!(filter(&Region::In { column: "b".into(), values: Vec::new() }).is_err());
    }
}
