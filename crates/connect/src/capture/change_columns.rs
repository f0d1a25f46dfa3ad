//! What a batch of changes says of its rows beside their values.

use std::sync::Arc;

use arrow::array::{Array, AsArray, BooleanArray, ListArray, StructArray, TimestampMicrosecondArray};
use arrow::datatypes::{
    DataType, Field, FieldRef, Fields, Int32Type, Schema, SchemaRef, TimeUnit, TimestampMicrosecondType,
};
use arrow::record_batch::RecordBatch;

/// Name of the column that is true for rows that are no more; of them only the key is there.
pub const DELETED: &str = "_ade_deleted";
/// Name of the column with the places of the columns whose values the source did not send, because they did not change: they
/// are NULL in the batch, and stay as they are.
pub const UNCHANGED: &str = "_ade_unchanged";
/// Name of the column with the key under which such a row was before, if that changed, too.
pub const BEFORE: &str = "_ade_before";
/// Name of the column with the time at which the source committed the change, by its own clock; NULL where it does not say.
/// It tells people, and orders nothing.
pub const CHANGED_AT: &str = "_ade_changed_at";

/// The last four columns of a batch of changes.
#[derive(Debug, Clone)]
pub struct ChangeColumns {
    /// For each row whether it is no more.
    pub deleted: BooleanArray,
    /// For each row the places of columns whose values stay as they are; NULL for rows that are complete.
    pub unchanged: ListArray,
    /// For each such row the key that it had, as a struct of the key's columns; NULL if it is the same.
    pub before: StructArray,
    /// For each row when the source committed its last change: microseconds since 1970 in UTC.
    pub changed_at: TimestampMicrosecondArray,
}

impl ChangeColumns {
    /// The schema of a batch of changes of rows with the columns `rows`, whose key is `key`.
    pub(crate) fn schema(rows: &Schema, key: &[String]) -> SchemaRef {
        let places = DataType::List(Arc::new(Field::new_list_field(DataType::Int32, false)));
        let fields = rows.fields().iter().cloned().chain([
            Arc::new(Field::new(DELETED, DataType::Boolean, false)),
            Arc::new(Field::new(UNCHANGED, places, true)),
            Arc::new(Field::new(BEFORE, DataType::Struct(Self::key_fields(rows, key)), true)),
            Self::time(),
        ]);
        Arc::new(Schema::new(fields.collect::<Fields>()))
    }

    /// The schema of a batch of rows that are all there is, with nothing said of them but when each was committed.
    pub(crate) fn timed(rows: &Schema) -> SchemaRef {
        Arc::new(Schema::new(rows.fields().iter().cloned().chain([Self::time()]).collect::<Fields>()))
    }

    fn time() -> FieldRef {
        Arc::new(Field::new(CHANGED_AT, DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), true))
    }

    /// Splits a batch of [`Self::timed`] rows into the rows and their times. `None`: it has no times, as a copy has none.
    pub fn split_times(batch: &RecordBatch) -> Option<(RecordBatch, TimestampMicrosecondArray)> {
        let rows = batch.num_columns().checked_sub(1)?;
        let times = batch.column(rows).as_primitive_opt::<TimestampMicrosecondType>()?;
        let is_time = batch.schema_ref().field(rows).name() == CHANGED_AT;
        is_time.then(|| Some((batch.project(&(0..rows).collect::<Vec<_>>()).ok()?, times.clone())))?
    }

    /// The times of changes as [`Self::schema`] has them: microseconds since 1970 in UTC.
    pub(crate) fn times(times_us: impl IntoIterator<Item = Option<i64>>) -> TimestampMicrosecondArray {
        TimestampMicrosecondArray::from_iter(times_us).with_timezone("UTC")
    }

    /// The key's columns.
    pub(crate) fn key_fields(rows: &Schema, key: &[String]) -> Fields {
        key.iter().filter_map(|name| Some(Arc::clone(rows.fields().find(name)?.1))).collect()
    }

    /// Splits a batch into the rows and what is said of them. `None`: it is not one of changes.
    pub fn split(batch: &RecordBatch) -> Option<(RecordBatch, Self)> {
        let count = batch.num_columns().checked_sub(4)?;
        let columns = batch.columns();
        let said = Self {
            deleted: columns[count].as_boolean_opt()?.clone(),
            unchanged: columns[count + 1].as_list_opt()?.clone(),
            before: columns[count + 2].as_struct_opt()?.clone(),
            changed_at: columns[count + 3].as_primitive_opt::<TimestampMicrosecondType>()?.clone(),
        };
        let rows = batch.project(&(0..count).collect::<Vec<_>>()).ok()?;
        Some((rows, said))
    }

    /// The places of the columns that row `row` leaves out.
    pub fn left_out(&self, row: usize) -> Vec<usize> {
        if self.unchanged.is_null(row) {
            return Vec::new();
        }
        let places = self.unchanged.value(row);
        let places = places.as_primitive::<Int32Type>().values().iter();
        places.filter_map(|place| usize::try_from(*place).ok()).collect()
    }
}
