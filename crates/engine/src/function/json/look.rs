//! What is in a JSON value: paths, containment, keys, elements.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanBuilder, LargeStringBuilder, ListBuilder, StringViewBuilder};
use arrow::datatypes::{DataType, Field};
use datafusion::common::Result;

use super::{each, each_json, first_json, gives_json, keys, position, second};
use crate::function::scalar::{Scalar, gives_text, text_at, text_of};
use crate::json::{JSON, Json};
use crate::planning::carried;
use crate::{SqlError, SqlErrorKind};

/// Questions about one value.
pub(super) fn all() -> Vec<Scalar> {
    let gives_bool = |_: &[DataType]| Ok(DataType::Boolean);
    let gives_texts = |_: &[DataType]| Ok(list(DataType::Utf8View));
    let gives_jsons = |_: &[DataType]| Ok(list(JSON));
    vec![
        Scalar::new("ade_json_path", first_json, gives_json, |args, _| {
            let paths = second(args)?;
            each_json(args, |json, row| {
                let Some(path) = text_at(&paths, row) else { return Ok(None) };
                Ok(follow(&Json::parse(json)?, &keys(path)).map(Json::written))
            })
        }),
        Scalar::new("ade_json_path_text", first_json, gives_text, |args, _| {
            let paths = second(args)?;
            each(args, |json, row| {
                let Some(path) = text_at(&paths, row) else { return Ok(None) };
                Ok(follow(&Json::parse(json)?, &keys(path)).cloned().and_then(Json::into_text))
            })
        }),
        Scalar::new("ade_json_contains", first_json, gives_bool, |args, _| {
            tests(args, |json, part| Ok(contains(&Json::parse(json)?, &Json::parse(part)?, true)))
        }),
        Scalar::new("ade_json_has_key", first_json, gives_bool, |args, _| {
            tests(args, |json, name| Ok(has_key(&Json::parse(json)?, name)))
        }),
        Scalar::new("ade_json_has_any", first_json, gives_bool, |args, _| {
            tests(args, |json, names| {
                let json = Json::parse(json)?;
                Ok(keys(names).iter().any(|name| has_key(&json, name)))
            })
        }),
        Scalar::new("ade_json_has_all", first_json, gives_bool, |args, _| {
            tests(args, |json, names| {
                let json = Json::parse(json)?;
                Ok(keys(names).iter().all(|name| has_key(&json, name)))
            })
        }),
        Scalar::new("json_typeof", first_json, gives_text, |args, _| {
            each(args, |json, _| Ok(Some(Json::parse(json)?.type_name().to_owned())))
        })
        .alias("jsonb_typeof"),
        Scalar::new("ade_json_elements", first_json, gives_jsons, |args, _| {
            jsons(args, |json| Ok(items(json)?.iter().map(Json::written).collect()))
        }),
        Scalar::new("ade_jsonb_elements", first_json, gives_jsons, |args, _| {
            jsons(args, |json| Ok(items(json)?.into_iter().map(|item| item.sorted().written()).collect()))
        }),
        Scalar::new("ade_json_elements_text", first_json, gives_texts, |args, _| {
            texts(args, |json| Ok(items(json)?.into_iter().map(Json::into_text).collect()))
        }),
        Scalar::new("ade_json_keys", first_json, gives_texts, |args, _| {
            texts(args, |json| Ok(pairs(Json::parse(json)?)?.into_iter().map(|(key, _)| Some(key)).collect()))
        }),
        Scalar::new("ade_json_values", first_json, gives_jsons, |args, _| {
            jsons(args, |json| Ok(pairs(Json::parse(json)?)?.iter().map(|(_, value)| value.written()).collect()))
        }),
        Scalar::new("ade_json_values_text", first_json, gives_texts, |args, _| {
            texts(args, |json| Ok(pairs(Json::parse(json)?)?.into_iter().map(|(_, value)| value.into_text()).collect()))
        }),
    ]
}

fn list(item: DataType) -> DataType {
    DataType::List(Arc::new(Field::new_list_field(item, true)))
}

/// A key of an object or an index of an array; negative indexes count from the end.
fn follow<'a>(json: &'a Json, path: &[String]) -> Option<&'a Json> {
    path.iter().try_fold(json, |value, key| match value {
        Json::Array(items) => items.get(position(key, items.len())?),
        other => other.get(key),
    })
}

/// `left @> right`. Source: PostgreSQL 15, chapter 8.14.3.
fn contains(left: &Json, right: &Json, outermost: bool) -> bool {
    match (left, right) {
        (Json::Object(_), Json::Object(right)) => {
            right.iter().all(|(key, value)| left.get(key).is_some_and(|found| contains(found, value, false)))
        }
        (Json::Array(left), Json::Array(right)) => {
            right.iter().all(|value| left.iter().any(|found| contains(found, value, false)))
        }
        // an array contains a primitive value, only on the outside
        (Json::Array(left), right) if outermost && !matches!(right, Json::Object(_)) => {
            left.iter().any(|item| equal(item, right))
        }
        (left, right) => equal(left, right),
    }
}

fn equal(left: &Json, right: &Json) -> bool {
    left.clone().comparable() == right.clone().comparable()
}

fn has_key(json: &Json, name: &str) -> bool {
    match json {
        Json::Object(_) => json.get(name).is_some(),
        Json::Array(items) => items.iter().any(|item| matches!(item, Json::Text(text) if text == name)),
        Json::Text(text) => text == name,
        _ => false,
    }
}

fn tests(args: &[ArrayRef], of: fn(&str, &str) -> Result<bool>) -> Result<ArrayRef> {
    let (left, right) = (text_of(&args[0])?, second(args)?);
    let mut builder = BooleanBuilder::with_capacity(left.len());
    for row in 0..left.len() {
        builder.append_option(match (text_at(&left, row), text_at(&right, row)) {
            (Some(left), Some(right)) => Some(of(left, right)?),
            _ => None,
        });
    }
    Ok(Arc::new(builder.finish()))
}

fn refused(json: &Json, wanted: &str) -> datafusion::common::DataFusionError {
    let start = json.written().chars().take(40).collect::<String>();
    carried(
        SqlError::new(SqlErrorKind::Data, format!("\"{start}\" is no JSON {wanted}"))
            .with_hint(format!("keep the rows with jsonb_typeof(x) = '{wanted}'")),
    )
}

fn items(json: &str) -> Result<Vec<Json>> {
    match Json::parse(json)? {
        Json::Array(items) => Ok(items),
        other => Err(refused(&other, "array")),
    }
}

fn pairs(json: Json) -> Result<Vec<(String, Json)>> {
    match json {
        Json::Object(pairs) => Ok(pairs),
        other => Err(refused(&other, "object")),
    }
}

fn jsons(args: &[ArrayRef], of: fn(&str) -> Result<Vec<String>>) -> Result<ArrayRef> {
    let json = text_of(&args[0])?;
    let mut builder = ListBuilder::new(LargeStringBuilder::new());
    for row in 0..json.len() {
        if let Some(text) = text_at(&json, row) {
            of(text)?.iter().for_each(|item| builder.values().append_value(item));
        }
        builder.append(!json.is_null(row));
    }
    Ok(Arc::new(builder.finish()))
}

fn texts(args: &[ArrayRef], of: fn(&str) -> Result<Vec<Option<String>>>) -> Result<ArrayRef> {
    let json = text_of(&args[0])?;
    let mut builder = ListBuilder::new(StringViewBuilder::new());
    for row in 0..json.len() {
        if let Some(text) = text_at(&json, row) {
            of(text)?.iter().for_each(|item| builder.values().append_option(item.as_deref()));
        }
        builder.append(!json.is_null(row));
    }
    Ok(Arc::new(builder.finish()))
}
