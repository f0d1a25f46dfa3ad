//! Errors of the parser and of DataFusion as [`SqlError`]s.
//!
//! DataFusion wraps an error in the names of its own layers ("Error during planning: ",
//! "External error: "). Users see the innermost message, the place when a span is known, and a hint.

use arrow::error::ArrowError;
use datafusion::common::{Column, DataFusionError, Diagnostic, SchemaError};
use sqlparser::parser::ParserError;
use sqlparser::tokenizer::TokenWithSpan;

use crate::suggest::closest;
use crate::{SqlError, SqlErrorKind, SqlPosition};

/// A statement that is not SQL. The parser writes the place at the end of its message.
pub(crate) fn from_parser(text: &str, tokens: &[TokenWithSpan], error: ParserError) -> SqlError {
    let (message, place) = match error {
        ParserError::TokenizerError(message) | ParserError::ParserError(message) => split_place(message),
        ParserError::RecursionLimitExceeded => {
            return SqlError::new(SqlErrorKind::Syntax, "the statement nests too deep")
                .with_hint("split it into common table expressions or models");
        }
    };
    let position = match place {
        Some(place) => SqlPosition::from_lines(text, place, None),
        None => Some(SqlPosition::from_offset(text, text.trim_end().len(), 0)),
    };
    let message = message.strip_prefix("sql parser error: ").unwrap_or(&message).to_owned();
    let message = lower_first(&message.replace(", found: EOF", ", found the end of the statement"));
    let mut error = SqlError::new(SqlErrorKind::Syntax, message).at(position);
    if let Some(hint) = syntax_hint(text, tokens, position) {
        error = error.with_hint(hint);
    }
    error
}

/// Words that a statement may begin with.
const STARTS: [&str; 7] = ["select", "with", "values", "explain", "show", "describe", "from"];

fn syntax_hint(text: &str, tokens: &[TokenWithSpan], position: Option<SqlPosition>) -> Option<String> {
    let word = position.and_then(|place| text.get(place.offset..place.offset + place.length))?;
    if word.eq_ignore_ascii_case("exclude") {
        let hint = "frames have no exclude: sum(x) over (…) - x leaves the row itself out";
        return Some(hint.to_owned());
    }
    if word.starts_with('`') {
        return Some("names are quoted with double quotes".to_owned());
    }
    let first = tokens.iter().find_map(|token| match &token.token {
        sqlparser::tokenizer::Token::Word(word) => Some(word.value.to_lowercase()),
        _ => None,
    })?;
    if !STARTS.contains(&first.as_str()) {
        return closest(&first, STARTS).map(|start| format!("did you mean {start}?"));
    }
    None
}

fn split_place(message: String) -> (String, Option<(u64, u64)>) {
    let Some(start) = message.rfind(" at Line: ") else { return (message, None) };
    let mut numbers = message[start..].split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty());
    let place = match (numbers.next().and_then(|n| n.parse().ok()), numbers.next().and_then(|n| n.parse().ok())) {
        (Some(line), Some(column)) => Some((line, column)),
        _ => None,
    };
    (message[..start].to_owned(), place)
}

/// A statement that could not be planned.
pub(crate) fn from_planning(text: &str, error: DataFusionError) -> SqlError {
    let mut diagnostic = None;
    let error = translate(error, &mut diagnostic);
    let place = diagnostic.as_ref().and_then(|diagnostic: &Diagnostic| {
        let span = diagnostic.span?;
        SqlPosition::from_lines(text, (span.start.line, span.start.column), Some((span.end.line, span.end.column)))
    });
    let place = place.or_else(|| of_call(text, &error));
    quoted_text(text, error).at(place)
}

/// The only call of the function that an error is about.
fn of_call(sql: &str, error: &SqlError) -> Option<SqlPosition> {
    let (name, _) = error.message.split_once(" does not take ")?;
    let text = sql.to_ascii_lowercase();
    let is_call = |at: &usize| {
        let is_word = text[..*at].ends_with(|before: char| before.is_alphanumeric() || before == '_');
        !is_word && text[at + name.len()..].trim_start().starts_with('(')
    };
    let mut calls = text.match_indices(name).map(|(at, _)| at).filter(is_call);
    let at = calls.next().filter(|_| calls.next().is_none())?;
    Some(SqlPosition::from_offset(sql, at, name.len()))
}

/// `where status = "open"`: whoever comes from elsewhere means the text.
fn quoted_text(sql: &str, error: SqlError) -> SqlError {
    let is_name = |name: &str| sql.contains(&format!("\"{name}\""));
    let lists_columns = error.hint.as_deref().is_none_or(|hint| hint.starts_with("columns here"));
    match error.message.strip_prefix("there is no column ") {
        Some(name) if error.kind == SqlErrorKind::Unknown && lists_columns && is_name(name) => {
            let hint = format!("double quotes are for names; a text stands in single quotes: '{name}'");
            error.with_hint(hint)
        }
        _ => error,
    }
}

/// A query that failed while it ran.
pub(crate) fn from_execution(error: DataFusionError) -> SqlError {
    translate(error, &mut None)
}

fn translate(error: DataFusionError, diagnostic: &mut Option<Diagnostic>) -> SqlError {
    match error {
        DataFusionError::Diagnostic(found, inner) => {
            // the innermost place is the most exact one
            let outer = *found;
            let error = translate(*inner, diagnostic);
            if diagnostic.is_none() {
                *diagnostic = Some(outer);
            }
            error
        }
        DataFusionError::Context(_, inner) => translate(*inner, diagnostic),
        DataFusionError::Shared(inner) => match std::sync::Arc::try_unwrap(inner) {
            Ok(inner) => translate(inner, diagnostic),
            Err(shared) => borrowed(&shared),
        },
        DataFusionError::Collection(errors) => match errors.into_iter().next() {
            Some(first) => translate(first, diagnostic),
            None => SqlError::new(SqlErrorKind::Failed, "the query failed without a reason"),
        },
        DataFusionError::External(inner) => match inner.downcast::<SqlError>() {
            Ok(error) => *error,
            Err(inner) => match inner.downcast::<DataFusionError>() {
                Ok(error) => translate(*error, diagnostic),
                Err(inner) => SqlError::new(SqlErrorKind::Failed, inner.to_string()),
            },
        },
        DataFusionError::ArrowError(inner, _) => match *inner {
            ArrowError::ExternalError(inner) => translate(DataFusionError::External(inner), diagnostic),
            other => from_arrow(&other),
        },
        DataFusionError::SchemaError(inner, _) => from_schema(*inner),
        DataFusionError::ParquetError(inner) => SqlError::new(SqlErrorKind::Failed, inner.to_string()),
        other => borrowed(&other),
    }
}

fn borrowed(error: &DataFusionError) -> SqlError {
    let kind = match error {
        DataFusionError::NotImplemented(_) => SqlErrorKind::Unsupported,
        DataFusionError::Plan(_) | DataFusionError::Configuration(_) | DataFusionError::SchemaError(..) => {
            SqlErrorKind::Invalid
        }
        DataFusionError::Execution(_) => SqlErrorKind::Data,
        DataFusionError::ResourcesExhausted(_) => SqlErrorKind::Limit,
        _ => SqlErrorKind::Failed,
    };
    let message = match error {
        DataFusionError::NotImplemented(message)
        | DataFusionError::Plan(message)
        | DataFusionError::Execution(message)
        | DataFusionError::ResourcesExhausted(message)
        | DataFusionError::Configuration(message)
        | DataFusionError::Internal(message) => message.clone(),
        other => other.strip_backtrace(),
    };
    let error = SqlError::new(kind, message);
    match kind {
        SqlErrorKind::Limit => error.with_hint("give ade more memory, or let it spill, or split the query into models"),
        _ => crate::hint::for_message(error),
    }
}

fn from_arrow(error: &ArrowError) -> SqlError {
    match error {
        ArrowError::DivideByZero => {
            SqlError::new(SqlErrorKind::Data, "division by zero").with_hint("write a / nullif(b, 0) to get NULL there")
        }
        ArrowError::CastError(message)
        | ArrowError::ParseError(message)
        | ArrowError::ComputeError(message)
        | ArrowError::ArithmeticOverflow(message)
        | ArrowError::InvalidArgumentError(message) => {
            crate::hint::for_message(SqlError::new(SqlErrorKind::Data, message.clone()))
        }
        other => SqlError::new(SqlErrorKind::Failed, other.to_string()),
    }
}

fn from_schema(error: SchemaError) -> SqlError {
    match error {
        SchemaError::FieldNotFound { field, valid_fields } => {
            let error = SqlError::new(SqlErrorKind::Unknown, format!("there is no column {}", shown(&field)));
            let names = valid_fields.iter().map(shown).collect::<Vec<_>>();
            match column_hint(&field, &valid_fields) {
                Some(hint) => error.with_hint(hint),
                None if names.is_empty() => error,
                None => error.with_hint(format!("columns here: {}", shorten(&names))),
            }
        }
        SchemaError::AmbiguousReference { field } => {
            SqlError::new(SqlErrorKind::Invalid, format!("column {} is in more than one table here", shown(&field)))
                .with_hint("put the table's name or alias and a dot before it")
        }
        SchemaError::DuplicateQualifiedField { qualifier, name } => {
            SqlError::new(SqlErrorKind::Invalid, format!("column {name} of {qualifier} appears twice"))
                .with_hint("give one of them another name with `as`")
        }
        SchemaError::DuplicateUnqualifiedField { name } => {
            SqlError::new(SqlErrorKind::Invalid, format!("column {name} appears twice"))
                .with_hint("give one of them another name with `as`")
        }
    }
}

fn shown(column: &Column) -> String {
    match &column.relation {
        Some(relation) => format!("{}.{}", relation.table(), column.name),
        None => column.name.clone(),
    }
}

fn column_hint(field: &Column, valid: &[Column]) -> Option<String> {
    let same_letters = valid.iter().find(|column| column.name.eq_ignore_ascii_case(&field.name));
    if let Some(column) = same_letters
        && column.name != field.name
    {
        // What has capitals stood in quotes: without them it would be lower case here.
        let is_quoted = field.name.chars().any(char::is_uppercase);
        return Some(if is_quoted && !column.name.chars().any(char::is_uppercase) {
            format!("names in quotes are taken as they stand: write {}, without capitals", column.name)
        } else {
            format!("names without quotes are lower case: write \"{}\"", column.name)
        });
    }
    if let Some(column) = same_letters {
        return Some(format!("did you mean {}?", shown(column)));
    }
    let close = closest(&field.name, valid.iter().map(|column| column.name.as_str()))?;
    let column = valid.iter().find(|column| column.name == close)?;
    let with_table = field.relation.is_some();
    Some(format!("did you mean {}?", if with_table { shown(column) } else { column.name.clone() }))
}

fn shorten(names: &[String]) -> String {
    const SHOWN: usize = 12;
    let mut text = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN {
        text.push_str(", …");
    }
    text
}

fn lower_first(message: &str) -> String {
    let mut chars = message.chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => String::new(),
    }
}
