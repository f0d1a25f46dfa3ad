//! JSON as PostgreSQL's operators and functions see it. JSON is kept as text; paths with plain keys go
//! through `datafusion-functions-json`, which does not build a tree, the rest is here.

use std::fmt::Write as _;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanBuilder, ListBuilder, StringViewBuilder};
use arrow::datatypes::{DataType, Field};
use datafusion::common::{DataFusionError, Result};
use serde_json::Value;

use super::scalar::{Scalar, all_text, any, gives_text, text_at, text_of};
use crate::planning::carried;
use crate::{SqlError, SqlErrorKind, text};

/// Paths, containment, types, elements, and values as JSON.
pub(super) fn all() -> Vec<Scalar> {
    let gives_bool = |_: &[DataType]| Ok(DataType::Boolean);
    let gives_texts = |_: &[DataType]| Ok(DataType::List(Arc::new(Field::new_list_field(DataType::Utf8View, true))));
    vec![
        Scalar::new("ade_json_path", all_text, gives_text, |args, _| {
            texts(args, |json, path| Ok(follow(&parse(json)?, &keys(path)).map(Value::to_string)))
        }),
        Scalar::new("ade_json_path_text", all_text, gives_text, |args, _| {
            texts(args, |json, path| Ok(follow(&parse(json)?, &keys(path)).and_then(as_text)))
        }),
        Scalar::new("ade_json_contains", all_text, gives_bool, |args, _| {
            tests(args, |json, part| Ok(contains(&parse(json)?, &parse(part)?, true)))
        }),
        Scalar::new("ade_json_has_key", all_text, gives_bool, |args, _| {
            tests(args, |json, name| Ok(has_key(&parse(json)?, name)))
        }),
        Scalar::new("ade_json_has_any", all_text, gives_bool, |args, _| {
            tests(args, |json, names| {
                let json = parse(json)?;
                Ok(keys(names).iter().any(|name| has_key(&json, name)))
            })
        }),
        Scalar::new("ade_json_has_all", all_text, gives_bool, |args, _| {
            tests(args, |json, names| {
                let json = parse(json)?;
                Ok(keys(names).iter().all(|name| has_key(&json, name)))
            })
        }),
        Scalar::new("json_typeof", all_text, gives_text, |args, _| type_names(args)).alias("jsonb_typeof"),
        Scalar::new("ade_json_elements", all_text, gives_texts, |args, _| {
            elements(args, |value| Some(value.to_string()))
        }),
        Scalar::new("ade_json_elements_text", all_text, gives_texts, |args, _| elements(args, as_text)),
        Scalar::new("to_json", any, gives_text, |args, _| to_json(args)).alias("to_jsonb"),
        Scalar::new("json_build_array", any, gives_text, |args, _| build_array(args)).alias("jsonb_build_array"),
        Scalar::new("json_build_object", any, gives_text, |args, _| build_object(args, " : ")),
        Scalar::new("jsonb_build_object", any, gives_text, |args, _| build_object(args, ": ")),
    ]
}

fn parse(json: &str) -> Result<Value> {
    serde_json::from_str(json).map_err(|error| {
        let start = json.chars().take(40).collect::<String>();
        carried(SqlError::new(SqlErrorKind::Data, format!("\"{start}\" is no JSON: {error}")))
    })
}

/// The keys of `{a,b,0}`.
fn keys(path: &str) -> Vec<String> {
    let inner = path.trim().trim_start_matches('{').trim_end_matches('}');
    if inner.is_empty() {
        return Vec::new();
    }
    inner.split(',').map(|key| key.trim().trim_matches('"').to_owned()).collect()
}

/// A key of an object or an index of an array; negative indexes count from the end.
fn follow<'a>(json: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(json, |value, key| match value {
        Value::Object(object) => object.get(key),
        Value::Array(items) => {
            let index = key.parse::<i64>().ok()?;
            let length = i64::try_from(items.len()).ok()?;
            items.get(usize::try_from(if index < 0 { length + index } else { index }).ok()?)
        }
        _ => None,
    })
}

/// As `->>` gives it: strings without quotes, JSON null as NULL.
fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// `left @> right`. Source: PostgreSQL 15, chapter 8.14.3.
fn contains(left: &Value, right: &Value, outermost: bool) -> bool {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => {
            right.iter().all(|(key, value)| left.get(key).is_some_and(|found| contains(found, value, false)))
        }
        (Value::Array(left), Value::Array(right)) => {
            right.iter().all(|value| left.iter().any(|found| contains(found, value, false)))
        }
        // an array contains a primitive value, only on the outside
        (Value::Array(left), right) if outermost && !right.is_object() => left.contains(right),
        (Value::Number(left), Value::Number(right)) => left.as_f64() == right.as_f64(),
        (left, right) => left == right,
    }
}

fn has_key(json: &Value, name: &str) -> bool {
    match json {
        Value::Object(object) => object.contains_key(name),
        Value::Array(items) => items.iter().any(|item| item.as_str() == Some(name)),
        Value::String(text) => text == name,
        _ => false,
    }
}

fn texts(args: &[ArrayRef], of: fn(&str, &str) -> Result<Option<String>>) -> Result<ArrayRef> {
    let (left, right) = (text_of(&args[0])?, text_of(&args[1])?);
    let mut builder = StringViewBuilder::with_capacity(left.len());
    for row in 0..left.len() {
        builder.append_option(match (text_at(&left, row), text_at(&right, row)) {
            (Some(left), Some(right)) => of(left, right)?,
            _ => None,
        });
    }
    Ok(Arc::new(builder.finish()))
}

fn tests(args: &[ArrayRef], of: fn(&str, &str) -> Result<bool>) -> Result<ArrayRef> {
    let (left, right) = (text_of(&args[0])?, text_of(&args[1])?);
    let mut builder = BooleanBuilder::with_capacity(left.len());
    for row in 0..left.len() {
        builder.append_option(match (text_at(&left, row), text_at(&right, row)) {
            (Some(left), Some(right)) => Some(of(left, right)?),
            _ => None,
        });
    }
    Ok(Arc::new(builder.finish()))
}

fn type_names(args: &[ArrayRef]) -> Result<ArrayRef> {
    let json = text_of(&args[0])?;
    let mut builder = StringViewBuilder::with_capacity(json.len());
    for row in 0..json.len() {
        builder.append_option(match text_at(&json, row) {
            None => None,
            Some(json) => Some(match parse(json)? {
                Value::Null => "null",
                Value::Bool(_) => "boolean",
                Value::Number(_) => "number",
                Value::String(_) => "string",
                Value::Array(_) => "array",
                Value::Object(_) => "object",
            }),
        });
    }
    Ok(Arc::new(builder.finish()))
}

fn elements(args: &[ArrayRef], of: fn(&Value) -> Option<String>) -> Result<ArrayRef> {
    let json = text_of(&args[0])?;
    let mut builder = ListBuilder::new(StringViewBuilder::new());
    for row in 0..json.len() {
        let Some(text) = text_at(&json, row) else {
            builder.append_null();
            continue;
        };
        let Value::Array(items) = parse(text)? else {
            let start = text.chars().take(40).collect::<String>();
            return Err(carried(SqlError::new(SqlErrorKind::Data, format!("\"{start}\" is no JSON array"))));
        };
        for item in &items {
            builder.values().append_option(of(item));
        }
        builder.append(true);
    }
    Ok(Arc::new(builder.finish()))
}

/// Appends a value as JSON: numbers and booleans bare, timestamps in ISO 8601, the rest in quotes.
fn write_json(array: &dyn Array, row: usize, out: &mut String) -> Result<()> {
    if text::is_null(array, row) {
        out.push_str("null");
        return Ok(());
    }
    if let DataType::List(_) = array.data_type() {
        let items = array.as_list::<i32>().value(row);
        out.push('[');
        for item in 0..items.len() {
            if item > 0 {
                out.push(',');
            }
            write_json(items.as_ref(), item, out)?;
        }
        out.push(']');
        return Ok(());
    }
    let mut value = String::new();
    text::write_value(array, row, &mut value)?;
    let data_type = array.data_type();
    if data_type.is_numeric() && !matches!(value.as_str(), "NaN" | "Infinity" | "-Infinity")
        || *data_type == DataType::Boolean
    {
        out.push_str(&value);
        return Ok(());
    }
    if matches!(data_type, DataType::Timestamp(..)) {
        value = value.replacen(' ', "T", 1);
        if value.len() > 3
            && matches!(data_type, DataType::Timestamp(_, Some(_)))
            && value.as_bytes()[value.len() - 3] == b'+'
        {
            value.push_str(":00");
        }
    }
    let quoted = serde_json::to_string(&value).map_err(|error| DataFusionError::Execution(error.to_string()))?;
    out.push_str(&quoted);
    Ok(())
}

fn written(rows: usize, mut write: impl FnMut(usize, &mut String) -> Result<bool>) -> Result<ArrayRef> {
    let mut builder = StringViewBuilder::with_capacity(rows);
    let mut out = String::new();
    for row in 0..rows {
        out.clear();
        if write(row, &mut out)? {
            builder.append_value(&out);
        } else {
            builder.append_null();
        }
    }
    Ok(Arc::new(builder.finish()))
}

fn to_json(args: &[ArrayRef]) -> Result<ArrayRef> {
    written(args[0].len(), |row, out| {
        let present = !text::is_null(args[0].as_ref(), row);
        if present {
            write_json(args[0].as_ref(), row, out)?;
        }
        Ok(present)
    })
}

fn build_array(args: &[ArrayRef]) -> Result<ArrayRef> {
    written(args.first().map_or(1, Array::len), |row, out| {
        out.push('[');
        for (index, arg) in args.iter().enumerate() {
            if index > 0 {
                out.push_str(", ");
            }
            write_json(arg.as_ref(), row, out)?;
        }
        out.push(']');
        Ok(true)
    })
}

fn build_object(args: &[ArrayRef], colon: &str) -> Result<ArrayRef> {
    if !args.len().is_multiple_of(2) {
        return Err(DataFusionError::Plan("json_build_object takes keys and values in turn".to_owned()));
    }
    written(args.first().map_or(1, Array::len), |row, out| {
        out.push('{');
        for (index, pair) in args.chunks(2).enumerate() {
            if index > 0 {
                out.push_str(", ");
            }
            let mut key = String::new();
            if text::is_null(pair[0].as_ref(), row) {
                return Err(DataFusionError::Execution("a key of json_build_object is NULL".to_owned()));
            }
            text::write_value(pair[0].as_ref(), row, &mut key)?;
            let _ = write!(out, "{}{colon}", Value::String(key));
            write_json(pair[1].as_ref(), row, out)?;
        }
        out.push('}');
        Ok(true)
    })
}
