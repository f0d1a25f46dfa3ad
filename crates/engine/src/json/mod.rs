//! JSON as PostgreSQL has it: values that are read exactly, and the type that they have in plans.
//!
//! JSON is text in tables. In plans it is `LargeUtf8`, which nothing else uses: so operators and functions know
//! JSON from text, through subqueries, views, aggregates and windows. What a query gives is text again.

mod number;
mod read;
mod value;

use arrow::datatypes::DataType;

pub(crate) use self::number::plain as plain_number;
pub(crate) use self::value::{Json, write_text};

/// The type of JSON in plans.
pub(crate) const JSON: DataType = DataType::LargeUtf8;

/// Whether values of this type are JSON.
pub(crate) fn is_json(data_type: &DataType) -> bool {
    *data_type == JSON
}
