//! What can be told about a template without running it: literal calls of `ref` and its relatives in any branch, and every
//! name that is mentioned.

use std::collections::BTreeSet;
use std::sync::Arc;

use ade_diagnostic::{Diagnostic, Location, SourceFile, Span, did_you_mean, rule};

use super::syntax::ast::{Arg, Body, Expr, ExprKind, Filter, Stmt, StmtKind, Target};
use super::template_set::KnownMacro;
use super::{MacroDefinition, RefUse, Reference, SourceUse, TemplateSet, Uses, library};

/// The findings in one tree.
#[derive(Debug, Default)]
pub(crate) struct Discovered {
    /// Literal calls.
    uses: Uses,
    /// Names, and pairs `package.name`, that are mentioned anywhere.
    mentions: BTreeSet<Arc<str>>,
    /// Literal first and second argument of `adapter.dispatch`.
    dispatches: BTreeSet<(Arc<str>, Option<Arc<str>>)>,
    /// What is called and where: a name or `module.name`.
    calls: Vec<(Arc<str>, Span)>,
    /// Names that are set, declared or passed somewhere.
    declared: BTreeSet<Arc<str>>,
}

/// Walks a tree.
pub(crate) fn scan(body: &Body, file: &Arc<SourceFile>) -> Discovered {
    let mut walker = Walker { file, found: Discovered::default(), certain: true };
    walker.body(body);
    walker.found
}

/// Walks a macro, with its parameters and what every macro has.
pub(crate) fn scan_macro(definition: &MacroDefinition) -> Discovered {
    let mut walker = Walker { file: &definition.file, found: Discovered::default(), certain: true };
    walker.definition(definition);
    walker.found
}

/// The names that a statement mentions, blocks below it left out, and those that it sets, blocks included.
pub(crate) fn names_of(statement: &Stmt, file: &Arc<SourceFile>) -> (BTreeSet<Arc<str>>, BTreeSet<Arc<str>>) {
    let mut whole = Walker { file, found: Discovered::default(), certain: true };
    whole.statement(&statement.kind);
    let mut head = Walker { file, found: Discovered::default(), certain: true };
    match &statement.kind {
        StmtKind::If { branches, .. } => branches.iter().for_each(|(condition, _)| head.expr(condition)),
        StmtKind::For(parts) => {
            head.expr(&parts.iter);
            parts.condition.iter().for_each(|condition| head.expr(condition));
        }
        _ => head.found.mentions.clone_from(&whole.found.mentions),
    }
    (head.found.mentions, whole.found.declared)
}

/// Adds to what a run found what the tree and all macros that it may reach ask for.
pub(crate) fn complete(set: &TemplateSet, discovered: &Discovered, file: &Arc<SourceFile>, uses: &mut Uses) {
    uses.merge(literal(&discovered.uses, false));
    let mut start = uses.macros.clone();
    start.extend(mentioned_macros(set, set.project(), discovered).map(|known| known.id.clone()));
    for (id, known) in set.closure(&start) {
        uses.macros.insert(id.to_owned());
        uses.merge(literal(&known.discovered.uses, true));
    }
    let place = |location: &Location| (location.file() != file, location.path().to_owned(), location.span());
    uses.refs.sort_by_key(|found| place(&found.location));
    uses.sources.sort_by_key(|found| place(&found.location));
}

/// The findings without configuration, which counts only when the call is made.
fn literal(uses: &Uses, conditional: bool) -> Uses {
    let mut uses = uses.clone();
    if conditional {
        uses.refs.iter_mut().for_each(|found| found.conditional = true);
        uses.sources.iter_mut().for_each(|found| found.conditional = true);
    }
    uses
}

/// The macros that a tree of a package mentions.
pub(crate) fn mentioned_macros<'s>(
    set: &'s TemplateSet,
    package: &'s str,
    discovered: &'s Discovered,
) -> impl Iterator<Item = &'s Arc<KnownMacro>> {
    let names = discovered.mentions.iter().filter_map(move |name| match name.split_once('.') {
        Some((package, name)) => set.in_package(package, name),
        None => set.visible(package, name),
    });
    let dispatched = discovered.dispatches.iter().flat_map(move |(name, namespace)| {
        // Which one is chosen depends on the target; any may be.
        let packages = [Some(&**set.project()), namespace.as_deref()];
        let prefixes = ["ade", "datafusion", "postgres", "default"];
        packages.into_iter().flatten().flat_map(move |package| {
            prefixes.into_iter().filter_map(move |prefix| set.in_package(package, &format!("{prefix}__{name}")))
        })
    });
    names.chain(dispatched)
}

/// A warning for each call of a name that is neither declared in the tree nor known.
pub(crate) fn unknown_calls(
    set: &TemplateSet,
    package: &str,
    discovered: &Discovered,
    file: &Arc<SourceFile>,
) -> Vec<Diagnostic> {
    let mut warnings = Vec::new();
    for (name, span) in &discovered.calls {
        let (module, last) = name.rsplit_once('.').unwrap_or(("", name));
        let first = name.split('.').next().unwrap_or(name);
        if discovered.declared.contains(first) || set.is_doubtful(first) {
            continue;
        }
        let known = match module {
            "" => set.visible(package, name).is_some() || library::is_global(name) || set.has_package(name),
            _ if set.in_package(module, last).is_some() || library::has_attribute(module, last) => true,
            // Attributes of other things (`target.name.upper()`) are not known before they run.
            _ => {
                !(set.has_package(module) || library::is_module(module))
                    && (library::is_global(module) || set.visible(package, module).is_some())
            }
        };
        if known {
            continue;
        }
        let mut candidates: Vec<&str> = set.names(module).collect();
        for name in library::names(module) {
            candidates.push(name);
        }
        let message =
            if module.is_empty() { format!("`{name}` is not defined") } else { format!("there is no `{name}`") };
        let mut warning = Diagnostic::warning(&rule::UNDEFINED_NAME, message).at(file.location(*span));
        warning.hints.extend(did_you_mean(last, candidates));
        warnings.push(warning.note("this call was not reached; it fails when it is"));
    }
    warnings
}

impl Discovered {
    /// Names that may be declared where the tree cannot show it.
    pub(crate) fn declare<'n>(&mut self, names: impl Iterator<Item = &'n Arc<str>>) {
        self.declared.extend(names.cloned());
    }
}

struct Walker<'a> {
    file: &'a Arc<SourceFile>,
    found: Discovered,
    /// Whether what stands here is always reached, or in the incremental runs of the model.
    certain: bool,
}

impl Walker<'_> {
    fn body(&mut self, body: &Body) {
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

    fn statement(&mut self, statement: &StmtKind) {
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

    fn definition(&mut self, definition: &MacroDefinition) {
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

    fn expr(&mut self, expr: &Expr) {
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
