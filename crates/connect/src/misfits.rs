//! Which values of a batch did not fit their columns.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int32Builder, ListBuilder, RecordBatch};
use arrow::datatypes::{DataType, Field, FieldRef, Int32Type};

/// Name of the column with the places of the columns whose values did not fit: they are NULL in the batch. NULL for rows in
/// which all fit.
pub const MISFITS: &str = "_ade_misfits";

/// Values of a batch that did not fit their columns.
#[derive(Debug, Default)]
pub struct Misfits {
    /// The places of columns, by row.
    rows: BTreeMap<usize, Vec<usize>>,
}

impl Misfits {
    /// What a batch says of its rows; nothing without the column [`MISFITS`].
    pub fn of(batch: &RecordBatch) -> Self {
        let lists = batch.column_by_name(MISFITS).and_then(|column| column.as_list_opt::<i32>());
        let places = |row: usize| {
            let lists = lists.filter(|lists| lists.is_valid(row))?;
            let places = lists.value(row);
            let places = places.as_primitive_opt::<Int32Type>()?.values().iter();
            Some((row, places.filter_map(|place| usize::try_from(*place).ok()).collect()))
        };
        Self { rows: (0..batch.num_rows()).filter_map(places).collect() }
    }

    /// The rows whose value in the column at `place` did not fit.
    pub fn rows(&self, place: usize) -> impl Iterator<Item = usize> {
        self.rows.iter().filter(move |(_, places)| places.contains(&place)).map(|(row, _)| *row)
    }

    /// Whether the value of row `row` in the column at `place` did not fit.
    pub fn has(&self, row: usize, place: usize) -> bool {
        self.rows.get(&row).is_some_and(|places| places.contains(&place))
    }

    /// The value of row `row` in the column at `place` does not fit.
    pub(crate) fn add(&mut self, row: usize, place: usize) {
        self.rows.entry(row).or_default().push(place);
    }

    /// As the column of a batch of so many rows. Nothing is left.
    pub(crate) fn take(&mut self, rows: usize) -> ArrayRef {
        let DataType::List(item) = Self::field().data_type().clone() else { unreachable!("it is a list") };
        let mut lists = ListBuilder::new(Int32Builder::new()).with_field(item);
        let found = std::mem::take(&mut self.rows);
        for row in 0..rows {
            let places = found.get(&row);
            for place in places.into_iter().flatten() {
                lists.values().append_value(i32::try_from(*place).unwrap_or(i32::MAX));
            }
            lists.append(places.is_some());
        }
        Arc::new(lists.finish())
    }

    /// The column's.
    pub(crate) fn field() -> FieldRef {
        let places = DataType::List(Arc::new(Field::new_list_field(DataType::Int32, false)));
        Arc::new(Field::new(MISFITS, places, true))
    }
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::Schema;

    use super::*;

    #[test]
    fn what_is_said_of_rows_comes_back() {
        let mut misfits = Misfits::default();
        misfits.add(1, 0);
        misfits.add(1, 2);
        misfits.add(3, 2);
        let column = misfits.take(4);
        assert_eq!((column.len(), column.null_count()), (4, 2));
        let batch = RecordBatch::try_new(Arc::new(Schema::new(vec![Misfits::field()])), vec![column]).unwrap();
        let told = Misfits::of(&batch);
        assert_eq!(told.rows(2).collect::<Vec<_>>(), [1, 3]);
        assert_eq!(told.rows(0).collect::<Vec<_>>(), [1]);
        assert_eq!(told.rows(1).count(), 0);
        assert_eq!(misfits.take(2).null_count(), 2, "they are told once");
    }
}
