//! Which methods the built-in types have.

use std::sync::Arc;

use crate::template::interpret::{Args, Interpreter, Outcome};
use crate::template::value::Value;

use super::{method_collection, method_text, relation};

/// `value.name(…)`; `None` when the type has no such method.
pub(crate) fn call_method(
    interpreter: &mut Interpreter<'_>,
    value: &Value,
    name: &Arc<str>,
    args: &Args,
) -> Option<Outcome> {
    match value {
        Value::Str(text) => method_text::call(text, name, args),
        Value::List(items) => method_collection::list(items, name, args),
        Value::Tuple(items) => method_collection::tuple(items, name, args),
        Value::Set(items) => method_collection::set(items, name, args),
        Value::Dict(entries) => method_collection::dict(entries, name, args),
        Value::Relation(found) => relation::call(found, name, args),
        Value::Object(object) => object.call_method(interpreter, name, args),
        _ => None,
    }
}

/// Names of the methods of a value's type.
pub(crate) fn method_names(value: &Value) -> &'static [&'static str] {
    match value {
        Value::Str(_) => &method_text::METHODS,
        Value::List(_) => &method_collection::LIST,
        Value::Tuple(_) => &method_collection::TUPLE,
        Value::Set(_) => &method_collection::SET,
        Value::Dict(_) => &method_collection::DICT,
        Value::Relation(_) => &relation::METHODS,
        _ => &[],
    }
}

/// Whether the value's type has a method of this name.
pub(crate) fn has_method(value: &Value, name: &str) -> bool {
    method_names(value).contains(&name)
}
