//! Writes the `stats` of an `Add` action.

use std::collections::BTreeMap;

use arrow::array::{Array, ArrayRef};
use arrow::datatypes::Schema;
use chrono::DateTime;
use datafusion::common::ScalarValue;
use parquet::arrow::arrow_reader::statistics::StatisticsConverter;
use parquet::arrow::parquet_to_arrow_schema;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::ParquetMetaData;
use serde::Serialize;
use serde_json::value::RawValue;

use super::ColumnFacts;

/// The shape of Delta's statistics.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DeltaStats<'a> {
    num_records: u64,
    min_values: BTreeMap<&'a str, Box<RawValue>>,
    max_values: BTreeMap<&'a str, Box<RawValue>>,
    null_count: BTreeMap<&'a str, u64>,
}

/// Statistics of a file with the columns `schema`, from its footer. A column with a NaN among its
/// values has no bounds, because Parquet's leave NaN out.
///
/// # Errors
/// When the footer is not that of such a file.
pub(crate) fn delta_stats(
    metadata: &ParquetMetaData,
    schema: &Schema,
    rows: u64,
    facts: &[ColumnFacts],
) -> Result<String> {
    let parquet_schema = metadata.file_metadata().schema_descr();
    // The types as the file has them: text is no view there, and statistics come in the file's types.
    let file_schema = parquet_to_arrow_schema(parquet_schema, None)?;
    let groups = metadata.row_groups();
    let mut stats = DeltaStats {
        num_records: rows,
        min_values: BTreeMap::new(),
        max_values: BTreeMap::new(),
        null_count: BTreeMap::new(),
    };
    for (field, facts) in schema.fields().iter().zip(facts) {
        if field.data_type().is_nested() {
            continue;
        }
        let name = field.name().as_str();
        stats.null_count.insert(name, facts.nulls);
        if facts.has_nan || facts.nulls == rows {
            continue;
        }
        let converter = StatisticsConverter::try_new(name, &file_schema, parquet_schema)?;
        let known =
            (extreme(&converter.row_group_mins(groups)?, true), extreme(&converter.row_group_maxes(groups)?, false));
        if let (Some(min), Some(max)) = known
            && let (Some(min), Some(max)) = (json(&min), json(&max))
        {
            stats.min_values.insert(name, min);
            stats.max_values.insert(name, max);
        }
    }
    serde_json::to_string(&stats).map_err(|error| ParquetError::External(Box::new(error)))
}

/// The least or greatest of the row groups' bounds; `None` when a group with values has none.
fn extreme(bounds: &ArrayRef, least: bool) -> Option<ScalarValue> {
    // A group without a bound may hold anything; a group of NULLs alone has no bound either and is rare enough.
    if bounds.is_empty() || bounds.null_count() > 0 {
        return None;
    }
    let values = (0..bounds.len()).map(|index| ScalarValue::try_from_array(bounds, index).ok());
    values.collect::<Option<Vec<_>>>()?.into_iter().reduce(|best, next| match next.partial_cmp(&best) {
        Some(std::cmp::Ordering::Less) if least => next,
        Some(std::cmp::Ordering::Greater) if !least => next,
        _ => best,
    })
}

/// A bound as Delta writes it. Decimals are written digit by digit: as floats they would be no bounds any more.
fn json(value: &ScalarValue) -> Option<Box<RawValue>> {
    let text = match value {
        ScalarValue::Int8(Some(number)) => number.to_string(),
        ScalarValue::Int16(Some(number)) => number.to_string(),
        ScalarValue::Int32(Some(number)) => number.to_string(),
        ScalarValue::Int64(Some(number)) => number.to_string(),
        ScalarValue::Float32(Some(number)) if number.is_finite() => serde_json::to_string(number).ok()?,
        ScalarValue::Float64(Some(number)) if number.is_finite() => serde_json::to_string(number).ok()?,
        ScalarValue::Decimal128(Some(_), ..)
        | ScalarValue::Decimal64(Some(_), ..)
        | ScalarValue::Decimal32(Some(_), ..) => display(value)?,
        ScalarValue::Date32(Some(_)) => quoted(&display(value)?)?,
        ScalarValue::TimestampMicrosecond(Some(micros), zone) => {
            let time = DateTime::from_timestamp_micros(*micros)?;
            let format = if zone.is_some() { "%Y-%m-%dT%H:%M:%S%.6fZ" } else { "%Y-%m-%dT%H:%M:%S%.6f" };
            quoted(&time.format(format).to_string())?
        }
        ScalarValue::Utf8(Some(text)) | ScalarValue::LargeUtf8(Some(text)) | ScalarValue::Utf8View(Some(text)) => {
            quoted(text)?
        }
        _ => return None,
    };
    RawValue::from_string(text).ok()
}

fn display(value: &ScalarValue) -> Option<String> {
    arrow::util::display::array_value_to_string(&value.to_array().ok()?, 0).ok()
}

fn quoted(text: &str) -> Option<String> {
    serde_json::to_string(text).ok()
}
