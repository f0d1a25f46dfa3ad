//! Rows by their keys, as conditions that the server understands.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use arrow::util::display::{ArrayFormatter, FormatOptions};

use super::literal::{identifier, literal};

/// Keys in one condition.
const KEYS: usize = 500;

const DIGITS: [&str; 16] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "a", "b", "c", "d", "e", "f"];

/// Conditions that all rows with one of these keys meet, and no others: each for some of the keys.
pub(crate) fn conditions(keys: &RecordBatch) -> Result<Vec<String>, ArrowError> {
    let names: Vec<String> = keys.schema_ref().fields().iter().map(|field| identifier(field.name())).collect();
    let columns = keys.columns().iter().map(written).collect::<Result<Vec<_>, _>>()?;
    let rows: Vec<String> = (0..keys.num_rows())
        .map(|row| format!("({})", columns.iter().map(|column| column[row].as_str()).collect::<Vec<_>>().join(", ")))
        .collect();
    let names = names.join(", ");
    Ok(rows.chunks(KEYS).map(|rows| format!("({names}) in ({})", rows.join(", "))).collect())
}

/// Values as literals without a type: they take that of the column that they are compared with.
fn written(column: &ArrayRef) -> Result<Vec<String>, ArrowError> {
    let options = FormatOptions::default();
    if *column.data_type() == DataType::Binary {
        let hex = |bytes: &[u8]| {
            bytes.iter().fold(String::from("\\x"), |text, byte| {
                text + DIGITS[usize::from(byte >> 4)] + DIGITS[usize::from(byte & 15)]
            })
        };
        let values = column.as_binary::<i32>().iter();
        return Ok(values.map(|value| value.map_or("null".to_owned(), |value| literal(&hex(value)))).collect());
    }
    let texts = ArrayFormatter::try_new(column.as_ref(), &options)?;
    let value = |row: usize| {
        if column.is_null(row) {
            Ok("null".to_owned())
        } else {
            texts.value(row).try_to_string().map(|text| literal(&text))
        }
    };
    (0..column.len()).map(value).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{BinaryArray, Date32Array, Int32Array, StringArray};

    use super::*;

    #[test]
    fn values_are_written_so_that_the_server_compares_them_as_they_are() {
        let keys = RecordBatch::try_from_iter([
            ("Id", Arc::new(Int32Array::from(vec![7, -1])) as ArrayRef),
            ("name", Arc::new(StringArray::from(vec!["it's", "b"]))),
            ("day", Arc::new(Date32Array::from(vec![0, 365]))),
            ("hash", Arc::new(BinaryArray::from(vec![b"\x00\xff".as_slice(), b""]))),
        ]);
        let expected = "(\"Id\", \"name\", \"day\", \"hash\") in \
                        (('7', 'it''s', '1970-01-01',  E'\\\\x00ff'), ('-1', 'b', '1971-01-01',  E'\\\\x'))";
        assert_eq!(conditions(&keys.unwrap()).unwrap(), [expected]);
        let many = Int32Array::from_iter_values(0..1_001);
        let many = RecordBatch::try_from_iter([("id", Arc::new(many) as ArrayRef)]).unwrap();
        assert_eq!(conditions(&many).unwrap().len(), 3);
    }
}
