//! Values as PostgreSQL writes them (`DateStyle ISO`, `bytea_output hex`), into Arrow arrays.

use std::sync::Arc;

use arrow::array::{ArrayRef, BinaryBuilder, Date32Array, ListArray, TimestampMicrosecondArray};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, FieldRef, TimeUnit};

use super::array_text::elements;
use super::moment_text::moment;
use crate::value::ColumnBuilder;

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// Values of one column, `None` for NULL. `Err`: the index of the first that does not fit.
pub(crate) fn text_column<'a>(
    data_type: &DataType,
    cells: impl ExactSizeIterator<Item = Option<&'a [u8]>>,
) -> Result<ArrayRef, usize> {
    match data_type {
        DataType::Binary => {
            let mut builder = BinaryBuilder::new();
            for (index, cell) in cells.enumerate() {
                builder.append_option(cell.map(|cell| hex(cell).ok_or(index)).transpose()?);
            }
            Ok(Arc::new(builder.finish()))
        }
        DataType::Date32 => {
            let days = |micros: i64| i32::try_from(micros.div_euclid(MICROS_PER_DAY)).ok();
            let found: Result<Date32Array, usize> = moments(cells, days).collect();
            Ok(Arc::new(found?))
        }
        DataType::Timestamp(TimeUnit::Microsecond, zone) => {
            let found: Result<TimestampMicrosecondArray, usize> = moments(cells, Some).collect();
            Ok(Arc::new(found?.with_timezone_opt(zone.clone())))
        }
        DataType::List(item) => list(item, cells),
        _ => plain(data_type, cells),
    }
}

fn moments<'a, T>(
    cells: impl Iterator<Item = Option<&'a [u8]>>,
    unit: impl Fn(i64) -> Option<T>,
) -> impl Iterator<Item = Result<Option<T>, usize>> {
    let one = move |(index, cell): (usize, Option<&'a [u8]>)| {
        cell.map(|cell| moment(cell).and_then(&unit).ok_or(index)).transpose()
    };
    cells.enumerate().map(one)
}

fn list<'a>(item: &FieldRef, cells: impl ExactSizeIterator<Item = Option<&'a [u8]>>) -> Result<ArrayRef, usize> {
    let (mut values, mut lengths, mut valid, mut rows) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (index, cell) in cells.enumerate() {
        let found = cell.map(|cell| elements(cell).map_err(|()| index)).transpose()?;
        valid.push(found.is_some());
        let found = found.unwrap_or_default();
        lengths.push(found.len());
        rows.extend(std::iter::repeat_n(index, found.len()));
        values.extend(found);
    }
    let items = text_column(item.data_type(), values.iter().map(Option::as_deref))
        .map_err(|place| rows.get(place).copied().unwrap_or(0))?;
    let nulls = Some(NullBuffer::from(valid));
    let list = ListArray::try_new(Arc::clone(item), OffsetBuffer::from_lengths(lengths), items, nulls);
    list.map(|list| Arc::new(list) as ArrayRef).map_err(|_| 0)
}

fn plain<'a>(data_type: &DataType, cells: impl ExactSizeIterator<Item = Option<&'a [u8]>>) -> Result<ArrayRef, usize> {
    let mut builder = ColumnBuilder::new(data_type, cells.len()).ok_or(0_usize)?;
    for (index, cell) in cells.enumerate() {
        let text = cell.map(|cell| std::str::from_utf8(cell).map_err(|_| index)).transpose()?;
        builder.extend(std::iter::once(text)).map_err(|_| index)?;
    }
    builder.finish().map_err(|_| 0)
}

/// `\x48656c6c6f`.
fn hex(text: &[u8]) -> Option<Vec<u8>> {
    let (pairs, rest) = text.strip_prefix(b"\\x")?.as_chunks::<2>();
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    rest.is_empty().then_some(())?;
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}

#[cfg(test)]
mod tests {
    use arrow::array::Array;
    use arrow::datatypes::Field;
    use arrow::util::display::{ArrayFormatter, FormatOptions};

    use super::*;

    fn column(data_type: &DataType, cells: &[&str]) -> Result<Vec<String>, usize> {
        let cells = cells.iter().map(|cell| (*cell != "NULL").then_some(cell.as_bytes()));
        let array = text_column(data_type, cells)?;
        assert_eq!(array.data_type(), data_type);
        let options = FormatOptions::default();
        let formatter = ArrayFormatter::try_new(&array, &options).unwrap();
        let shown = |row| if array.is_null(row) { "NULL".to_owned() } else { formatter.value(row).to_string() };
        Ok((0..array.len()).map(shown).collect())
    }

    #[test]
    fn every_type_reads_what_postgresql_writes() {
        let list = DataType::List(Arc::new(Field::new_list_field(DataType::Int32, true)));
        let zoned = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        for (data_type, good, shown, bad) in [
            (DataType::Boolean, "t", "true", "x"),
            (DataType::Int16, "-32768", "-32768", "32768"),
            (DataType::Float64, "-Infinity", "-inf", "far"),
            (DataType::Float64, "1e-300", "1e-300", ""),
            (DataType::Decimal128(12, 2), "-0.10", "-0.10", "NaN"),
            (DataType::Utf8, "", "", "\u{fffd}"),
            (DataType::Binary, "\\x00ff", "00ff", "\\x0"),
            (DataType::Date32, "infinity", "9999-12-31", "2024-02-30"),
            (DataType::Time64(TimeUnit::Microsecond), "23:59:59.5", "23:59:59.500", "x"),
            (zoned, "2024-02-29 10:00:00+02", "2024-02-29T08:00:00Z", "soon"),
            (list, "{1,NULL,3}", "[1, , 3]", "{1,x}"),
        ] {
            assert_eq!(
                column(&data_type, &["NULL", good]).as_deref(),
                Ok(&["NULL".to_owned(), shown.to_owned()][..]),
                "{data_type}"
            );
            if data_type != DataType::Utf8 {
                assert_eq!(column(&data_type, &["NULL", good, good, bad]), Err(3), "{data_type}");
            }
        }
        assert!(text_column(&DataType::Utf8, [Some(&[0xff][..])].into_iter()).is_err());
    }
}
