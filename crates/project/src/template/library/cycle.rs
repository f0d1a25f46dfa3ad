//! Jinja's `cycler(…)` and `joiner(…)`.

use std::cell::Cell;

use crate::template::interpret::{Args, Interpreter, Outcome, Raise};
use crate::template::value::{Object, Value};

/// Gives its values in turn.
struct Cycler {
    items: Vec<Value>,
    at: Cell<usize>,
}

pub(super) fn cycler(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    if args.positional.is_empty() {
        return Err(Raise::plain("`cycler` needs values"));
    }
    Ok(Value::object(Cycler { items: args.positional.clone(), at: Cell::new(0) }))
}

impl Object for Cycler {
    fn type_name(&self) -> &'static str {
        "Cycler"
    }

    fn attribute(&self, name: &str) -> Option<Value> {
        (name == "current").then(|| self.items[self.at.get()].clone())
    }

    fn call_method(&self, _: &mut Interpreter<'_>, name: &str, _: &Args) -> Option<Outcome> {
        match name {
            "next" => {
                let current = self.items[self.at.get()].clone();
                self.at.set((self.at.get() + 1) % self.items.len());
                Some(Ok(current))
            }
            "reset" => {
                self.at.set(0);
                Some(Ok(Value::None))
            }
            _ => None,
        }
    }
}

/// Nothing the first time that it is called, then its separator.
struct Joiner {
    separator: Value,
    used: Cell<bool>,
}

pub(super) fn joiner(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [separator] = args.bind("joiner", ["sep"], 0)?;
    let separator = separator.unwrap_or_else(|| Value::from(", "));
    Ok(Value::object(Joiner { separator, used: Cell::new(false) }))
}

impl Object for Joiner {
    fn type_name(&self) -> &'static str {
        "Joiner"
    }

    fn call(&self, _: &mut Interpreter<'_>, _: &Args) -> Option<Outcome> {
        Some(Ok(if self.used.replace(true) { self.separator.clone() } else { Value::from("") }))
    }
}
