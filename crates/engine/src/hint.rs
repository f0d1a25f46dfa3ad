//! Messages that come from below, in words for the person who wrote the SQL.

use crate::postgres::TIME_BESIDE_NUMBER;
use crate::suggest::closest;
use crate::{SqlError, SqlErrorKind, wrong_types};

/// Parts of messages and the advice that goes with them.
const HINTS: &[(&str, &str)] = &[
    ("Cannot cast string", "look at the rows with a regular expression, or use try_cast(… as …) to get NULL there"),
    ("Cannot parse", "look at the rows with a regular expression, or use try_cast(… as …) to get NULL there"),
    ("must appear in the GROUP BY clause", "add it to group by, or wrap it in an aggregate such as max()"),
    ("Invalid function 'ade_rows'", "write it in the select list or in from"),
];

/// How a message begins about outputs of one name.
pub(crate) const SAME_NAMES: &str = "two columns are called";

/// Messages that say nothing to a user, with what they mean and what to do.
const REWORDED: &[(&str, &str, &str)] = &[
    (
        TIME_BESIDE_NUMBER,
        "a point in time cannot be compared with a number",
        "a date stands in quotes: '2026-01-31'; without them that is a subtraction",
    ),
    (
        "OuterReferenceColumn",
        "this correlated subquery cannot be planned",
        "correlate it with = in its where, or join and use row_number() over (partition by …) or distinct on",
    ),
    (
        "Conflicting ordering requirements in aggregate functions",
        "aggregates with different orders stand in one select",
        "give them the same order by, or compute them in two subqueries and join these",
    ),
    (
        "does not support logical expression ScalarSubquery",
        "this correlated subquery cannot be planned",
        "correlate it with = in its where, or join and use row_number() over (partition by …) or distinct on",
    ),
    (
        "does not support logical expression InSubquery",
        "this in (select …) cannot be planned",
        "left join the subquery and test whether its column is null",
    ),
    (
        "does not support logical expression Exists",
        "this test of a subquery (exists, any, all) cannot be planned",
        "left join the subquery and test whether its column is null",
    ),
    (
        "In/Exist/SetComparison subquery can only be used in",
        "a test of a subquery (in, exists, any, all) cannot stand here",
        "write it in the select list under a name, and use the name: order by name",
    ),
    (
        "Invalid function 'ade_rows'",
        "a function that gives rows cannot stand here",
        "write it in the select list or in from",
    ),
];

/// `error` in plain words, with the hint for its message when there is one and it has none.
pub(crate) fn for_message(mut error: SqlError) -> SqlError {
    for (part, message, hint) in REWORDED {
        if error.message.contains(part) {
            error.kind = SqlErrorKind::Unsupported;
            (*message).clone_into(&mut error.message);
            return error.with_hint(*hint);
        }
    }
    if let Some((_, rest)) = error.message.split_once("require unique expression names but the expression \"") {
        let name = rest.split('"').next().unwrap_or(rest);
        error.kind = SqlErrorKind::Invalid;
        let name = name.rsplit(" AS ").next().and_then(|name| name.rsplit('.').next()).unwrap_or(name);
        error.message = format!("{SAME_NAMES} {name}");
        return error.with_hint("give one of them another name with `as`");
    }
    if error.message == "TOP" {
        error.kind = SqlErrorKind::Unsupported;
        "`top` is not SQL of PostgreSQL".clone_into(&mut error.message);
        return error.with_hint("write `limit 5` at the end of the query");
    }
    if let Some(wrong) = wrong_types::in_message(&error.message) {
        error.kind = SqlErrorKind::Invalid;
        error.message = wrong.message;
        return error.with_hint(wrong.hint);
    }
    error.message = plain(&error.message);
    // an error of ours that came through as text
    if let Some((message, hint)) = error.message.split_once("\nhint: ") {
        let (message, hint) = (message.to_owned(), hint.to_owned());
        error.message = message;
        return error.with_hint(hint);
    }
    if error.hint.is_some() {
        return error;
    }
    match HINTS.iter().find(|(part, _)| error.message.contains(part)) {
        Some((_, hint)) => error.with_hint(*hint),
        None => error,
    }
}

/// The part of a message that says something: no names of layers, no lists of signatures.
fn plain(message: &str) -> String {
    const LAYERS: [&str; 6] = [
        "Execution error: ",
        "Error during planning: ",
        "Arrow error: ",
        "External error: ",
        "Column in SELECT must be in GROUP BY or an aggregate function: ",
        "While expanding wildcard, ",
    ];
    const TAILS: [&str; 5] = [
        " No function matches the given name",
        " You might need to add explicit type casts",
        "\n\tCandidate functions",
        ", currently only \"",
        "\nbacktrace:",
    ];
    let mut text = message;
    for tail in TAILS {
        text = text.split(tail).next().unwrap_or(text);
    }
    if let Some((_, inner)) = text.split_once("user-defined coercion failed with: ") {
        text = inner;
    }
    loop {
        let before = text;
        for layer in LAYERS {
            text = text.strip_prefix(layer).unwrap_or(text);
        }
        if text == before {
            break;
        }
    }
    in_sql_words(text.trim_end_matches(['.', ' ']))
}

/// `to value of Int32 type` → `to integer`.
fn in_sql_words(message: &str) -> String {
    const TYPES: [(&str, &str); 10] = [
        ("Int16", "smallint"),
        ("Int32", "integer"),
        ("Int64", "bigint"),
        ("Float32", "real"),
        ("Float64", "double precision"),
        ("Boolean", "boolean"),
        ("Date32", "date"),
        ("Utf8", "text"),
        ("Utf8View", "text"),
        ("LargeUtf8", "text"),
    ];
    let Some((before, rest)) = message.split_once("to value of ") else { return message.to_owned() };
    let Some((arrow, after)) = rest.split_once(" type") else { return message.to_owned() };
    match TYPES.iter().find(|(name, _)| *name == arrow) {
        Some((_, sql)) => format!("{before}to {sql}{after}"),
        None => message.to_owned(),
    }
}

/// An error about a function that does not exist, with the nearest name of those that do.
pub(crate) fn for_function<'a>(error: SqlError, names: impl IntoIterator<Item = &'a str>) -> SqlError {
    let Some(name) = error.message.strip_prefix("Invalid function '").and_then(|rest| rest.split('\'').next()) else {
        return error;
    };
    let near = closest(name, names.into_iter().filter(|name| !name.starts_with("ade_")));
    let unknown = SqlError::new(SqlErrorKind::Unknown, format!("there is no function {name}")).at(error.position);
    match near {
        Some(near) => unknown.with_hint(format!("did you mean {near}?")),
        None => unknown,
    }
}
