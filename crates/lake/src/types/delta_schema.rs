//! The types that Delta has, and what becomes of the others.
//!
//! | Arrow | stored as | |
//! |---|---|---|
//! | `Int8` `Int16` `Int32` `Int64` `Float32` `Float64` `Boolean` `Date32` | the same | |
//! | `UInt8` `UInt16` `UInt32` | the next larger signed type | |
//! | `UInt64` | `Int64` | a value that does not fit is an error |
//! | `Float16` | `Float32` | |
//! | `Decimal32/64/128` | `Decimal128` | a negative scale becomes 0 |
//! | `Decimal256` | `Decimal128` of at most 38 digits | a value that does not fit is an error |
//! | `Timestamp` without zone | microseconds | nanoseconds are cut off |
//! | `Timestamp` with zone | microseconds, UTC | the same instant |
//! | `Date64` | `Date32` | |
//! | `Time32` `Time64` `Interval` `Duration` | text | |
//! | `Utf8` `LargeUtf8` `Utf8View` | text | |
//! | `Binary` `LargeBinary` `BinaryView` `FixedSizeBinary` | binary | |
//! | `Null` | text | as PostgreSQL does for `select null` |
//! | `Dictionary` `RunEndEncoded` | what they stand for | |
//! | `List` `LargeList` `FixedSizeList` `ListView` | list | |
//! | `Struct` `Map` | the same, of stored types | |
//! | `Union` | – | an error |
//!
//! Every column is stored as nullable: contracts and checks decide about NULL, and a reader of another language is not
//! surprised by a promise that a later version had to take back.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef, Fields, Schema, SchemaRef, TimeUnit};

use crate::{LakeError, TableName};

/// A schema as it is stored and scanned, and what had to change for that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSchema {
    /// The columns as a scan gives them: text and binary as views.
    pub schema: SchemaRef,
    /// A sentence for each column that is stored as another type.
    pub notes: Vec<String>,
}

/// How `schema` is stored.
///
/// # Errors
/// [`LakeError::BadType`] for a type that cannot be stored, [`LakeError::BadRequest`] for column names that Delta does
/// not allow.
pub fn delta_schema(table: &TableName, schema: &Schema) -> Result<StoredSchema, LakeError> {
    check_names(table, schema)?;
    let mut notes = Vec::new();
    let mut fields = Vec::with_capacity(schema.fields().len());
    for field in schema.fields() {
        let stored = stored_type(field.data_type()).ok_or_else(|| LakeError::BadType {
            table: table.clone(),
            column: field.name().clone(),
            data_type: field.data_type().to_string(),
        })?;
        if !alike(field.data_type(), &stored) {
            notes.push(format!("column `{}` of type {} is stored as {stored}", field.name(), field.data_type()));
        }
        fields.push(Field::new(field.name(), viewed(stored), true));
    }
    Ok(StoredSchema { schema: Arc::new(Schema::new(fields)), notes })
}

/// The columns of a scan, from those of the Delta log: without metadata, text and binary as views.
pub(crate) fn scan_schema(log_schema: &Schema) -> SchemaRef {
    let fields = log_schema.fields().iter();
    let fields = fields.map(|field| {
        let plain = stored_type(field.data_type()).unwrap_or_else(|| field.data_type().clone());
        Field::new(field.name(), viewed(plain), true)
    });
    Arc::new(Schema::new(fields.collect::<Fields>()))
}

/// The columns for the Delta log, from those of a scan: without views.
pub(crate) fn log_schema(scan_schema: &Schema) -> Schema {
    let fields = scan_schema.fields().iter();
    let fields = fields.map(|field| {
        let plain = match field.data_type() {
            DataType::Utf8View => DataType::Utf8,
            DataType::BinaryView => DataType::Binary,
            other => other.clone(),
        };
        Field::new(field.name(), plain, true)
    });
    Schema::new(fields.collect::<Fields>())
}

/// The first character of a column's name that tables do not allow.
pub fn forbidden_in_name(name: &str) -> Option<char> {
    name.chars().find(|character| " ,;{}()\n\t=".contains(*character))
}

/// Names that Spark refuses in a table without column mapping, and names that differ in case alone, are refused here so
/// that every reader can read what we write.
fn check_names(table: &TableName, schema: &Schema) -> Result<(), LakeError> {
    let refuse = |reason: String| Err(LakeError::BadRequest { table: table.clone(), reason });
    if schema.fields().is_empty() {
        return refuse("it has no columns".into());
    }
    let mut seen: HashMap<String, &str> = HashMap::new();
    for field in schema.fields() {
        let name = field.name();
        if name.is_empty() {
            return refuse("a column has an empty name; give it one with `as`".into());
        }
        if let Some(bad) = forbidden_in_name(name) {
            return refuse(format!(
                "the column name `{name}` holds {bad:?}, which Delta does not allow; give the column another name with `as`"
            ));
        }
        if let Some(other) = seen.insert(name.to_lowercase(), name) {
            return refuse(format!("the columns `{other}` and `{name}` are the same to Delta; rename one with `as`"));
        }
    }
    Ok(())
}

/// The type that is stored, text and binary not as views; `None` when there is none.
fn stored_type(data_type: &DataType) -> Option<DataType> {
    let stored = match data_type {
        DataType::Boolean
        | DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::Float32
        | DataType::Float64
        | DataType::Date32 => data_type.clone(),
        DataType::UInt8 => DataType::Int16,
        DataType::UInt16 => DataType::Int32,
        DataType::UInt32 | DataType::UInt64 => DataType::Int64,
        DataType::Float16 => DataType::Float32,
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
        | DataType::Decimal256(precision, scale) => stored_decimal(*precision, *scale)?,
        DataType::Date64 => DataType::Date32,
        DataType::Timestamp(_, None) => DataType::Timestamp(TimeUnit::Microsecond, None),
        DataType::Timestamp(_, Some(_)) => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        DataType::Null
        | DataType::Time32(_)
        | DataType::Time64(_)
        | DataType::Interval(_)
        | DataType::Duration(_)
        | DataType::Utf8
        | DataType::LargeUtf8
        | DataType::Utf8View => DataType::Utf8,
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            DataType::Binary
        }
        DataType::Dictionary(_, values) => stored_type(values)?,
        DataType::RunEndEncoded(_, values) => stored_type(values.data_type())?,
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::FixedSizeList(item, _)
        | DataType::ListView(item)
        | DataType::LargeListView(item) => {
            DataType::List(Arc::new(Field::new("element", stored_type(item.data_type())?, true)))
        }
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(stored_field).collect::<Option<Fields>>()?),
        DataType::Map(entries, _) => {
            let DataType::Struct(pair) = entries.data_type() else { return None };
            let [key, value] = pair.as_ref() else { return None };
            let pair = Fields::from(vec![
                Field::new("key", stored_type(key.data_type())?, false),
                Field::new("value", stored_type(value.data_type())?, true),
            ]);
            DataType::Map(Arc::new(Field::new("key_value", DataType::Struct(pair), false)), false)
        }
        DataType::Union(..) => return None,
    };
    Some(stored)
}

fn stored_field(field: &FieldRef) -> Option<FieldRef> {
    Some(Arc::new(Field::new(field.name(), stored_type(field.data_type())?, true)))
}

fn stored_decimal(precision: u8, scale: i8) -> Option<DataType> {
    if scale > 38 {
        return None;
    }
    if scale >= 0 {
        return Some(DataType::Decimal128(precision.min(38), scale));
    }
    let digits = u32::from(precision) + u32::from(scale.unsigned_abs());
    Some(DataType::Decimal128(u8::try_from(digits.min(38)).ok()?, 0))
}

/// Text and binary at the top level are scanned as views, which DataFusion computes with fastest.
fn viewed(data_type: DataType) -> DataType {
    match data_type {
        DataType::Utf8 => DataType::Utf8View,
        DataType::Binary => DataType::BinaryView,
        other => other,
    }
}

/// Whether a person would call the two the same type.
fn alike(from: &DataType, stored: &DataType) -> bool {
    match (from, stored) {
        (DataType::LargeUtf8 | DataType::Utf8View, DataType::Utf8)
        | (DataType::LargeBinary | DataType::BinaryView, DataType::Binary) => true,
        (DataType::Dictionary(_, values), _) => alike(values, stored),
        (DataType::RunEndEncoded(_, values), _) => alike(values.data_type(), stored),
        (DataType::Decimal32(p, s) | DataType::Decimal64(p, s), DataType::Decimal128(q, t)) => p == q && s == t,
        (
            DataType::List(item)
            | DataType::LargeList(item)
            | DataType::FixedSizeList(item, _)
            | DataType::ListView(item)
            | DataType::LargeListView(item),
            DataType::List(stored),
        ) => alike(item.data_type(), stored.data_type()),
        (DataType::Struct(fields), DataType::Struct(stored)) => {
            fields.len() == stored.len() && fields.iter().zip(stored).all(|(a, b)| alike(a.data_type(), b.data_type()))
        }
        (DataType::Map(entries, _), DataType::Map(stored, _)) => alike(entries.data_type(), stored.data_type()),
        _ => from == stored,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(data_type: DataType) -> Result<(DataType, usize), LakeError> {
        let table = TableName::new("s", "t").unwrap();
        let stored = delta_schema(&table, &Schema::new(vec![Field::new("c", data_type, false)]))?;
        assert!(stored.schema.field(0).is_nullable());
        Ok((stored.schema.field(0).data_type().clone(), stored.notes.len()))
    }

    #[test]
    fn every_type_has_a_place_or_an_error() {
        let utc = || DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        let cases = [
            (DataType::Int32, DataType::Int32, 0),
            (DataType::UInt32, DataType::Int64, 1),
            (DataType::UInt64, DataType::Int64, 1),
            (DataType::Float16, DataType::Float32, 1),
            (DataType::Utf8, DataType::Utf8View, 0),
            (DataType::Dictionary(Box::new(DataType::Int8), Box::new(DataType::Utf8)), DataType::Utf8View, 0),
            (DataType::FixedSizeBinary(16), DataType::BinaryView, 1),
            (DataType::Decimal64(12, 2), DataType::Decimal128(12, 2), 0),
            (DataType::Decimal128(5, -2), DataType::Decimal128(7, 0), 1),
            (DataType::Decimal256(50, 4), DataType::Decimal128(38, 4), 1),
            (DataType::Timestamp(TimeUnit::Nanosecond, Some("+02:00".into())), utc(), 1),
            (utc(), utc(), 0),
            (DataType::Date64, DataType::Date32, 1),
            (DataType::Time64(TimeUnit::Microsecond), DataType::Utf8View, 1),
            (DataType::Null, DataType::Utf8View, 1),
        ];
        for (from, to, notes) in cases {
            assert_eq!(one(from.clone()).unwrap(), (to, notes), "{from}");
        }
        let list = DataType::new_list(DataType::UInt8, false);
        assert_eq!(one(list).unwrap().0, DataType::List(Arc::new(Field::new("element", DataType::Int16, true))));
        let union = DataType::Union(arrow::datatypes::UnionFields::empty(), arrow::datatypes::UnionMode::Dense);
        assert!(matches!(one(union), Err(LakeError::BadType { .. })));
    }

    #[test]
    fn names_that_no_reader_trips_over() {
        let table = TableName::new("s", "t").unwrap();
        let named = |names: &[&str]| {
            let fields = names.iter().map(|name| Field::new(*name, DataType::Int32, true));
            delta_schema(&table, &Schema::new(fields.collect::<Vec<_>>()))
        };
        assert!(named(&["a", "été"]).is_ok());
        for bad in [&["count(*)"][..], &["a", "A"], &[], &[""], &["a b"]] {
            assert!(matches!(named(bad), Err(LakeError::BadRequest { .. })), "{bad:?}");
        }
    }
}
