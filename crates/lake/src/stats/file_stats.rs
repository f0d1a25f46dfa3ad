//! Reads the `stats` of an `Add` action.

use std::collections::HashMap;

use arrow::datatypes::{DataType, Schema, TimeUnit};
use chrono::{DateTime, NaiveDate, NaiveDateTime};
use datafusion::common::ScalarValue;
use serde::Deserialize;
use serde_json::value::RawValue;

/// What the statistics of one file say about its columns, in the order of the table's columns.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct FileStats {
    /// Rows in the file.
    pub(crate) rows: Option<u64>,
    /// What is known of each column.
    pub(crate) columns: Vec<ColumnBounds>,
}

/// What is known of the values of one column in one file.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct ColumnBounds {
    /// No value is less.
    pub(crate) min: Option<ScalarValue>,
    /// No value is greater.
    pub(crate) max: Option<ScalarValue>,
    /// Whether both bounds are values of the column rather than only bounds.
    pub(crate) exact: bool,
    /// NULLs.
    pub(crate) nulls: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DeltaStats<'a> {
    num_records: Option<u64>,
    #[serde(borrow, default)]
    min_values: Option<HashMap<&'a str, &'a RawValue>>,
    #[serde(borrow, default)]
    max_values: Option<HashMap<&'a str, &'a RawValue>>,
    #[serde(borrow, default)]
    null_count: Option<HashMap<&'a str, &'a RawValue>>,
}

impl FileStats {
    /// Reads Delta's JSON for a table with these columns. What cannot be understood is unknown, never an error.
    pub(crate) fn parse(json: Option<&str>, schema: &Schema) -> Self {
        let unknown = || Self { rows: None, columns: vec![ColumnBounds::default(); schema.fields().len()] };
        let Some(stats) = json.and_then(|json| serde_json::from_str::<DeltaStats<'_>>(json).ok()) else {
            return unknown();
        };
        let of = |values: &Option<HashMap<&str, &RawValue>>, name: &str| {
            values.as_ref().and_then(|values| values.get(name)).map(|value| value.get().to_owned())
        };
        let columns = schema.fields().iter().map(|field| {
            let name = field.name().as_str();
            let nulls = of(&stats.null_count, name).and_then(|text| text.parse().ok());
            let min = of(&stats.min_values, name).and_then(|text| bound(&text, field.data_type(), false));
            let max = of(&stats.max_values, name).and_then(|text| bound(&text, field.data_type(), true));
            let exact = min.as_ref().is_some_and(|bound| bound.1) && max.as_ref().is_some_and(|bound| bound.1);
            ColumnBounds { min: min.map(|bound| bound.0), max: max.map(|bound| bound.0), exact, nulls }
        });
        Self { rows: stats.num_records, columns: columns.collect() }
    }
}

/// A bound and whether it is a value of the column. Other writers cut texts off and drop the microseconds of times, so
/// an upper time is moved up to the end of what it may stand for.
fn bound(json: &str, data_type: &DataType, upper: bool) -> Option<(ScalarValue, bool)> {
    let text = || serde_json::from_str::<String>(json).ok();
    let value = match data_type {
        DataType::Int8 => (ScalarValue::Int8(Some(json.parse().ok()?)), true),
        DataType::Int16 => (ScalarValue::Int16(Some(json.parse().ok()?)), true),
        DataType::Int32 => (ScalarValue::Int32(Some(json.parse().ok()?)), true),
        DataType::Int64 => (ScalarValue::Int64(Some(json.parse().ok()?)), true),
        // NaN and the two zeros keep a float's bounds from being the last word.
        DataType::Float32 => (ScalarValue::Float32(Some(json.parse().ok()?)), false),
        DataType::Float64 => (ScalarValue::Float64(Some(json.parse().ok()?)), false),
        DataType::Decimal128(..) => {
            // Some writers go through a float: beyond 15 digits that is no bound. An exponent tells a float, too.
            if json.contains(['e', 'E']) || json.bytes().filter(u8::is_ascii_digit).count() > 15 {
                return None;
            }
            let value = ScalarValue::try_from_string(json.to_owned(), data_type).ok()?;
            (value, true)
        }
        DataType::Date32 => {
            let date = NaiveDate::parse_from_str(&text()?, "%Y-%m-%d").ok()?;
            let days = (date - NaiveDate::default()).num_days();
            (ScalarValue::Date32(Some(i32::try_from(days).ok()?)), true)
        }
        DataType::Timestamp(TimeUnit::Microsecond, zone) => {
            let text = text()?;
            let time = DateTime::parse_from_rfc3339(&text)
                .map(|time| time.naive_utc())
                .or_else(|_| NaiveDateTime::parse_from_str(&text, "%Y-%m-%dT%H:%M:%S%.f"))
                .or_else(|_| NaiveDateTime::parse_from_str(&text, "%Y-%m-%d %H:%M:%S%.f"))
                .ok()?;
            let digits =
                text.split_once('.').map_or(0, |(_, rest)| rest.bytes().take_while(u8::is_ascii_digit).count());
            let exact = digits >= 6;
            let micros = time.and_utc().timestamp_micros();
            let micros = if upper && !exact { micros.div_euclid(1000) * 1000 + 999 } else { micros };
            (ScalarValue::TimestampMicrosecond(Some(micros), zone.clone()), exact)
        }
        DataType::Utf8View => (ScalarValue::Utf8View(Some(text()?)), false),
        DataType::Utf8 => (ScalarValue::Utf8(Some(text()?)), false),
        _ => return None,
    };
    Some(value)
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::Field;

    use super::*;

    #[test]
    fn bounds_are_bounds() {
        let utc = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        let schema = Schema::new(vec![
            Field::new("i", DataType::Int64, true),
            Field::new("t", utc, true),
            Field::new("d", DataType::Decimal128(30, 2), true),
            Field::new("s", DataType::Utf8View, true),
            Field::new("x", DataType::Date32, true),
        ]);
        let json = r#"{"numRecords":3,"minValues":{"i":-7,"t":"2024-01-01T00:00:00.001Z","d":1.25,"s":"a","x":"1970-01-03"},
            "maxValues":{"i":9,"t":"2024-01-01T00:00:00.001Z","d":12345678901234567890.12,"s":"b"},
            "nullCount":{"i":1,"s":{"nested":1}}}"#;
        let stats = FileStats::parse(Some(json), &schema);
        assert_eq!(stats.rows, Some(3));
        let [integer, time, decimal, text, date] = stats.columns.as_slice() else { panic!() };
        assert_eq!((integer.min.clone(), integer.nulls), (Some(ScalarValue::Int64(Some(-7))), Some(1)));
        assert!(integer.exact && !time.exact && !text.exact);
        let (
            Some(ScalarValue::TimestampMicrosecond(Some(min), _)),
            Some(ScalarValue::TimestampMicrosecond(Some(max), _)),
        ) = (&time.min, &time.max)
        else {
            panic!()
        };
        assert_eq!(max - min, 999);
        assert_eq!(decimal.min, Some(ScalarValue::Decimal128(Some(125), 30, 2)));
        assert_eq!((&decimal.max, text.nulls), (&None, None));
        assert_eq!((&date.min, &date.max), (&Some(ScalarValue::Date32(Some(2))), &None));
        assert_eq!(FileStats::parse(Some("not json"), &schema).rows, None);
    }
}
