//! Jinja's tests: `value is name`.

use ade_diagnostic::{did_you_mean, rule};

use crate::template::interpret::{Args, Outcome, Raise};
use crate::template::syntax::ast::CompareOp;
use crate::template::value::Value;

const TESTS: [&str; 31] = [
    "boolean",
    "callable",
    "defined",
    "divisibleby",
    "eq",
    "equalto",
    "even",
    "false",
    "float",
    "ge",
    "greaterthan",
    "gt",
    "in",
    "integer",
    "iterable",
    "le",
    "lessthan",
    "lower",
    "lt",
    "mapping",
    "ne",
    "none",
    "number",
    "odd",
    "sameas",
    "sequence",
    "string",
    "true",
    "undefined",
    "upper",
    "==",
];

/// Whether a value passes a test.
pub(crate) fn test(name: &str, value: &Value, args: &Args) -> Outcome<bool> {
    let other = || {
        args.positional
            .first()
            .cloned()
            .ok_or_else(|| Raise::plain(format!("the test `{name}` needs a value to compare with")))
    };
    let compare = |op: CompareOp| value.compare(op, &other()?).map_err(Raise::plain);
    let whole = || {
        value
            .as_int()
            .ok_or_else(|| Raise::plain(format!("the test `{name}` takes an integer, not {}", value.type_name())))
    };
    Ok(match name {
        "defined" => !value.is_undefined(),
        "undefined" => value.is_undefined(),
        "none" => matches!(value, Value::None),
        "boolean" => matches!(value, Value::Bool(_)),
        "true" => matches!(value, Value::Bool(true)),
        "false" => matches!(value, Value::Bool(false)),
        "integer" => matches!(value, Value::Int(_)),
        "float" => matches!(value, Value::Float(_)),
        "number" => matches!(value, Value::Int(_) | Value::Float(_) | Value::Bool(_)),
        "string" => matches!(value, Value::Str(_)),
        "mapping" => matches!(value, Value::Dict(_)),
        "sequence" => matches!(value, Value::List(_) | Value::Tuple(_) | Value::Str(_) | Value::Dict(_)),
        "iterable" => value.items().is_some(),
        "callable" => matches!(value, Value::Function(_)),
        "sameas" => {
            matches!((value, &other()?), (Value::None, Value::None))
                || (value.type_name() == other()?.type_name() && value.equals(&other()?))
        }
        "eq" | "equalto" | "==" => compare(CompareOp::Eq)?,
        "ne" | "!=" => compare(CompareOp::Ne)?,
        "lt" | "lessthan" | "<" => compare(CompareOp::Lt)?,
        "le" | "<=" => compare(CompareOp::Le)?,
        "gt" | "greaterthan" | ">" => compare(CompareOp::Gt)?,
        "ge" | ">=" => compare(CompareOp::Ge)?,
        "in" => compare(CompareOp::In)?,
        "odd" => whole()? % 2 != 0,
        "even" => whole()? % 2 == 0,
        "divisibleby" => match other()?.as_int() {
            Some(0) | None => return Err(Raise::plain("`divisibleby` needs an integer other than 0")),
            Some(divisor) => whole()? % divisor == 0,
        },
        "lower" => !value.to_string().chars().any(char::is_uppercase),
        "upper" => !value.to_string().chars().any(char::is_lowercase),
        _ => {
            let message = format!("there is no test `{name}`");
            return Err(Raise::of(&rule::UNDEFINED_NAME, message, did_you_mean(name, TESTS)));
        }
    })
}
