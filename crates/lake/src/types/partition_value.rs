//! Values of partition columns as Delta writes them.

use arrow::array::{Array, ArrayRef};
use arrow::datatypes::{DataType, TimeUnit};
use chrono::{DateTime, NaiveDateTime};
use datafusion::common::ScalarValue;

/// Delta's text for a value; the outer `None` when it cannot be one: an empty text (Delta reads it as NULL) or a type
/// that has no text.
#[expect(clippy::option_option, reason = "the inner one is NULL, a value like the others")]
pub(crate) fn to_partition_value(value: &ScalarValue) -> Option<Option<String>> {
    if value.is_null() {
        return Some(None);
    }
    let text = match value {
        ScalarValue::TimestampMicrosecond(Some(micros), zone) => {
            let time = DateTime::from_timestamp_micros(*micros)?;
            // Two digits of the day and six of the second, as Spark writes them; `Z` keeps a reader's zone out of it.
            let format = if zone.is_some() { "%Y-%m-%dT%H:%M:%S%.6fZ" } else { "%Y-%m-%d %H:%M:%S%.6f" };
            time.format(format).to_string()
        }
        ScalarValue::Utf8View(Some(text)) | ScalarValue::Utf8(Some(text)) | ScalarValue::LargeUtf8(Some(text)) => {
            if text.is_empty() {
                return None;
            }
            text.clone()
        }
        ScalarValue::Boolean(_)
        | ScalarValue::Int8(_)
        | ScalarValue::Int16(_)
        | ScalarValue::Int32(_)
        | ScalarValue::Int64(_)
        | ScalarValue::Date32(_)
        | ScalarValue::Decimal128(..) => {
            let array: ArrayRef = value.to_array().ok()?;
            arrow::util::display::array_value_to_string(&array, 0).ok()?
        }
        _ => return None,
    };
    Some(Some(text))
}

/// The value that Delta's text stands for; `None` when it is not one of this type.
pub(crate) fn from_partition_value(text: Option<&str>, data_type: &DataType) -> Option<ScalarValue> {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return ScalarValue::try_from(data_type).ok();
    };
    if let DataType::Timestamp(TimeUnit::Microsecond, zone) = data_type {
        let time = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f")
            .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f"))
            .or_else(|_| DateTime::parse_from_str(text, "%+").map(|time| time.naive_utc()))
            .ok()?;
        return Some(ScalarValue::TimestampMicrosecond(Some(time.and_utc().timestamp_micros()), zone.clone()));
    }
    let value = ScalarValue::try_from_string(text.to_owned(), data_type).ok()?;
    let array = value.to_array().ok()?;
    (!array.is_null(0)).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let micros = 1_700_000_000_123_456;
        let values = [
            ScalarValue::Int32(Some(-5)),
            ScalarValue::Int64(None),
            ScalarValue::Boolean(Some(true)),
            ScalarValue::Utf8View(Some("a/b=ü %".into())),
            ScalarValue::Date32(Some(19_723)),
            ScalarValue::Decimal128(Some(-12_345), 12, 2),
            ScalarValue::TimestampMicrosecond(Some(micros), None),
            ScalarValue::TimestampMicrosecond(Some(micros), Some("UTC".into())),
        ];
        for value in values {
            let text = to_partition_value(&value).unwrap();
            assert_eq!(from_partition_value(text.as_deref(), &value.data_type()), Some(value), "{text:?}");
        }
        assert_eq!(to_partition_value(&ScalarValue::Date32(Some(0))), Some(Some("1970-01-01".into())));
        assert_eq!(to_partition_value(&ScalarValue::Utf8View(Some(String::new()))), None);
        assert_eq!(to_partition_value(&ScalarValue::Float64(Some(1.0))), None);
        assert_eq!(from_partition_value(Some("x"), &DataType::Int32), None);
    }
}
