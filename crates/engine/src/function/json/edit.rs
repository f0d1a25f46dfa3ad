//! JSON made of JSON: `||`, `-` and `#-`. Source: PostgreSQL 15, table 9.46.

use arrow::array::ArrayRef;
use datafusion::common::Result;

use super::{each_json, first_json, gives_json, keys, position, second};
use crate::function::scalar::{Scalar, text_at};
use crate::json::Json;
use crate::planning::carried;
use crate::{SqlError, SqlErrorKind};

/// The operators that change a value.
pub(super) fn all() -> Vec<Scalar> {
    vec![
        Scalar::new("ade_json_concat", first_json, gives_json, |args, _| {
            changed(args, |left, right| Ok(joined(left, Json::parse(right)?)))
        }),
        Scalar::new("ade_json_without", first_json, gives_json, |args, _| {
            changed(args, |json, key| Ok(without(json, |known| known == key)))
        }),
        Scalar::new("ade_json_without_keys", first_json, gives_json, |args, _| {
            changed(args, |json, names| {
                let names = keys(names);
                Ok(without(json, |known| names.iter().any(|name| name == known)))
            })
        }),
        Scalar::new("ade_json_without_place", first_json, gives_json, |args, _| {
            changed(args, |json, index| match json {
                Json::Array(mut items) => {
                    if let Some(index) = position(index, items.len()).filter(|index| *index < items.len()) {
                        items.remove(index);
                    }
                    Ok(Json::Array(items))
                }
                other => Err(carried(
                    SqlError::new(SqlErrorKind::Data, format!("{} is no JSON array", other.written()))
                        .with_hint("a number takes an element out of an array, a text a key out of an object"),
                )),
            })
        }),
        Scalar::new("ade_json_without_path", first_json, gives_json, |args, _| {
            changed(args, |json, path| Ok(cut(json, &keys(path))))
        }),
        Scalar::new("jsonb_strip_nulls", first_json, gives_json, |args, _| {
            each_json(args, |json, _| Ok(Some(stripped(Json::parse(json)?).sorted().written())))
        }),
        Scalar::new("json_strip_nulls", first_json, gives_json, |args, _| {
            each_json(args, |json, _| Ok(Some(stripped(Json::parse(json)?).written())))
        }),
    ]
}

fn changed(args: &[ArrayRef], of: fn(Json, &str) -> Result<Json>) -> Result<ArrayRef> {
    let right = second(args)?;
    each_json(args, |json, row| {
        let Some(right) = text_at(&right, row) else { return Ok(None) };
        Ok(Some(of(Json::parse(json)?, right)?.sorted().written()))
    })
}

fn joined(left: Json, right: Json) -> Json {
    match (left, right) {
        (Json::Object(mut left), Json::Object(right)) => {
            left.extend(right);
            Json::Object(left)
        }
        (left, right) => {
            let items = |value| match value {
                Json::Array(items) => items,
                other => vec![other],
            };
            let mut all = items(left);
            all.extend(items(right));
            Json::Array(all)
        }
    }
}

/// Without these keys, or without these texts in an array.
fn without(json: Json, leaves: impl Fn(&str) -> bool) -> Json {
    match json {
        Json::Object(pairs) => Json::Object(pairs.into_iter().filter(|(key, _)| !leaves(key)).collect()),
        Json::Array(items) => {
            Json::Array(items.into_iter().filter(|item| !matches!(item, Json::Text(text) if leaves(text))).collect())
        }
        other => other,
    }
}

fn cut(json: Json, path: &[String]) -> Json {
    let Some((key, rest)) = path.split_first() else { return json };
    match json {
        Json::Object(pairs) => Json::Object(
            pairs
                .into_iter()
                .filter(|(known, _)| known != key || !rest.is_empty())
                .map(|(known, value)| if known == *key { (known, cut(value, rest)) } else { (known, value) })
                .collect(),
        ),
        Json::Array(mut items) => {
            if let Some(index) = position(key, items.len()).filter(|index| *index < items.len()) {
                if rest.is_empty() {
                    items.remove(index);
                } else {
                    let item = std::mem::replace(&mut items[index], Json::Null);
                    items[index] = cut(item, rest);
                }
            }
            Json::Array(items)
        }
        other => other,
    }
}

fn stripped(json: Json) -> Json {
    match json {
        Json::Object(pairs) => Json::Object(
            pairs
                .into_iter()
                .filter(|(_, value)| *value != Json::Null)
                .map(|(key, value)| (key, stripped(value)))
                .collect(),
        ),
        Json::Array(items) => Json::Array(items.into_iter().map(stripped).collect()),
        other => other,
    }
}
