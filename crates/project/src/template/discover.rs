//! What can be told about a template without running it: literal calls of `ref` and its relatives in any branch, and every
//! name that is mentioned.

mod walker;

use std::collections::BTreeSet;
use std::sync::Arc;

use ade_diagnostic::{Diagnostic, Location, SourceFile, Span, did_you_mean, rule};

use self::walker::Walker;
use super::syntax::ast::{Body, Stmt, StmtKind};
use super::template_set::KnownMacro;
use super::{MacroDefinition, TemplateSet, Uses, library};

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
    let mut walker = Walker::new(file);
    walker.body(body);
    walker.found
}

/// Walks a macro, with its parameters and what every macro has.
pub(crate) fn scan_macro(definition: &MacroDefinition) -> Discovered {
    let mut walker = Walker::new(&definition.file);
    walker.definition(definition);
    walker.found
}

/// The names that a statement mentions, blocks below it left out, and those that it sets, blocks included.
pub(crate) fn names_of(statement: &Stmt, file: &Arc<SourceFile>) -> (BTreeSet<Arc<str>>, BTreeSet<Arc<str>>) {
    let mut whole = Walker::new(file);
    whole.statement(&statement.kind);
    let mut head = Walker::new(file);
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
