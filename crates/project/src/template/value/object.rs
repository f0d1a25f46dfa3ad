//! Values with behaviour of their own.

use std::sync::Arc;

use crate::template::interpret::{Args, Interpreter, Outcome};

use super::Value;

/// Something that a template can ask for attributes, index, walk over or call methods of.
pub(crate) trait Object {
    /// The type's name, for messages.
    fn type_name(&self) -> &'static str;

    /// `object.name`.
    fn attribute(&self, name: &str) -> Option<Value> {
        let _ = name;
        None
    }

    /// `object[index]`.
    fn item(&self, index: &Value) -> Option<Value> {
        index.as_str().and_then(|name| self.attribute(name))
    }

    /// `object.name(…)`; `None` when there is no such method.
    fn call_method(&self, interpreter: &mut Interpreter<'_>, name: &str, args: &Args) -> Option<Outcome> {
        let _ = (interpreter, name, args);
        None
    }

    /// `object(…)`; `None` when it cannot be called.
    fn call(&self, interpreter: &mut Interpreter<'_>, args: &Args) -> Option<Outcome> {
        let _ = (interpreter, args);
        None
    }

    /// `{% set object.name = … %}`; `false` when that is not possible.
    fn set_attribute(&self, name: &Arc<str>, value: Value) -> bool {
        let _ = (name, value);
        false
    }

    /// What a loop sees.
    fn items(&self) -> Option<Vec<Value>> {
        None
    }

    fn is_true(&self) -> bool {
        true
    }

    /// How it prints.
    fn to_text(&self) -> String {
        format!("<{}>", self.type_name())
    }

    /// What it is added to, subtracted from or compared with, when it is a time or a span of time.
    fn as_time(&self) -> Option<crate::template::library::Time> {
        None
    }
}
