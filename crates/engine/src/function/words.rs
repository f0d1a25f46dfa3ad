//! Functions of text that DataFusion has not got.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListBuilder, StringViewBuilder};
use arrow::compute::kernels::concat_elements::concat_elements_string_view_array;
use arrow::datatypes::{DataType, Field};
use datafusion::common::{DataFusionError, Result};
use regex::Regex;

use super::capped::refuse_batch;
use super::scalar::{Scalar, all_text, any, gives_text, text_at, text_of};
use super::size;
use crate::planning::carried;
use crate::{SqlError, SqlErrorKind, json, postgres, text, type_name};

/// Quoting, `format`, regular expressions, `pg_typeof`.
pub(super) fn all() -> Vec<Scalar> {
    let gives_texts = |_: &[DataType]| Ok(DataType::List(Arc::new(Field::new_list_field(DataType::Utf8View, true))));
    vec![
        Scalar::new("quote_literal", all_text, gives_text, |args, _| {
            each(args, |text| Some(quote_literal(text)), None)
        }),
        Scalar::new("quote_nullable", all_text, gives_text, |args, _| {
            each(args, |text| Some(quote_literal(text)), Some("NULL"))
        }),
        Scalar::new("quote_ident", all_text, gives_text, |args, _| each(args, |text| Some(quote_ident(text)), None)),
        Scalar::new("format", any, gives_text, |args, _| format(args)),
        Scalar::new("ade_similar_pattern", all_text, gives_text, |args, _| {
            each(args, |text| Some(postgres::pattern::similar_to_regex(text, '\\')), None)
        }),
        Scalar::new("ade_concat", all_views, gives_text, |args, _| {
            let bytes = |array: &ArrayRef| (0..array.len()).map(|row| size::text_size(array, row)).sum::<u64>();
            refuse_batch("||", bytes(&args[0]) + bytes(&args[1]))?;
            Ok(Arc::new(concat_elements_string_view_array(args[0].as_string_view(), args[1].as_string_view())?))
        }),
        Scalar::new("ade_regex", all_text, gives_text, |args, _| {
            let flags = text_of(&args[1])?;
            let texts = text_of(&args[0])?;
            let mut builder = StringViewBuilder::with_capacity(texts.len());
            for row in 0..texts.len() {
                builder.append_option(match (text_at(&flags, row), text_at(&texts, row)) {
                    (Some(flags), Some(pattern)) => Some(format!("{flags}{}", postgres::regex::escapes(pattern))),
                    _ => None,
                });
            }
            Ok(Arc::new(builder.finish()))
        }),
        Scalar::new("ade_replacement", all_text, gives_text, |args, _| {
            each(args, |text| Some(postgres::regex::replacement(text)), None)
        }),
        Scalar::new("regexp_split_to_array", all_text, gives_texts, |args, _| split(args)),
        Scalar::new("regexp_substr", all_text, gives_text, |args, _| substring(args)),
        Scalar::new("pg_typeof", any, gives_text, |args, _| {
            let name = match type_name(args[0].data_type()).as_str() {
                _ if json::is_json(args[0].data_type()) => "jsonb".to_owned(),
                "varchar" => "text".to_owned(),
                "double" => "double precision".to_owned(),
                "timestamp" => "timestamp without time zone".to_owned(),
                "timestamptz" => "timestamp with time zone".to_owned(),
                other => other.split('(').next().unwrap_or(other).to_owned(),
            };
            let mut builder = StringViewBuilder::new();
            (0..args[0].len()).for_each(|_| builder.append_value(&name));
            Ok(Arc::new(builder.finish()))
        }),
    ]
}

fn all_views(types: &[DataType]) -> Result<Vec<DataType>> {
    Ok(vec![DataType::Utf8View; types.len()])
}

fn each(args: &[ArrayRef], of: fn(&str) -> Option<String>, null: Option<&str>) -> Result<ArrayRef> {
    let texts = text_of(&args[0])?;
    let mut builder = StringViewBuilder::with_capacity(texts.len());
    for row in 0..texts.len() {
        match text_at(&texts, row) {
            Some(text) => builder.append_option(of(text)),
            None => builder.append_option(null),
        }
    }
    Ok(Arc::new(builder.finish()))
}

fn quote_literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if text.contains('\\') { format!("E'{}'", quoted.replace('\\', "\\\\")) } else { format!("'{quoted}'") }
}

fn quote_ident(text: &str) -> String {
    let plain = text.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if plain { text.to_owned() } else { format!("\"{}\"", text.replace('"', "\"\"")) }
}

/// `%s`, `%I`, `%L` and `%%`, in order.
fn format(args: &[ArrayRef]) -> Result<ArrayRef> {
    let Some((patterns, values)) = args.split_first() else {
        return Err(DataFusionError::Plan("format takes a text and its values".to_owned()));
    };
    let patterns = text_of(patterns)?;
    let mut builder = StringViewBuilder::with_capacity(patterns.len());
    for row in 0..patterns.len() {
        let Some(pattern) = text_at(&patterns, row) else {
            builder.append_null();
            continue;
        };
        let mut out = String::new();
        let mut values = values.iter();
        let mut chars = pattern.chars();
        while let Some(c) = chars.next() {
            if c != '%' {
                out.push(c);
                continue;
            }
            let kind = chars.next();
            if kind == Some('%') {
                out.push('%');
                continue;
            }
            let value = values
                .next()
                .ok_or_else(|| DataFusionError::Execution("format: there are too few values".to_owned()))?;
            let null = text::is_null(value.as_ref(), row);
            let mut written = String::new();
            text::write_value(value.as_ref(), row, &mut written)?;
            match kind {
                Some('s') => out.push_str(&written),
                Some('I') => out.push_str(&quote_ident(&written)),
                Some('L') if null => out.push_str("NULL"),
                Some('L') => out.push_str(&quote_literal(&written)),
                _ => return Err(DataFusionError::Execution("format knows %s, %I, %L and %%".to_owned())),
            }
        }
        builder.append_value(&out);
    }
    Ok(Arc::new(builder.finish()))
}

/// The last expression that was compiled: it is the same one in nearly all rows.
#[derive(Default)]
struct Compiled(Option<(String, Regex)>);

impl Compiled {
    fn get(&mut self, pattern: &str, flags: &str) -> Result<&Regex> {
        let key = postgres::regex::inline(flags) + &postgres::regex::escapes(pattern);
        if self.0.as_ref().is_none_or(|(known, _)| *known != key) {
            let regex = Regex::new(&key).map_err(|error| {
                carried(
                    SqlError::new(SqlErrorKind::Data, format!("\"{pattern}\" is no regular expression: {error}"))
                        .with_hint("there are no look-around and no references inside the expression"),
                )
            })?;
            return Ok(&self.0.insert((key, regex)).1);
        }
        self.0.as_ref().map(|(_, regex)| regex).ok_or_else(|| DataFusionError::Internal("no expression".to_owned()))
    }
}

fn flags(args: &[ArrayRef]) -> Result<Option<arrow::array::StringArray>> {
    args.get(2).map(text_of).transpose()
}

fn split(args: &[ArrayRef]) -> Result<ArrayRef> {
    let (texts, patterns, flags) = (text_of(&args[0])?, text_of(&args[1])?, flags(args)?);
    let mut compiled = Compiled::default();
    let mut builder = ListBuilder::new(StringViewBuilder::new());
    for row in 0..texts.len() {
        let (Some(text), Some(pattern)) = (text_at(&texts, row), text_at(&patterns, row)) else {
            builder.append_null();
            continue;
        };
        let regex = compiled.get(pattern, flags.as_ref().and_then(|flags| text_at(flags, row)).unwrap_or(""))?;
        regex.split(text).for_each(|part| builder.values().append_value(part));
        builder.append(true);
    }
    Ok(Arc::new(builder.finish()))
}

/// The first match.
fn substring(args: &[ArrayRef]) -> Result<ArrayRef> {
    let (texts, patterns) = (text_of(&args[0])?, text_of(&args[1])?);
    let mut compiled = Compiled::default();
    let mut builder = StringViewBuilder::with_capacity(texts.len());
    for row in 0..texts.len() {
        builder.append_option(match (text_at(&texts, row), text_at(&patterns, row)) {
            // as substring(text from pattern): the first group when there is one
            (Some(text), Some(pattern)) => compiled
                .get(pattern, "")?
                .captures(text)
                .and_then(|found| found.get(1).or_else(|| found.get(0)))
                .map(|found| found.as_str().to_owned()),
            _ => None,
        });
    }
    Ok(Arc::new(builder.finish()))
}
