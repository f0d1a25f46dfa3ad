//! Walking a tree: everything in it is looked at, whether it would run or not.

use std::sync::Arc;

use ade_diagnostic::{Location, SourceFile, Span};

use super::super::syntax::ast::{Arg, Body, Expr, ExprKind, Filter, StmtKind, Target};
use super::super::{MacroDefinition, RefUse, Reference, SourceUse};
use super::Discovered;

/// Walks a tree, and finds.
pub(super) struct Walker<'a> {
    file: &'a Arc<SourceFile>,
    pub(super) found: Discovered,
    /// Whether what stands here is always reached, or in the incremental runs of the model.
    certain: bool,
}

impl<'a> Walker<'a> {
    pub(super) fn new(file: &'a Arc<SourceFile>) -> Self {
        Self { file, found: Discovered::default(), certain: true }
    }

    pub(super) fn body(&mut self, body: &Body) {
        for statement in body {
            self.statement(&statement.kind);
        }
    }

    fn branch(&mut self, certain: bool, walk: impl FnOnce(&mut Self)) {
        let before = self.certain;
        self.certain = certain && before;
        walk(self);
        self.certain = before;
    }

    pub(super) fn statement(&mut self, statement: &StmtKind) {
        match statement {
            StmtKind::Text | StmtKind::Break | StmtKind::Continue => {}
            StmtKind::Emit(expr) | StmtKind::Do(expr) => self.expr(expr),
            StmtKind::If { branches, otherwise } => {
                let mut certain = true;
                for (condition, body) in branches {
                    self.expr(condition);
                    certain = is_incremental(condition);
                    self.branch(certain, |walker| walker.body(body));
                }
                self.branch(certain, |walker| walker.body(otherwise));
            }
            StmtKind::For(parts) => {
                self.expr(&parts.iter);
                self.target(&parts.target);
                self.declare("loop");
                self.branch(false, |walker| {
                    if let Some(condition) = &parts.condition {
                        walker.expr(condition);
                    }
                    walker.body(&parts.body);
                    walker.body(&parts.otherwise);
                });
            }
            StmtKind::Set(target, expr) => {
                self.target(target);
                self.expr(expr);
            }
            StmtKind::SetBlock(target, filters, body) => {
                self.target(target);
                self.filters(filters);
                self.body(body);
            }
            StmtKind::FilterBlock(filters, body) => {
                self.filters(filters);
                self.body(body);
            }
            StmtKind::With(assignments, body) => {
                for (target, expr) in assignments {
                    self.target(target);
                    self.expr(expr);
                }
                self.body(body);
            }
            StmtKind::Define(definition) => {
                self.declare(&definition.call_name());
                self.branch(false, |walker| walker.definition(definition));
            }
            StmtKind::Call(call, definition) => {
                self.expr(call);
                self.branch(false, |walker| walker.definition(definition));
            }
        }
    }

    pub(super) fn definition(&mut self, definition: &MacroDefinition) {
        // What is passed without being a parameter.
        for name in ["caller", "varargs", "kwargs"] {
            self.declare(name);
        }
        for parameter in &definition.parameters {
            self.found.declared.insert(Arc::clone(&parameter.name));
            if let Some(default) = &parameter.default {
                self.expr(default);
            }
        }
        self.body(&definition.body);
    }

    fn declare(&mut self, name: &str) {
        self.found.declared.insert(name.into());
    }

    fn target(&mut self, target: &Target) {
        match target {
            Target::Name(name) => drop(self.found.declared.insert(Arc::clone(name))),
            Target::Attribute(..) => {}
            Target::Tuple(targets) => {
                for target in targets {
                    self.target(target);
                }
            }
        }
    }

    fn filters(&mut self, filters: &[Filter]) {
        for filter in filters {
            self.args(&filter.args);
        }
    }

    fn args(&mut self, args: &[Arg]) {
        for arg in args {
            self.expr(arg.expr());
        }
    }

    pub(super) fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::None | ExprKind::Bool(_) | ExprKind::Int(_) | ExprKind::Float(_) | ExprKind::Str(_) => {}
            ExprKind::Name(name) => drop(self.found.mentions.insert(Arc::clone(name))),
            ExprKind::List(items) | ExprKind::Tuple(items) | ExprKind::Concat(items) => {
                for item in items {
                    self.expr(item);
                }
            }
            ExprKind::Dict(entries) => {
                for (key, value) in entries {
                    self.expr(key);
                    self.expr(value);
                }
            }
            ExprKind::Attribute(inner, name) => {
                if let ExprKind::Name(module) = &inner.kind {
                    self.found.mentions.insert(format!("{module}.{name}").into());
                }
                self.expr(inner);
            }
            ExprKind::Item(inner, index) => {
                self.expr(inner);
                self.expr(index);
            }
            ExprKind::Slice(inner, parts) => {
                self.expr(inner);
                for part in parts.iter().flatten() {
                    self.expr(part);
                }
            }
            ExprKind::Call(callee, args) => {
                self.call(expr.span, callee, args);
                self.expr(callee);
                self.args(args);
            }
            ExprKind::Filter(inner, _, args) | ExprKind::Test(inner, _, args) => {
                self.expr(inner);
                self.args(args);
            }
            ExprKind::Not(inner) | ExprKind::Negate(inner) | ExprKind::Plus(inner) => self.expr(inner),
            ExprKind::Binary(_, left, right) => {
                self.expr(left);
                self.expr(right);
            }
            ExprKind::And(left, right) | ExprKind::Or(left, right) => {
                self.expr(left);
                self.branch(false, |walker| walker.expr(right));
            }
            ExprKind::Compare(first, rest) => {
                self.expr(first);
                for (_, other) in rest {
                    self.expr(other);
                }
            }
            ExprKind::If(parts) => {
                let (condition, then, otherwise) = &**parts;
                self.expr(condition);
                self.branch(is_incremental(condition), |walker| {
                    walker.expr(then);
                    if let Some(otherwise) = otherwise {
                        walker.expr(otherwise);
                    }
                });
            }
        }
    }

    fn call(&mut self, span: Span, callee: &Expr, args: &[Arg]) {
        let path = match &callee.kind {
            ExprKind::Name(name) => Arc::clone(name),
            ExprKind::Attribute(inner, name) => match &inner.kind {
                ExprKind::Name(module) => Arc::from(format!("{module}.{name}")),
                _ => return,
            },
            _ => return,
        };
        let texts: Vec<Option<&Arc<str>>> = args
            .iter()
            .filter_map(|arg| match arg {
                Arg::Positional(expr) => Some(expr.as_str()),
                _ => None,
            })
            .collect();
        let location = || self.file.location(span);
        let conditional = !self.certain;
        match (&*path, texts.as_slice()) {
            ("ref" | "builtins.ref", [Some(name)]) => self.reference(location(), None, name, args),
            ("ref" | "builtins.ref", [Some(package), Some(name)]) => {
                self.reference(location(), Some(package), name, args);
            }
            ("source" | "builtins.source", [Some(source), Some(table)]) => {
                let (source, table) = (source.to_string(), table.to_string());
                self.found.uses.add_source(SourceUse { source, table, location: location(), conditional });
            }
            ("var", [Some(name), ..]) => drop(self.found.uses.vars.insert(name.to_string())),
            ("env_var", [Some(name), ..]) => drop(self.found.uses.env_vars.insert(name.to_string())),
            ("doc", [Some(name)] | [_, Some(name)]) => drop(self.found.uses.docs.insert(name.to_string())),
            ("adapter.dispatch", [Some(name), rest @ ..]) => {
                let named = args.iter().find_map(|arg| match arg {
                    Arg::Named(key, expr) if &**key == "macro_namespace" => expr.as_str(),
                    _ => None,
                });
                let namespace = rest.first().copied().flatten().or(named);
                self.found.dispatches.insert((Arc::clone(name), namespace.cloned()));
            }
            (
                "run_query"
                | "statement"
                | "adapter.get_relation"
                | "adapter.get_columns_in_relation"
                | "load_relation",
                _,
            ) => {
                self.found.uses.introspects = true;
            }
            _ => {}
        }
        self.found.calls.push((path, callee.span));
    }

    fn reference(&mut self, location: Location, package: Option<&Arc<str>>, name: &str, args: &[Arg]) {
        let version = args.iter().find_map(|arg| match arg {
            Arg::Named(key, expr) if matches!(&**key, "v" | "version") => Some(expr),
            _ => None,
        });
        let version = match version.map(|expr| &expr.kind) {
            None => None,
            Some(ExprKind::Int(number)) => Some(number.to_string()),
            Some(ExprKind::Str(text)) => Some(text.to_string()),
            Some(_) => return,
        };
        let reference = Reference { package: package.map(ToString::to_string), name: name.to_owned(), version };
        self.found.uses.add_ref(RefUse { reference, location, conditional: !self.certain });
    }
}

/// Whether a condition decides only between parsing and running, or first and later runs of an incremental model.
fn is_incremental(condition: &Expr) -> bool {
    match &condition.kind {
        ExprKind::Call(callee, _) => matches!(&callee.kind, ExprKind::Name(name) if &**name == "is_incremental"),
        ExprKind::Name(name) => &**name == "execute",
        ExprKind::Not(inner) => is_incremental(inner),
        _ => false,
    }
}
