//! How values print: Python's `str()` and `repr()`.

use std::fmt;

use super::Value;

/// As `{{ value }}` prints it.
impl fmt::Display for Value {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Undefined(_) => Ok(()),
            Self::Str(text) => out.write_str(text),
            other => other.repr(out),
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.repr(out)
    }
}

impl Value {
    fn repr(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Undefined(_) => out.write_str("Undefined"),
            Self::None => out.write_str("None"),
            Self::Bool(true) => out.write_str("True"),
            Self::Bool(false) => out.write_str("False"),
            Self::Int(value) => write!(out, "{value}"),
            Self::Float(value) => out.write_str(&float(*value)),
            Self::Str(text) => out.write_str(&quoted(text)),
            // What is borrowed already is inside of itself.
            Self::List(items) => match items.try_borrow_mut() {
                Ok(items) => sequence(out, "[", &items, "]"),
                Err(_) => out.write_str("[...]"),
            },
            Self::Set(items) => match items.try_borrow_mut() {
                Ok(items) if items.is_empty() => out.write_str("set()"),
                Ok(items) => sequence(out, "{", &items, "}"),
                Err(_) => out.write_str("{...}"),
            },
            Self::Tuple(items) => sequence(out, "(", items, if items.len() == 1 { ",)" } else { ")" }),
            Self::Dict(entries) => {
                let Ok(entries) = entries.try_borrow_mut() else { return out.write_str("{...}") };
                out.write_str("{")?;
                for (index, (key, value)) in entries.iter().enumerate() {
                    out.write_str(if index == 0 { "" } else { ", " })?;
                    key.to_value().repr(out)?;
                    out.write_str(": ")?;
                    value.repr(out)?;
                }
                out.write_str("}")
            }
            Self::Relation(relation) => write!(out, "{relation}"),
            Self::Function(function) => write!(out, "<function {}>", function.name()),
            Self::Module(name) => write!(out, "<namespace {name}>"),
            Self::Object(object) => out.write_str(&object.to_text()),
        }
    }
}

fn sequence(out: &mut fmt::Formatter<'_>, open: &str, items: &[Value], close: &str) -> fmt::Result {
    out.write_str(open)?;
    for (index, item) in items.iter().enumerate() {
        out.write_str(if index == 0 { "" } else { ", " })?;
        item.repr(out)?;
    }
    out.write_str(close)
}

/// Python's `repr` of a float.
pub(super) fn float(value: f64) -> String {
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    if value.is_nan() {
        return "nan".to_owned();
    }
    let text = format!("{value:?}");
    match text.split_once('e') {
        None => text,
        Some((mantissa, exponent)) => match exponent.strip_prefix('-') {
            Some(exponent) => format!("{mantissa}e-{exponent:0>2}"),
            None => format!("{mantissa}e+{exponent:0>2}"),
        },
    }
}

fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for character in text.chars() {
        match character {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            same if same == quote => {
                out.push('\\');
                out.push(same);
            }
            other => out.push(other),
        }
    }
    out.push(quote);
    out
}
