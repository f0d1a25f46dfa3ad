//! JSON as PostgreSQL's operators and functions see it. Steps with plain keys go through
//! `datafusion-functions-json`, which does not build a tree; the rest is here.

mod build;
mod cast;
mod edit;
mod look;

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, LargeStringBuilder, StringArray, StringViewBuilder};
use arrow::datatypes::DataType;
use datafusion::common::{DataFusionError, Result};

use super::scalar::{Scalar, is_text, text_at, text_of};
use crate::json::JSON;
use crate::planning::carried;
use crate::{SqlError, SqlErrorKind, type_name};

/// Casts, paths, containment, elements, changes, and values as JSON.
pub(super) fn all() -> Vec<Scalar> {
    [cast::all(), look::all(), edit::all(), build::all()].into_iter().flatten().collect()
}

fn gives_json(_: &[DataType]) -> Result<DataType> {
    Ok(JSON)
}

/// JSON, or text that is JSON, as the first argument; the others as text.
fn first_json(types: &[DataType]) -> Result<Vec<DataType>> {
    let mut coerced = vec![DataType::Utf8; types.len()];
    match types.first() {
        Some(first) if is_text(first) => coerced[0] = first.clone(),
        Some(DataType::Null) | None => {}
        Some(other) => return Err(no_json(other)),
    }
    Ok(coerced)
}

fn no_json(data_type: &DataType) -> DataFusionError {
    carried(
        SqlError::new(SqlErrorKind::Invalid, format!("{} is no JSON", type_name(data_type)))
            .with_hint("to_jsonb(x) makes JSON of a value"),
    )
}

/// Texts with an answer of `of` for each.
fn each(args: &[ArrayRef], of: impl Fn(&str, usize) -> Result<Option<String>>) -> Result<ArrayRef> {
    let texts = text_of(&args[0])?;
    let mut builder = StringViewBuilder::with_capacity(texts.len());
    for row in 0..texts.len() {
        builder.append_option(match text_at(&texts, row) {
            Some(text) => of(text, row)?,
            None => None,
        });
    }
    Ok(Arc::new(builder.finish()))
}

/// JSON with an answer of `of` for each.
fn each_json(args: &[ArrayRef], of: impl Fn(&str, usize) -> Result<Option<String>>) -> Result<ArrayRef> {
    let texts = text_of(&args[0])?;
    let mut builder = LargeStringBuilder::new();
    for row in 0..texts.len() {
        builder.append_option(match text_at(&texts, row) {
            Some(text) => of(text, row)?,
            None => None,
        });
    }
    Ok(Arc::new(builder.finish()))
}

/// The second argument as text.
fn second(args: &[ArrayRef]) -> Result<StringArray> {
    text_of(&args[1])
}

/// The keys of `{a,b,0}`.
fn keys(path: &str) -> Vec<String> {
    let inner = path.trim().trim_start_matches('{').trim_end_matches('}');
    if inner.is_empty() {
        return Vec::new();
    }
    inner.split(',').map(|key| key.trim().trim_matches('"').to_owned()).collect()
}

/// A position in an array; negative ones count from the end.
fn position(key: &str, length: usize) -> Option<usize> {
    let index = key.parse::<i64>().ok()?;
    let length = i64::try_from(length).ok()?;
    usize::try_from(if index < 0 { length + index } else { index }).ok()
}
