//! Calls of functions that have another name, other arguments or no counterpart in DataFusion.

use sqlparser::ast::{
    BinaryOperator, CastKind, DataType, ExactNumberInfo, Expr, Function, FunctionArg, FunctionArgExpr,
    FunctionArgumentClause, FunctionArgumentList, FunctionArguments, Ident, ObjectName, OrderByExpr, Select,
    SelectItem, UnaryOperator,
};

use super::build::{arguments, binary, call, function_name, literal, number, place, take, text};
use super::cast::plain_cast;
use super::{regex, unsupported};
use crate::{SqlError, SqlErrorKind};

/// PostgreSQL's name and ours.
const RENAMED: &[(&str, &str)] = &[
    ("sign", "signum"),
    ("ceiling", "ceil"),
    ("every", "bool_and"),
    ("variance", "var_samp"),
    ("gen_random_uuid", "uuid"),
    ("jsonb_array_length", "json_length"),
    ("json_array_length", "json_length"),
    ("jsonb_extract_path_text", "json_as_text"),
    ("json_extract_path_text", "json_as_text"),
    ("regexp_split_to_table", "regexp_split_to_array"),
    ("string_to_table", "string_to_array"),
    ("jsonb_array_elements", "ade_jsonb_elements"),
    ("json_array_elements", "ade_json_elements"),
    ("jsonb_array_elements_text", "ade_json_elements_text"),
    ("json_array_elements_text", "ade_json_elements_text"),
    ("json_object_keys", "ade_json_keys"),
    ("array_remove", "array_remove_all"),
    ("array_replace", "array_replace_all"),
];

/// Functions of PostgreSQL that give several rows: here they give an array.
const SETS: &[&str] = &[
    "generate_series",
    "regexp_split_to_table",
    "string_to_table",
    "jsonb_array_elements",
    "json_array_elements",
    "jsonb_array_elements_text",
    "json_array_elements_text",
    "jsonb_object_keys",
    "json_object_keys",
];

/// `generate_series` where its array is wanted.
const SERIES: &str = "ade_series";

/// Marks an array that stands for rows until the select list is complete.
const ROWS: &str = "ade_rows";

/// Functions of JSON objects that give two columns.
const PAIRS: &[&str] = &["jsonb_each", "json_each", "jsonb_each_text", "json_each_text"];

/// The arrays of a function in `from` that gives several columns, with their names.
pub(super) fn arrays_of_pairs(name: &str, args: &[Expr]) -> Option<Vec<(&'static str, Expr)>> {
    if !PAIRS.contains(&name) {
        return None;
    }
    let json = args
        .iter()
        .map(|arg| if name.starts_with("jsonb") { call("ade_jsonb", vec![arg.clone()]) } else { arg.clone() });
    let json = json.collect::<Vec<_>>();
    let values = if name.ends_with("_text") { "ade_json_values_text" } else { "ade_json_values" };
    Some(vec![("key", call("ade_json_keys", json.clone())), ("value", call(values, json))])
}

/// Whether `name` gives several rows.
pub(super) fn is_set(name: &str) -> bool {
    SETS.contains(&name)
}

/// The array of what the set `name` gives.
pub(super) fn array_of_set(name: &str, args: Vec<Expr>) -> Expr {
    if name == "generate_series" {
        return call(SERIES, args);
    }
    if name == "jsonb_object_keys" {
        return call("ade_json_keys", args.into_iter().map(|arg| call("ade_jsonb", vec![arg])).collect());
    }
    let renamed = RENAMED.iter().find(|(known, _)| *known == name).map_or(name, |(_, renamed)| *renamed);
    call(renamed, args)
}

/// Functions whose result DataFusion counts without a sign, and PostgreSQL's type for it.
const COUNTS: &[(&str, DataType)] = &[
    ("row_number", DataType::BigInt(None)),
    ("rank", DataType::BigInt(None)),
    ("dense_rank", DataType::BigInt(None)),
    ("ntile", DataType::Integer(None)),
    ("cardinality", DataType::Integer(None)),
    ("array_length", DataType::Integer(None)),
    ("array_ndims", DataType::Integer(None)),
    ("array_position", DataType::Integer(None)),
    ("json_array_length", DataType::Integer(None)),
    ("jsonb_array_length", DataType::Integer(None)),
];

/// What replaces a call, or `None` when it only changed or stays.
pub(super) fn rewrite(function: &mut Function, schema: &str) -> Result<Option<Expr>, SqlError> {
    let count = function_name(function).and_then(|name| COUNTS.iter().find(|(known, _)| *known == name));
    let replaced = rewrite_name(function, schema)?;
    Ok(match count {
        Some((_, data_type)) => Some(plain_cast(
            replaced.unwrap_or_else(|| Expr::Function(function.clone())),
            data_type.clone(),
            CastKind::Cast,
        )),
        None => replaced,
    })
}

fn rewrite_name(function: &mut Function, schema: &str) -> Result<Option<Expr>, SqlError> {
    let Some(name) = function_name(function) else { return Ok(None) };
    let in_select_list = is_set(&name);
    match name.as_str() {
        SERIES => function.name = ObjectName::from(vec![Ident::new("generate_series")]),
        "concat" | "concat_ws" => texts(function),
        "percentile_disc" | "mode" if !function.within_group.is_empty() => {
            return ordered_set(&name, function).map(Some);
        }
        "json_agg" | "jsonb_agg" => return Ok(json_array(&name, function)),
        "json_object_agg" | "jsonb_object_agg" => return Ok(json_object(&name, function)),
        "json_extract_path" | "jsonb_extract_path" => {
            if let Some(args) = plain_arguments(function) {
                let inner = call("json_get_json", args.into_iter().cloned().collect());
                let to = if name.starts_with("jsonb") { "ade_jsonb" } else { "ade_json" };
                return Ok(Some(call(to, vec![inner])));
            }
        }
        "jsonb_object_keys" => {
            let args = plain_arguments(function).unwrap_or_default().into_iter().cloned().collect();
            return Ok(Some(call(ROWS, vec![array_of_set(&name, args)])));
        }
        // its type is that of JSON
        "string_agg" => return Ok(Some(call("ade_text", vec![Expr::Function(function.clone())]))),
        "date_part" => {
            if let Some([field, value]) = plain_arguments(function).as_deref()
                && let Some(field) = literal(field)
            {
                return Ok(Some(date_part(&field.to_lowercase(), (*value).clone())));
            }
        }
        "age" => {
            if let Some([moment]) = plain_arguments(function).as_deref() {
                return Ok(Some(call("age", vec![call("current_date", vec![]), (*moment).clone()])));
            }
        }
        "round" | "ceil" | "ceiling" | "floor" | "trunc" => {
            if let Some([value]) = plain_arguments(function).as_deref() {
                let whole = format!("ade_{}", name.trim_end_matches("ing"));
                return Ok(Some(call(&whole, vec![(*value).clone()])));
            }
        }
        "div" => {
            if let Some([left, right]) = plain_arguments(function).as_deref() {
                let quotient = binary((*left).clone(), BinaryOperator::Divide, (*right).clone());
                return Ok(Some(call("ade_trunc", vec![quotient])));
            }
        }
        // NULL for an array without elements
        "array_length" => {
            let length = Expr::Function(function.clone());
            return Ok(Some(call("nullif", vec![length, number(0)])));
        }
        "mod" => {
            if let Some([left, right]) = plain_arguments(function).as_deref() {
                return Ok(Some(binary((*left).clone(), BinaryOperator::Modulo, (*right).clone())));
            }
        }
        other if other.starts_with("regexp_") => regex::rewrite_call(other, function),
        "make_interval" => return Ok(make_interval(function)),
        "current_schema" => return Ok(Some(text(schema))),
        "current_database" => return Ok(Some(text("ade"))),
        other => {
            if let Some(advice) = unsupported::advice(other) {
                return Err(SqlError::new(SqlErrorKind::Unsupported, format!("there is no function {other}"))
                    .with_hint(advice)
                    .at(place(&function.name)));
            }
        }
    }
    if let Some((_, renamed)) = RENAMED.iter().find(|(known, _)| *known == name) {
        let span =
            function.name.0.first().map_or_else(sqlparser::tokenizer::Span::empty, sqlparser::ast::Spanned::span);
        function.name = ObjectName::from(vec![Ident::with_span(span, *renamed)]);
    }
    if in_select_list {
        return Ok(Some(call(ROWS, vec![Expr::Function(function.clone())])));
    }
    Ok(None)
}

fn plain_arguments(function: &Function) -> Option<Vec<&Expr>> {
    match &function.args {
        FunctionArguments::List(list) if list.clauses.is_empty() => arguments(&list.args),
        _ => None,
    }
}

/// Arguments of `make_interval`, in order.
const INTERVAL_UNITS: [(&str, &str); 7] = [
    ("years", "1 year"),
    ("months", "1 month"),
    ("weeks", "1 week"),
    ("days", "1 day"),
    ("hours", "1 hour"),
    ("mins", "1 minute"),
    ("secs", "1 second"),
];

/// `make_interval(days => 10)` is `interval '1 day' * 10`.
fn make_interval(function: &Function) -> Option<Expr> {
    let FunctionArguments::List(list) = &function.args else { return None };
    let named = |name: &Ident| INTERVAL_UNITS.iter().find(|(unit, _)| name.value.eq_ignore_ascii_case(unit));
    let mut sum: Option<Expr> = None;
    for (index, arg) in list.args.iter().enumerate() {
        let ((_, unit), value) = match arg {
            FunctionArg::Named { name, arg: FunctionArgExpr::Expr(value), .. }
            | FunctionArg::ExprNamed { name: Expr::Identifier(name), arg: FunctionArgExpr::Expr(value), .. } => {
                (named(name)?, value)
            }
            FunctionArg::Unnamed(FunctionArgExpr::Expr(value)) => (INTERVAL_UNITS.get(index)?, value),
            _ => return None,
        };
        let one = call("ade_interval", vec![text(*unit)]);
        let part = binary(one, BinaryOperator::Multiply, value.clone());
        sum = Some(match sum {
            Some(sum) => binary(sum, BinaryOperator::Plus, part),
            None => part,
        });
    }
    sum
}

/// `concat` takes any values: each as its text.
fn texts(function: &mut Function) {
    let FunctionArguments::List(list) = &mut function.args else { return };
    for arg in &mut list.args {
        if let FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) = arg
            && literal(expr).is_none()
        {
            let value = take(expr);
            *expr = call("ade_text", vec![value]);
        }
    }
}

/// `extract(field from value)`: numeric for calendar fields, so that quotients are not cut off, and double
/// precision for seconds.
pub(super) fn extract(field: &str, value: Expr) -> Expr {
    part(field, value, DataType::Numeric(ExactNumberInfo::PrecisionAndScale(10, 0)))
}

/// `date_part(field, value)`: double precision.
fn date_part(field: &str, value: Expr) -> Expr {
    part(field, value, DataType::DoublePrecision)
}

fn part(field: &str, value: Expr, whole: DataType) -> Expr {
    match field {
        "epoch" => call("ade_epoch", vec![value]),
        "second" | "seconds" => call("ade_seconds", vec![value, number(1)]),
        "millisecond" | "milliseconds" => call("ade_seconds", vec![value, number(1_000)]),
        "microsecond" | "microseconds" => call("ade_seconds", vec![value, number(1_000_000)]),
        "decade" => plain_cast(call("ade_century", vec![value, number(10)]), whole, CastKind::Cast),
        "century" => plain_cast(call("ade_century", vec![value, number(100)]), whole, CastKind::Cast),
        "millennium" => plain_cast(call("ade_century", vec![value, number(1_000)]), whole, CastKind::Cast),
        other => plain_cast(call("date_part", vec![text(other), value]), whole, CastKind::Cast),
    }
}

/// `percentile_disc(f) within group (order by x)` and `mode() within group (order by x)`: a choice from
/// the sorted array of the values.
fn ordered_set(name: &str, function: &mut Function) -> Result<Expr, SqlError> {
    let Some(order) = function.within_group.pop() else {
        return Err(SqlError::new(SqlErrorKind::Invalid, format!("{name} needs within group (order by …)")));
    };
    let value = order.expr.clone();
    let fraction = plain_arguments(function).and_then(|args| args.first().map(|arg| (*arg).clone()));
    let present = Expr::IsNotNull(Box::new(value.clone()));
    let filter = match function.filter.take() {
        Some(filter) => binary(Expr::Nested(filter), BinaryOperator::And, present),
        None => present,
    };
    let sorted = aggregate("array_agg", vec![value], Some(order), Some(Box::new(filter)));
    Ok(match (name, fraction) {
        ("percentile_disc", Some(Expr::Function(array))) if function_name(&array).as_deref() == Some("make_array") => {
            let error = SqlError::new(SqlErrorKind::Unsupported, "percentile_disc takes one fraction, not an array");
            return Err(error.with_hint("call it once for each fraction").at(place(&array.name)));
        }
        ("percentile_disc", Some(fraction)) => call("ade_pick", vec![sorted, fraction]),
        ("percentile_disc", None) => {
            return Err(SqlError::new(SqlErrorKind::Invalid, "percentile_disc takes a fraction from 0 to 1"));
        }
        _ => call("ade_most_common", vec![sorted]),
    })
}

fn aggregate(name: &str, args: Vec<Expr>, order: Option<OrderByExpr>, filter: Option<Box<Expr>>) -> Expr {
    let Expr::Function(mut function) = call(name, args) else { return number(0) };
    if let (FunctionArguments::List(list), Some(order)) = (&mut function.args, order) {
        list.clauses.push(FunctionArgumentClause::OrderBy(vec![order]));
    }
    function.filter = filter;
    Expr::Function(function)
}

/// `json_agg(x …)` is the texts of the elements, joined.
fn json_array(name: &str, function: &mut Function) -> Option<Expr> {
    let FunctionArguments::List(list) = &mut function.args else { return None };
    let [FunctionArg::Unnamed(FunctionArgExpr::Expr(value))] = list.args.as_mut_slice() else { return None };
    let element = call("ade_json_element", vec![take(value)]);
    let to = if name == "json_agg" { "ade_json_array" } else { "ade_jsonb_array" };
    Some(call(to, vec![joined(function, element)]))
}

fn json_object(name: &str, function: &mut Function) -> Option<Expr> {
    let FunctionArguments::List(list) = &mut function.args else { return None };
    let [FunctionArg::Unnamed(FunctionArgExpr::Expr(key)), FunctionArg::Unnamed(FunctionArgExpr::Expr(value))] =
        list.args.as_mut_slice()
    else {
        return None;
    };
    let pair = call("ade_json_pair", vec![take(key), take(value)]);
    let to = if name == "json_object_agg" { "ade_json_object" } else { "ade_jsonb_object" };
    Some(call(to, vec![joined(function, pair)]))
}

/// `string_agg(element, ', ' …)` with the clauses that `function` has.
fn joined(function: &mut Function, element: Expr) -> Expr {
    let mut aggregate = function.clone();
    aggregate.name = ObjectName::from(vec![Ident::new("string_agg")]);
    if let FunctionArguments::List(list) = &mut aggregate.args {
        *list = FunctionArgumentList {
            duplicate_treatment: list.duplicate_treatment,
            args: vec![
                FunctionArg::Unnamed(FunctionArgExpr::Expr(element)),
                FunctionArg::Unnamed(FunctionArgExpr::Expr(text(", "))),
            ],
            clauses: std::mem::take(&mut list.clauses),
        };
    }
    Expr::Function(aggregate)
}

/// A set function that is an output column of its own gives rows; elsewhere it stays an array.
pub(super) fn unnest_in_outputs(select: &mut Select) {
    for item in &mut select.projection {
        let (SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }) = item else { continue };
        unmark(expr, "unnest");
    }
}

fn unmark(expr: &mut Expr, to: &str) {
    match expr {
        Expr::Function(function) if function_name(function).as_deref() == Some(ROWS) => {
            function.name = ObjectName::from(vec![Ident::new(to)]);
        }
        Expr::Nested(inner)
        | Expr::UnaryOp { op: UnaryOperator::Plus, expr: inner }
        | Expr::Cast { expr: inner, .. } => unmark(inner, to),
        Expr::BinaryOp { left, right, .. } => {
            unmark(left, to);
            unmark(right, to);
        }
        Expr::Function(function) => {
            if let FunctionArguments::List(list) = &mut function.args {
                for arg in &mut list.args {
                    if let FunctionArg::Unnamed(FunctionArgExpr::Expr(inner)) = arg {
                        unmark(inner, to);
                    }
                }
            }
        }
        _ => {}
    }
}
