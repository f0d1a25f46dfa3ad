//! Casts to JSON: what is no JSON is refused, `jsonb` gets PostgreSQL's normal form.

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::datatypes::DataType;
use datafusion::common::Result;

use super::{each_json, gives_json, no_json};
use crate::function::scalar::{Scalar, is_text};
use crate::json::{JSON, Json, is_json};

/// `x::json`, `x::jsonb`, what `try_cast` makes of them, and the form in which equal values are equal texts.
pub(super) fn all() -> Vec<Scalar> {
    vec![
        Scalar::new("ade_json", text_or_json, gives_json, |args, _| to_json(args)),
        Scalar::new("ade_jsonb", text_or_json, gives_json, |args, _| {
            each_json(args, |text, _| Ok(Some(Json::parse(text)?.sorted().written())))
        }),
        Scalar::new("ade_try_json", text_or_json, gives_json, |args, _| {
            each_json(args, |text, _| Ok(Json::try_parse(text).ok().map(|_| text.to_owned())))
        }),
        Scalar::new("ade_try_jsonb", text_or_json, gives_json, |args, _| {
            each_json(args, |text, _| Ok(Json::try_parse(text).ok().map(|value| value.sorted().written())))
        }),
        Scalar::new("ade_json_key", text_or_json, gives_json, |args, _| {
            each_json(args, |text, _| Ok(Some(Json::parse(text)?.comparable().written())))
        }),
    ]
}

fn text_or_json(types: &[DataType]) -> Result<Vec<DataType>> {
    match &types[0] {
        data_type if is_text(data_type) => Ok(types.to_vec()),
        DataType::Null => Ok(vec![JSON]),
        other => Err(no_json(other)),
    }
}

/// The text as it is.
fn to_json(args: &[ArrayRef]) -> Result<ArrayRef> {
    if is_json(args[0].data_type()) {
        return Ok(Arc::clone(&args[0]));
    }
    each_json(args, |text, _| Json::parse(text).map(|_| Some(text.to_owned())))
}
