//! Values as JSON. What is JSON already is put in as it is.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, LargeStringBuilder, StringViewBuilder};
use arrow::datatypes::DataType;
use datafusion::common::{DataFusionError, Result};

use super::{each_json, gives_json};
use crate::function::scalar::{Scalar, any, gives_text};
use crate::json::{Json, is_json, write_text};
use crate::planning::carried;
use crate::{SqlError, SqlErrorKind, text};

/// One value, arrays and objects of values, and the two halves of the aggregates: an element's text, and the
/// joined texts as an array or object.
pub(super) fn all() -> Vec<Scalar> {
    vec![
        Scalar::new("to_json", any, gives_json, |args, _| to_json(args)),
        Scalar::new("to_jsonb", any, gives_json, |args, _| normal(&to_json(args)?)),
        Scalar::new("json_build_array", any, gives_json, |args, _| build_array(args)),
        Scalar::new("jsonb_build_array", any, gives_json, |args, _| normal(&build_array(args)?)),
        Scalar::new("json_build_object", any, gives_json, |args, _| build_object(args)),
        Scalar::new("jsonb_build_object", any, gives_json, |args, _| normal(&build_object(args)?)),
        Scalar::new("ade_json_element", any, gives_text, |args, _| element(args)),
        Scalar::new("ade_json_pair", any, gives_text, |args, _| pair(args)),
        Scalar::new("ade_json_array", any, gives_json, |args, _| {
            each_json(args, |joined, _| Ok(Some(format!("[{joined}]"))))
        }),
        Scalar::new("ade_json_object", any, gives_json, |args, _| {
            each_json(args, |joined, _| Ok(Some(format!("{{ {joined} }}"))))
        }),
        Scalar::new("ade_jsonb_array", any, gives_json, |args, _| {
            each_json(args, |joined, _| Ok(Some(Json::parse(&format!("[{joined}]"))?.sorted().written())))
        }),
        Scalar::new("ade_jsonb_object", any, gives_json, |args, _| {
            each_json(args, |joined, _| Ok(Some(Json::parse(&format!("{{{joined}}}"))?.sorted().written())))
        }),
    ]
}

fn normal(json: &ArrayRef) -> Result<ArrayRef> {
    each_json(std::slice::from_ref(json), |text, _| Ok(Some(Json::parse(text)?.sorted().written())))
}

/// Appends a value as JSON: numbers and booleans bare, timestamps in ISO 8601, JSON as it is, the rest in quotes.
fn write_json(array: &dyn Array, row: usize, out: &mut String) -> Result<()> {
    if text::is_null(array, row) {
        out.push_str("null");
        return Ok(());
    }
    match array.data_type() {
        DataType::List(_) => {
            let items = array.as_list::<i32>().value(row);
            out.push('[');
            for item in 0..items.len() {
                out.push_str(if item > 0 { "," } else { "" });
                write_json(items.as_ref(), item, out)?;
            }
            out.push(']');
            return Ok(());
        }
        DataType::Struct(fields) => {
            let columns = array.as_struct();
            out.push('{');
            for (index, (field, column)) in fields.iter().zip(columns.columns()).enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                write_text(field.name(), out);
                out.push(':');
                write_json(column.as_ref(), row, out)?;
            }
            out.push('}');
            return Ok(());
        }
        data_type if is_json(data_type) => {
            out.push_str(array.as_string::<i64>().value(row));
            return Ok(());
        }
        _ => {}
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
    write_text(&value, out);
    Ok(())
}

fn written(rows: usize, mut write: impl FnMut(usize, &mut String) -> Result<bool>) -> Result<ArrayRef> {
    let mut builder = LargeStringBuilder::new();
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
            out.push_str(if index > 0 { ", " } else { "" });
            write_json(arg.as_ref(), row, out)?;
        }
        out.push(']');
        Ok(true)
    })
}

fn write_key(key: &ArrayRef, row: usize, out: &mut String) -> Result<()> {
    if text::is_null(key.as_ref(), row) {
        return Err(carried(
            SqlError::new(SqlErrorKind::Data, "a key of a JSON object is NULL")
                .with_hint("leave the rows out with where or filter, or give the key a text with coalesce"),
        ));
    }
    let mut value = String::new();
    text::write_value(key.as_ref(), row, &mut value)?;
    write_text(&value, out);
    out.push_str(" : ");
    Ok(())
}

fn build_object(args: &[ArrayRef]) -> Result<ArrayRef> {
    if !args.len().is_multiple_of(2) {
        return Err(DataFusionError::Plan("json_build_object takes keys and values in turn".to_owned()));
    }
    written(args.first().map_or(1, Array::len), |row, out| {
        out.push('{');
        for (index, pair) in args.chunks(2).enumerate() {
            out.push_str(if index > 0 { ", " } else { "" });
            write_key(&pair[0], row, out)?;
            write_json(pair[1].as_ref(), row, out)?;
        }
        out.push('}');
        Ok(true)
    })
}

fn texts(rows: usize, mut write: impl FnMut(usize, &mut String) -> Result<()>) -> Result<ArrayRef> {
    let mut builder = StringViewBuilder::with_capacity(rows);
    let mut out = String::new();
    for row in 0..rows {
        out.clear();
        write(row, &mut out)?;
        builder.append_value(&out);
    }
    Ok(Arc::new(builder.finish()))
}

fn element(args: &[ArrayRef]) -> Result<ArrayRef> {
    texts(args[0].len(), |row, out| write_json(args[0].as_ref(), row, out))
}

fn pair(args: &[ArrayRef]) -> Result<ArrayRef> {
    texts(args[0].len(), |row, out| {
        write_key(&args[0], row, out)?;
        write_json(args[1].as_ref(), row, out)
    })
}
