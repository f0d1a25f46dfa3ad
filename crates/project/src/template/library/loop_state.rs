//! `loop` inside of a `for`.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use crate::template::interpret::{Args, Interpreter, Outcome, Raise, Scope};
use crate::template::syntax::ast::For;
use crate::template::value::{Object, Value};

/// Where a loop is.
pub(crate) struct LoopState {
    items: Rc<[Value]>,
    index: Cell<usize>,
    depth: i64,
    /// A recursive loop and the names around it.
    again: Option<(Arc<For>, Scope)>,
    /// The value that `loop.changed` saw last.
    seen: RefCell<Option<Vec<Value>>>,
}

impl LoopState {
    pub(crate) fn new(items: Rc<[Value]>, depth: i64, again: Option<(Arc<For>, Scope)>) -> Self {
        Self { items, index: Cell::new(0), depth, again, seen: RefCell::new(None) }
    }

    pub(crate) fn advance(&self, index: usize) {
        self.index.set(index);
    }
}

impl Object for LoopState {
    fn type_name(&self) -> &'static str {
        "loop"
    }

    fn attribute(&self, name: &str) -> Option<Value> {
        let (index, length) = (self.index.get(), self.items.len());
        let neighbour =
            |at: Option<usize>| at.and_then(|at| self.items.get(at)).cloned().unwrap_or(Value::Undefined(None));
        Some(match name {
            "index" => Value::from(index + 1),
            "index0" => Value::from(index),
            "revindex" => Value::from(length - index),
            "revindex0" => Value::from(length - index - 1),
            "first" => Value::Bool(index == 0),
            "last" => Value::Bool(index + 1 == length),
            "length" => Value::from(length),
            "depth" => Value::Int(self.depth),
            "depth0" => Value::Int(self.depth - 1),
            "previtem" => neighbour(index.checked_sub(1)),
            "nextitem" => neighbour(Some(index + 1)),
            _ => return None,
        })
    }

    fn call(&self, interpreter: &mut Interpreter<'_>, args: &Args) -> Option<Outcome> {
        let Some((parts, scope)) = &self.again else {
            return Some(Err(Raise::plain("`loop(…)` needs a loop that is `recursive`")));
        };
        let items = args.bind("loop", ["iterable"], 1).map(|[items]| items.unwrap_or(Value::None));
        Some(items.and_then(|items| interpreter.walk_again(parts, &items, self.depth + 1, scope)))
    }

    fn call_method(&self, _: &mut Interpreter<'_>, name: &str, args: &Args) -> Option<Outcome> {
        match name {
            "cycle" if args.positional.is_empty() => Some(Err(Raise::plain("`loop.cycle` needs values"))),
            "cycle" => Some(Ok(args.positional[self.index.get() % args.positional.len()].clone())),
            "changed" => {
                let mut seen = self.seen.borrow_mut();
                let same = seen.as_ref().is_some_and(|seen| {
                    seen.len() == args.positional.len() && seen.iter().zip(&args.positional).all(|(a, b)| a.equals(b))
                });
                *seen = Some(args.positional.clone());
                Some(Ok(Value::Bool(!same)))
            }
            _ => None,
        }
    }
}
