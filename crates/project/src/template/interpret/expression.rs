//! Expressions.

use crate::template::library::{self, filter, test};
use crate::template::syntax::ast::{Arg, BinaryOp, CompareOp, Expr, ExprKind};
use crate::template::value::{Key, Text, Value};

use super::{Args, Interpreter, Outcome, Raise, Scope};

/// Expressions inside of each other, through all macros: more would be a danger to the stack.
const DEEPEST: usize = 150;

impl Interpreter<'_> {
    /// The value of an expression. Failures have a place.
    ///
    /// Every kind has a function of its own, so that nested expressions and macros need little stack.
    pub(crate) fn expression(&mut self, expr: &Expr, scope: &Scope) -> Outcome {
        self.depth += 1;
        let outcome = if self.depth > DEEPEST {
            self.located(expr.span, Err(Raise::plain("this template never comes to an end: its calls nest too deeply")))
        } else {
            self.value_of(expr, scope)
        };
        self.depth -= 1;
        outcome
    }

    fn value_of(&mut self, expr: &Expr, scope: &Scope) -> Outcome {
        match &expr.kind {
            ExprKind::None => Ok(Value::None),
            ExprKind::Bool(value) => Ok(Value::Bool(*value)),
            ExprKind::Int(value) => Ok(Value::Int(*value)),
            ExprKind::Float(value) => Ok(Value::Float(*value)),
            ExprKind::Str(text) => Ok(Value::Str(Text::from(text))),
            ExprKind::Name(name) => Ok(self.lookup(name, scope)),
            ExprKind::List(items) => self.all(items, scope).map(Value::list),
            ExprKind::Tuple(items) => self.all(items, scope).map(Value::tuple),
            ExprKind::Dict(entries) => self.dict(entries, scope),
            ExprKind::Attribute(inner, name) => {
                let holder = self.expression(inner, scope)?;
                Ok(self.attribute(&holder, name))
            }
            ExprKind::Item(inner, index) => {
                let holder = self.expression(inner, scope)?;
                let index = self.expression(index, scope)?;
                Ok(self.item(&holder, &index))
            }
            ExprKind::Slice(inner, parts) => self.slice(expr, inner, parts, scope),
            ExprKind::Call(..) => self.call_with(expr, scope, None),
            ExprKind::Filter(inner, name, args) => self.filter_expression(expr, inner, name, args, scope),
            ExprKind::Test(inner, name, args) => self.test_expression(expr, inner, name, args, scope),
            ExprKind::Not(inner) => self.expression(inner, scope).map(|value| Value::Bool(!value.is_true())),
            ExprKind::Negate(inner) => self.negated(expr, inner, scope),
            ExprKind::Plus(inner) => self.expression(inner, scope),
            ExprKind::Binary(op, left, right) => self.binary(expr, *op, left, right, scope),
            ExprKind::And(left, right) => {
                let left = self.expression(left, scope)?;
                if left.is_true() { self.expression(right, scope) } else { Ok(left) }
            }
            ExprKind::Or(left, right) => {
                let left = self.expression(left, scope)?;
                if left.is_true() { Ok(left) } else { self.expression(right, scope) }
            }
            ExprKind::Compare(first, rest) => self.comparison(expr, first, rest, scope),
            ExprKind::Concat(parts) => self.concatenation(parts, scope),
            ExprKind::If(parts) => self.conditional(parts, scope),
        }
    }

    fn dict(&mut self, entries: &[(Expr, Expr)], scope: &Scope) -> Outcome {
        let mut dict = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let name = self.expression(key, scope)?;
            let Some(name) = Key::of(&name) else {
                let message = format!("a value of type {} cannot be a key", name.type_name());
                return self.located(key.span, Err(Raise::plain(message)));
            };
            dict.push((name, self.expression(value, scope)?));
        }
        Ok(Value::dict(dict))
    }

    fn slice(&mut self, expr: &Expr, inner: &Expr, parts: &[Option<Expr>; 3], scope: &Scope) -> Outcome {
        let holder = self.expression(inner, scope)?;
        let mut bounds = [None; 3];
        for (bound, part) in bounds.iter_mut().zip(parts) {
            if let Some(part) = part {
                *bound = self.expression(part, scope)?.as_int();
            }
        }
        let outcome = slice(&holder, bounds).map_err(Raise::plain);
        self.located(expr.span, outcome)
    }

    fn filter_expression(&mut self, expr: &Expr, inner: &Expr, name: &str, args: &[Arg], scope: &Scope) -> Outcome {
        let value = self.expression(inner, scope)?;
        let args = self.args(args, scope)?;
        self.at = expr.span;
        let outcome = filter(self, name, &value, &args);
        self.located(expr.span, outcome)
    }

    fn test_expression(&mut self, expr: &Expr, inner: &Expr, name: &str, args: &[Arg], scope: &Scope) -> Outcome {
        let value = self.expression(inner, scope)?;
        let args = self.args(args, scope)?;
        let outcome = test(name, &value, &args).map(Value::Bool);
        self.located(expr.span, outcome)
    }

    fn negated(&mut self, expr: &Expr, inner: &Expr, scope: &Scope) -> Outcome {
        let value = self.expression(inner, scope)?;
        match (&value, value.as_int()) {
            (Value::Float(value), _) => Ok(Value::Float(-value)),
            (_, Some(value)) => Ok(Value::Int(-value)),
            _ => {
                let message = format!("`-` does not work on a value of type {}", value.type_name());
                self.located(expr.span, Err(Raise::plain(message)))
            }
        }
    }

    fn binary(&mut self, expr: &Expr, op: BinaryOp, left: &Expr, right: &Expr, scope: &Scope) -> Outcome {
        let left = self.expression(left, scope)?;
        let right = self.expression(right, scope)?;
        let outcome = left.binary(op, &right).map_err(Raise::plain);
        self.located(expr.span, outcome)
    }

    fn comparison(&mut self, expr: &Expr, first: &Expr, rest: &[(CompareOp, Expr)], scope: &Scope) -> Outcome {
        let mut left = self.expression(first, scope)?;
        for (op, right) in rest {
            let right = self.expression(right, scope)?;
            let outcome = left.compare(*op, &right).map_err(Raise::plain);
            if !self.located(expr.span, outcome)? {
                return Ok(Value::Bool(false));
            }
            left = right;
        }
        Ok(Value::Bool(true))
    }

    fn concatenation(&mut self, parts: &[Expr], scope: &Scope) -> Outcome {
        let mut text = String::new();
        for part in parts {
            let value = self.expression(part, scope)?;
            text.push_str(&value.to_string());
        }
        Ok(Value::from(text))
    }

    fn conditional(&mut self, parts: &(Expr, Expr, Option<Expr>), scope: &Scope) -> Outcome {
        let (condition, then, otherwise) = parts;
        if self.expression(condition, scope)?.is_true() {
            return self.expression(then, scope);
        }
        match otherwise {
            Some(otherwise) => self.expression(otherwise, scope),
            None => Ok(Value::Undefined(None)),
        }
    }

    fn all(&mut self, exprs: &[Expr], scope: &Scope) -> Outcome<Vec<Value>> {
        exprs.iter().map(|expr| self.expression(expr, scope)).collect()
    }

    pub(super) fn args(&mut self, args: &[Arg], scope: &Scope) -> Outcome<Args> {
        let mut found = Args::default();
        for arg in args {
            let value = self.expression(arg.expr(), scope)?;
            match arg {
                Arg::Positional(_) => found.positional.push(value),
                Arg::Named(name, _) => found.named.push((name.clone(), value)),
                Arg::Spread(expr) => match value.items() {
                    Some(items) => found.positional.extend(items),
                    None => return self.located(expr.span, Err(Raise::plain("what follows `*` must be a list"))),
                },
                Arg::SpreadNamed(expr) => match &value {
                    Value::Dict(entries) => {
                        let entries = entries.borrow();
                        let named =
                            entries.iter().map(|(key, value)| (key.to_value().to_string().into(), value.clone()));
                        found.named.extend(named);
                    }
                    _ => return self.located(expr.span, Err(Raise::plain("what follows `**` must be a dictionary"))),
                },
            }
        }
        Ok(found)
    }

    /// `holder.name`. What is not there is undefined, and knows its name for the message if it is called.
    pub(crate) fn attribute(&mut self, holder: &Value, name: &std::sync::Arc<str>) -> Value {
        let found = match holder {
            Value::Module(module) => self.module_attribute(&module.clone(), name),
            Value::Object(object) => object.attribute(name),
            Value::Relation(relation) => library::relation_attribute(relation, name),
            Value::Dict(entries) if !library::has_method(holder, name) => {
                entries.borrow().get(&Key::from(name)).cloned()
            }
            _ => None,
        };
        if let Some(found) = found {
            return found;
        }
        if library::has_method(holder, name) {
            return Value::Function(super::Function::Method(std::rc::Rc::new((holder.clone(), name.clone()))));
        }
        let full = match holder {
            // An argument that was left out has no name to tell.
            Value::Undefined(None) => return Value::Undefined(None),
            Value::Undefined(Some(outer)) | Value::Module(outer) => format!("{outer}.{name}"),
            other => format!("{}.{name}", other.type_name()),
        };
        Value::Undefined(Some(full.into()))
    }

    /// `holder[index]`.
    pub(crate) fn item(&mut self, holder: &Value, index: &Value) -> Value {
        let at = |length: usize| {
            let index = index.as_int()?;
            let index = if index < 0 { index + i64::try_from(length).ok()? } else { index };
            usize::try_from(index).ok().filter(|index| *index < length)
        };
        let found = match holder {
            Value::List(items) | Value::Set(items) => {
                let items = items.borrow();
                at(items.len()).map(|index| items[index].clone())
            }
            Value::Tuple(items) => at(items.len()).map(|index| items[index].clone()),
            Value::Str(text) => {
                let found = at(text.chars().count()).and_then(|index| text.chars().nth(index));
                found.map(|character| Value::from(character.to_string()))
            }
            Value::Dict(entries) => Key::of(index).and_then(|key| entries.borrow().get(&key).cloned()),
            Value::Object(object) => object.item(index),
            _ => None,
        };
        match (found, index) {
            (Some(found), _) => found,
            (None, Value::Str(name)) if !matches!(holder, Value::Dict(_)) => self.attribute(holder, name.shared()),
            _ => Value::Undefined(Some(format!("{}[{index:?}]", holder.type_name()).into())),
        }
    }
}

/// Python's slices of lists, tuples and texts.
fn slice(holder: &Value, [start, stop, step]: [Option<i64>; 3]) -> Result<Value, String> {
    let Some(items) = holder.items() else {
        return Err(format!("a value of type {} cannot be sliced", holder.type_name()));
    };
    let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let step = step.unwrap_or(1);
    if step == 0 {
        return Err("the step of a slice cannot be 0".to_owned());
    }
    let (low, high) = if step > 0 { (0, length) } else { (-1, length - 1) };
    let bound = |index: i64| (if index < 0 { index + length } else { index }).clamp(low, high);
    let mut at = start.map_or(if step > 0 { low } else { high }, bound);
    let stop = stop.map_or(if step > 0 { high } else { low }, bound);
    let mut kept = Vec::new();
    while (step > 0 && at < stop) || (step < 0 && at > stop) {
        if let Some(item) = usize::try_from(at).ok().and_then(|at| items.get(at)) {
            kept.push(item.clone());
        }
        at = at.saturating_add(step);
    }
    Ok(match holder {
        Value::Str(_) => Value::from(kept.iter().map(ToString::to_string).collect::<String>()),
        Value::Tuple(_) => Value::tuple(kept),
        _ => Value::list(kept),
    })
}
