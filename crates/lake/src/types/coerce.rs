//! Makes batches fit the stored columns.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, new_null_array};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Schema, SchemaRef};
use arrow::util::display::FormatOptions;

use crate::{LakeError, TableName};

/// Casts the columns of `batch`, found by name, to `schema` (as [`super::delta_schema`] gives it). Columns that the
/// batch has not got are NULL; columns that the schema has not got are left out.
///
/// # Errors
/// [`LakeError::BadValue`] for a value that does not fit. It never contains the value.
pub fn coerce(table: &TableName, batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, LakeError> {
    let columns = columns(table, batch, schema, |_, _| false)?;
    gather(table, Arc::clone(schema), columns, batch.num_rows())
}

/// The same for rows that go to a file as they are: text stays in the layout that it came in. To a file it is the same, and
/// making views of it costs as much as a tenth of writing it.
///
/// # Errors
/// As [`coerce`].
pub(crate) fn coerce_for_file(
    table: &TableName,
    batch: &RecordBatch,
    schema: &SchemaRef,
) -> Result<RecordBatch, LakeError> {
    let columns = columns(table, batch, schema, is_same_text)?;
    let found = schema.fields().iter().zip(&columns);
    let fields = found.map(|(field, column)| field.as_ref().clone().with_data_type(column.data_type().clone()));
    let schema = Arc::new(Schema::new_with_metadata(fields.collect::<Vec<_>>(), schema.metadata().clone()));
    gather(table, schema, columns, batch.num_rows())
}

fn is_same_text(found: &DataType, wanted: &DataType) -> bool {
    let is_text = |data_type: &DataType| matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
    is_text(found) && is_text(wanted)
}

fn columns(
    table: &TableName,
    batch: &RecordBatch,
    schema: &SchemaRef,
    fits: impl Fn(&DataType, &DataType) -> bool,
) -> Result<Vec<ArrayRef>, LakeError> {
    let columns = schema.fields().iter().map(|field| match batch.column_by_name(field.name()) {
        Some(column) if fits(column.data_type(), field.data_type()) => Ok(Arc::clone(column)),
        Some(column) => cast(column, field.data_type()).ok_or_else(|| LakeError::BadValue {
            table: table.clone(),
            column: field.name().clone(),
            reason: format!("arrived as {} and is no {}", column.data_type(), field.data_type()),
        }),
        None => Ok(new_null_array(field.data_type(), batch.num_rows())),
    });
    columns.collect()
}

fn gather(table: &TableName, schema: SchemaRef, columns: Vec<ArrayRef>, rows: usize) -> Result<RecordBatch, LakeError> {
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(schema, columns, &options).map_err(|source| LakeError::Arrow {
        table: table.clone(),
        action: "fitting the columns",
        source: Box::new(source),
    })
}

/// Casts strictly: a value that does not fit fails, it does not become NULL. The kernel's error holds the value, so it
/// goes no further.
fn cast(column: &ArrayRef, to: &DataType) -> Option<ArrayRef> {
    if column.data_type() == to {
        return Some(Arc::clone(column));
    }
    let options = CastOptions { safe: false, format_options: FormatOptions::default() };
    if let DataType::Dictionary(_, values) = column.data_type()
        && values.as_ref() != to
    {
        let plain = cast_with_options(column, values, &options).ok()?;
        return cast(&plain, to);
    }
    cast_with_options(column, to, &options).ok()
}

#[cfg(test)]
mod tests {
    use arrow::array::{AsArray, Int64Array, StringArray, UInt64Array};
    use arrow::datatypes::{Field, Int64Type, Schema};

    use super::*;

    #[test]
    fn columns_by_name_and_missing_ones_null() {
        let table = TableName::new("s", "t").unwrap();
        let schema = Arc::new(Schema::new(vec![
            Field::new("a", DataType::Int64, true),
            Field::new("new", DataType::Utf8View, true),
        ]));
        let arrived = RecordBatch::try_from_iter([
            ("extra", Arc::new(StringArray::from(vec!["x"])) as ArrayRef),
            ("a", Arc::new(UInt64Array::from(vec![7])) as ArrayRef),
        ]);
        let coerced = coerce(&table, &arrived.unwrap(), &schema).unwrap();
        assert_eq!(coerced.column(0).as_primitive::<Int64Type>().values(), &[7]);
        assert_eq!(coerced.column(1).null_count(), 1);
        assert_eq!(coerced.num_columns(), 2);
    }

    #[test]
    fn text_for_a_file_stays_as_it_came() {
        let table = TableName::new("s", "t").unwrap();
        let field = |name: &str, data_type: DataType| Field::new(name, data_type, true);
        let schema = Arc::new(Schema::new(vec![field("a", DataType::Int64), field("b", DataType::Utf8View)]));
        let arrived = RecordBatch::try_from_iter([
            ("b", Arc::new(StringArray::from(vec!["x"])) as ArrayRef),
            ("a", Arc::new(UInt64Array::from(vec![7])) as ArrayRef),
        ]);
        let found = coerce_for_file(&table, &arrived.unwrap(), &schema).unwrap();
        let types: Vec<_> = found.columns().iter().map(|column| column.data_type().clone()).collect();
        assert_eq!(types, [DataType::Int64, DataType::Utf8]);
    }

    #[test]
    fn a_value_that_does_not_fit_fails_without_being_told() {
        let table = TableName::new("s", "t").unwrap();
        let schema = Arc::new(Schema::new(vec![Field::new("a", DataType::Int64, true)]));
        let arrived = RecordBatch::try_from_iter([("a", Arc::new(UInt64Array::from(vec![u64::MAX - 41])) as ArrayRef)]);
        let error = coerce(&table, &arrived.unwrap(), &schema).unwrap_err();
        assert!(!format!("{error:?}").contains("18446744073709551574"), "{error:?}");
        assert!(error.to_string().contains("`a`"));
        let fits = RecordBatch::try_from_iter([("a", Arc::new(Int64Array::from(vec![1])) as ArrayRef)]).unwrap();
        assert!(coerce(&table, &fits, &schema).is_ok());
    }
}
