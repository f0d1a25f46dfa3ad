//! Keys as they lie in the lake, made comparable.
use ade_diagnostic::{agree, count};
use ade_engine::type_name;
use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field};
use arrow::row::{Row, RowConverter, SortField};

use super::super::key_digests::KeyDigest;
use super::super::row_digest::plain;
use crate::error::RunError;

/// What to do about keys that cannot be compared.
pub(super) const ADVICE: &str = "have the source mend them, or write `sweep: never`";

/// What a comparison that is not sure of the keys comes to.
pub(super) const NOTHING_DONE: &str = "no row was removed or marked";

/// Keys as they lie in the lake, made comparable.
pub(in crate::source) struct Keys {
    types: Vec<DataType>,
    converter: RowConverter,
}

impl Keys {
    pub(in crate::source) fn new(columns: &[&Field]) -> Result<Self, RunError> {
        let types: Vec<DataType> = columns.iter().map(|field| plain(field.data_type())).collect();
        let fields = types.iter().map(|data_type| SortField::new(data_type.clone()));
        let converter = RowConverter::new(fields.collect()).map_err(|_| RunError::Stamp { rows: 0 })?;
        Ok(Self { types, converter })
    }

    /// An error where a key has no value in the table's type: another key than that of the row would be looked for.
    pub(in crate::source) fn digests(&self, keys: &RecordBatch) -> Result<Vec<KeyDigest>, RunError> {
        let shape = |_| RunError::Stamp { rows: keys.num_rows() };
        let mut columns: Vec<ArrayRef> = Vec::new();
        for (place, (column, data_type)) in keys.columns().iter().zip(&self.types).enumerate() {
            let typed = cast(column, data_type).map_err(shape)?;
            let lost = typed.logical_null_count().saturating_sub(column.logical_null_count());
            if lost > 0 {
                let name = keys.schema_ref().field(place).name().clone();
                let message = format!(
                    "keys cannot be compared: {} of `{name}` {} no {}; {NOTHING_DONE}",
                    count(lost, "value"),
                    agree(lost, "is", "are"),
                    type_name(data_type)
                );
                return Err(RunError::usage(message, ADVICE.to_owned()));
            }
            columns.push(typed);
        }
        let rows = self.converter.convert_columns(&columns).map_err(shape)?;
        let digest = |row: Row<'_>| {
            let hash = blake3::hash(row.as_ref());
            std::array::from_fn(|place| hash.as_bytes()[place])
        };
        Ok(rows.iter().map(digest).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::StringArray;

    use super::*;

    #[test]
    fn a_key_without_a_value_in_the_type_of_the_table_is_not_taken_for_another() {
        let keys = Keys::new(&[&Field::new("id", DataType::Int64, true)]).unwrap();
        let of = |values: Vec<Option<&str>>| {
            let column: ArrayRef = Arc::new(StringArray::from(values));
            keys.digests(&RecordBatch::try_from_iter([("id", column)]).unwrap())
        };
        assert_eq!(of(vec![Some("3"), None]).unwrap().len(), 2);
        let message = of(vec![Some("3"), Some("secret"), None]).unwrap_err().to_string();
        assert!(message.contains("1 value of `id` is no bigint; no row was removed"), "{message}");
        assert!(!message.contains("secret"), "{message}");
    }
}
