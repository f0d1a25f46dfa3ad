//! Statements.

use std::rc::Rc;
use std::sync::Arc;

use ade_diagnostic::Span;

use crate::template::library::{LoopState, filter};
use crate::template::syntax::ast::{Body, Expr, ExprKind, Filter, For, Stmt, StmtKind, Target};
use crate::template::value::Value;

use super::call::LocalMacro;
use super::{Function, Interpreter, Outcome, Output, Raise, Scope};

impl Interpreter<'_> {
    /// Runs statements and puts out what they say.
    pub(crate) fn body(&mut self, body: &Body, scope: &Scope, out: &mut Output) -> Outcome<()> {
        for statement in body {
            let step = self.step();
            self.located(statement.span, step)?;
            let outcome = self.statement(statement, scope, out);
            self.note(outcome, statement)?;
        }
        Ok(())
    }

    /// Runs statements in a scope of their own and gives what they put out.
    pub(super) fn captured(&mut self, body: &Body, scope: &Scope) -> Outcome {
        let mut out = Output::default();
        self.body(body, &scope.inner(), &mut out)?;
        Ok(out.into_value())
    }

    fn statement(&mut self, statement: &Stmt, scope: &Scope, out: &mut Output) -> Outcome<()> {
        let span = statement.span;
        match &statement.kind {
            StmtKind::Text => out.literal(&self.file, span),
            StmtKind::Emit(expr) => return self.emit(expr, span, scope, out),
            StmtKind::If { branches, otherwise } => {
                for (condition, body) in branches {
                    if self.expression(condition, scope)?.is_true() {
                        return self.body(body, scope, out);
                    }
                }
                self.body(otherwise, scope, out)?;
            }
            StmtKind::For(parts) => self.for_loop(parts, scope, out)?,
            StmtKind::Set(target, expr) => {
                let value = self.expression(expr, scope)?;
                self.assign(target, value, scope, span)?;
            }
            StmtKind::SetBlock(target, filters, body) => {
                let value = self.captured(body, scope)?;
                let value = self.filtered(value, filters, scope)?;
                self.assign(target, value, scope, span)?;
            }
            StmtKind::With(assignments, body) => {
                let inner = scope.inner();
                for (target, expr) in assignments {
                    let value = self.expression(expr, &inner)?;
                    self.assign(target, value, &inner, span)?;
                }
                return self.body(body, &inner, out);
            }
            StmtKind::Define(definition) => {
                let name: Arc<str> = definition.call_name().into();
                scope.set(&name, self.local_macro(definition, scope));
            }
            StmtKind::Call(call, definition) => {
                let caller = self.local_macro(definition, scope);
                let value = self.call_with(call, scope, Some(caller))?;
                self.put(out, &value, call.span);
            }
            StmtKind::FilterBlock(filters, body) => {
                let value = self.captured(body, scope)?;
                let value = self.filtered(value, filters, scope)?;
                self.put(out, &value, span);
            }
            StmtKind::Do(expr) => {
                self.expression(expr, scope)?;
            }
            StmtKind::Break => return Err(Raise::Break),
            StmtKind::Continue => return Err(Raise::Continue),
        }
        Ok(())
    }

    fn emit(&mut self, expr: &Expr, span: Span, scope: &Scope, out: &mut Output) -> Outcome<()> {
        let value = self.expression(expr, scope)?;
        if let (Value::Undefined(Some(name)), ExprKind::Name(_)) = (&value, &expr.kind)
            && !self.is_set_somewhere(name)
        {
            let failure = Err(self.undefined(name, scope));
            return self.located(expr.span, failure);
        }
        self.put(out, &value, span);
        Ok(())
    }

    fn put(&self, out: &mut Output, value: &Value, span: Span) {
        out.value(value, &self.file, span, self.path.is_empty());
    }

    fn local_macro(&self, definition: &Arc<crate::template::MacroDefinition>, scope: &Scope) -> Value {
        Value::Function(Function::Local(Rc::new(LocalMacro {
            definition: Arc::clone(definition),
            scope: scope.clone(),
            package: Arc::clone(&self.package),
        })))
    }

    fn filtered(&mut self, mut value: Value, filters: &[Filter], scope: &Scope) -> Outcome {
        for step in filters {
            let args = self.args(&step.args, scope)?;
            let outcome = filter(self, &step.name, &value, &args);
            value = self.located(step.span, outcome)?;
        }
        Ok(value)
    }

    fn for_loop(&mut self, parts: &Arc<For>, scope: &Scope, out: &mut Output) -> Outcome<()> {
        let source = self.expression(&parts.iter, scope)?;
        let depth = match scope.get("loop") {
            Some(Value::Object(outer)) => outer.attribute("depth").and_then(|depth| depth.as_int()).unwrap_or(0),
            _ => 0,
        };
        self.walk(parts, &source, depth + 1, scope, out)
    }

    /// Runs a loop over a value.
    fn walk(&mut self, parts: &Arc<For>, source: &Value, depth: i64, scope: &Scope, out: &mut Output) -> Outcome<()> {
        let Some(items) = source.items() else {
            let failure = Raise::plain(format!("a value of type {} cannot be walked over", source.type_name()));
            return self.located(parts.iter.span, Err(failure));
        };
        let items = match &parts.condition {
            None => items,
            Some(condition) => self.chosen(items, &parts.target, condition, scope)?,
        };
        if items.is_empty() {
            return self.body(&parts.otherwise, scope, out);
        }
        let items: Rc<[Value]> = items.into();
        let again = parts.recursive.then(|| (Arc::clone(parts), scope.clone()));
        let state = Rc::new(LoopState::new(Rc::clone(&items), depth, again));
        let name: Arc<str> = Arc::from("loop");
        for (index, item) in items.iter().enumerate() {
            let step = self.step();
            self.located(parts.iter.span, step)?;
            state.advance(index);
            let inner = scope.inner();
            inner.set(&name, Value::Object(Rc::clone(&state) as _));
            self.assign(&parts.target, item.clone(), &inner, parts.iter.span)?;
            match self.body(&parts.body, &inner, out) {
                Ok(()) | Err(Raise::Continue) => {}
                Err(Raise::Break) => break,
                Err(other) => return Err(other),
            }
        }
        Ok(())
    }

    /// `loop(items)` inside of a recursive loop: what the loop puts out for these items.
    pub(crate) fn walk_again(&mut self, parts: &Arc<For>, source: &Value, depth: i64, scope: &Scope) -> Outcome {
        let mut out = Output::default();
        self.walk(parts, source, depth, scope, &mut out)?;
        Ok(out.into_value())
    }

    /// The items for which a loop's condition holds.
    fn chosen(&mut self, items: Vec<Value>, target: &Target, condition: &Expr, scope: &Scope) -> Outcome<Vec<Value>> {
        let mut kept = Vec::new();
        for item in items {
            let inner = scope.inner();
            self.assign(target, item.clone(), &inner, condition.span)?;
            if self.expression(condition, &inner)?.is_true() {
                kept.push(item);
            }
        }
        Ok(kept)
    }

    fn assign(&mut self, target: &Target, value: Value, scope: &Scope, span: Span) -> Outcome<()> {
        match target {
            Target::Name(name) => {
                scope.set(name, value);
                Ok(())
            }
            Target::Attribute(name, attribute, place) => {
                let holder = self.lookup(name, scope);
                let done = matches!(&holder, Value::Object(object) if object.set_attribute(attribute, value));
                if done {
                    return Ok(());
                }
                let message = format!("`{name}` is no namespace, so its attributes cannot be set");
                let hint = format!("write `{{% set {name} = namespace({attribute}=…) %}}` before");
                self.located(*place, Err(Raise::of(&ade_diagnostic::rule::TEMPLATE_ERROR, message, Some(hint))))
            }
            Target::Tuple(targets) => {
                let items = value.items().filter(|items| items.len() == targets.len());
                let Some(items) = items else {
                    let found = value.items().map_or("none".to_owned(), |items| items.len().to_string());
                    let message = format!("{} names are to be set and the value has {found} items", targets.len());
                    return self.located(span, Err(Raise::plain(message)));
                };
                for (target, item) in targets.iter().zip(items) {
                    self.assign(target, item, scope, span)?;
                }
                Ok(())
            }
        }
    }
}
