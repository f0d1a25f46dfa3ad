//! What has no type in tables, as text.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringBuilder, UnionArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef, Schema};
use arrow::record_batch::RecordBatch;
use arrow::util::display::{ArrayFormatter, FormatOptions};

/// The type as which a column is read; `None` where a union lies within a list, map or record.
pub(crate) fn read_as(field: &Field) -> Option<DataType> {
    if is_text(field) {
        return Some(DataType::Utf8);
    }
    match field.data_type() {
        DataType::FixedSizeBinary(_) => Some(DataType::Binary),
        data_type if has_union(data_type) => None,
        data_type => Some(data_type.clone()),
    }
}

fn is_text(field: &Field) -> bool {
    is_uuid(field)
        || matches!(
            field.data_type(),
            DataType::Dictionary(..)
                | DataType::Union(..)
                | DataType::Interval(_)
                | DataType::Duration(_)
                | DataType::Time32(_)
                | DataType::Time64(_)
        )
}

fn is_uuid(field: &Field) -> bool {
    *field.data_type() == DataType::FixedSizeBinary(16)
        && (field.extension_type_name() == Some("arrow.uuid")
            || field.metadata().get("logicalType").is_some_and(|logical| logical == "uuid"))
}

fn has_union(data_type: &DataType) -> bool {
    match data_type {
        DataType::Union(..) => true,
        DataType::Struct(fields) => fields.iter().any(|field| has_union(field.data_type())),
        DataType::List(item) | DataType::Map(item, _) => has_union(item.data_type()),
        _ => false,
    }
}

/// The column as [`read_as`] says.
pub(crate) fn to_text(field: &FieldRef, column: &ArrayRef) -> Option<ArrayRef> {
    if is_uuid(field) {
        return uuids(column);
    }
    match field.data_type() {
        DataType::Union(..) => union(column.as_any().downcast_ref()?),
        DataType::Interval(_) | DataType::Duration(_) | DataType::Time32(_) | DataType::Time64(_) => shown(column),
        DataType::FixedSizeBinary(_) => cast(column, &DataType::Binary).ok(),
        DataType::Dictionary(..) => cast(column, &DataType::Utf8).ok(),
        _ => Some(ArrayRef::clone(column)),
    }
}

fn uuids(column: &ArrayRef) -> Option<ArrayRef> {
    let column = column.as_fixed_size_binary_opt()?;
    let mut builder = StringBuilder::with_capacity(column.len(), column.len() * 36);
    for bytes in column {
        let number = bytes.and_then(|bytes| Some(u128::from_be_bytes(bytes.try_into().ok()?)));
        let digits = number.map(|number| format!("{number:032x}"));
        let parts =
            |digits: String| [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-");
        builder.append_option(digits.map(parts));
    }
    Some(Arc::new(builder.finish()))
}

/// As Arrow writes them; times of day with all their digits.
fn shown(column: &ArrayRef) -> Option<ArrayRef> {
    let options = FormatOptions::default();
    let formatter = ArrayFormatter::try_new(column, &options).ok()?;
    let mut builder = StringBuilder::new();
    for row in 0..column.len() {
        builder.append_option(column.is_valid(row).then(|| formatter.value(row).to_string()));
    }
    Some(Arc::new(builder.finish()))
}

/// Text as it is, numbers and times as they are written, records and lists in JSON.
fn union(column: &UnionArray) -> Option<ArrayRef> {
    let DataType::Union(fields, _) = column.data_type() else { return None };
    let mut texts: Vec<(i8, ArrayRef)> = Vec::new();
    for (id, field) in fields.iter() {
        let child = column.child(id);
        let text = match field.data_type() {
            DataType::Utf8 => ArrayRef::clone(child),
            DataType::Null => arrow::array::new_null_array(&DataType::Utf8, child.len()),
            data_type if data_type.is_nested() => in_json(child)?,
            _ => shown(&to_text(field, child)?)?,
        };
        texts.push((id, text));
    }
    let mut builder = StringBuilder::new();
    for row in 0..column.len() {
        let id = column.type_id(row);
        let (_, text) = texts.iter().find(|(other, _)| *other == id)?;
        let place = column.value_offset(row);
        let text = text.as_string_opt::<i32>()?;
        builder.append_option(text.is_valid(place).then(|| text.value(place)));
    }
    Some(Arc::new(builder.finish()))
}

/// Lists and records in JSON.
pub(crate) fn in_json(column: &ArrayRef) -> Option<ArrayRef> {
    let field = Field::new("v", column.data_type().clone(), true);
    let batch = RecordBatch::try_new(Arc::new(Schema::new(vec![field])), vec![ArrayRef::clone(column)]).ok()?;
    let mut lines = Vec::new();
    let mut writer = arrow_json::LineDelimitedWriter::new(&mut lines);
    writer.write(&batch).ok()?;
    writer.finish().ok()?;
    let mut builder = StringBuilder::new();
    for line in std::str::from_utf8(&lines).ok()?.lines() {
        // `{"v":…}`, and `{}` for NULL.
        builder.append_option(line.strip_prefix("{\"v\":").and_then(|rest| rest.strip_suffix('}')));
    }
    let texts = builder.finish();
    (texts.len() == column.len()).then(|| Arc::new(texts) as ArrayRef)
}
