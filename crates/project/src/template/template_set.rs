//! All macros of a project, and templates run with them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ade_diagnostic::{Diagnostic, SourceFile, rule};
use serde_json::Value as Json;

use super::discover::Discovered;
use super::interpret::{Args, Function, Interpreter, Outcome, Output, Raise, Scope, Surroundings};
use super::value::Value;
use super::{
    Argument, CompileContext, Compiled, MacroDefinition, MacroKind, NodeContext, Parsed, SourceMap, Template,
    TemplateSettings, discover,
};

/// The macros of a project and of its packages. Any macro can call any other, whatever the order of files.
pub struct TemplateSet {
    project: Arc<str>,
    packages: Vec<Package>,
    /// Paths of files with tags that could not be read.
    broken: BTreeSet<String>,
    /// Names that such tags may define.
    doubtful: BTreeSet<Arc<str>>,
}

struct Package {
    name: Arc<str>,
    macros: BTreeMap<String, Arc<KnownMacro>>,
}

/// A macro with its id and what its text mentions.
pub(crate) struct KnownMacro {
    /// `macro.<package>.<name>`.
    pub(crate) id: String,
    pub(crate) package: Arc<str>,
    pub(crate) definition: Arc<MacroDefinition>,
    pub(crate) discovered: Discovered,
}

impl TemplateSet {
    /// No macros yet; those of the project itself come first when names are looked up.
    pub fn new(project: &str) -> Self {
        let project: Arc<str> = project.into();
        let own = Package { name: Arc::clone(&project), macros: BTreeMap::new() };
        Self { project, packages: vec![own], broken: BTreeSet::new(), doubtful: BTreeSet::new() }
    }

    /// Adds the macros, generic tests and materializations of a file that belongs to a package (the project's own name for
    /// its own files). Gives what is wrong with the file.
    pub fn add_file(&mut self, package: &str, file: &Arc<SourceFile>) -> Vec<Diagnostic> {
        let (template, mut problems) = Template::read(file);
        if !problems.is_empty() {
            self.broken.insert(file.path().to_owned());
            self.doubtful.extend(template.doubtful().cloned());
        }
        for definition in template.blocks().filter(|block| block.kind() != MacroKind::Snapshot) {
            problems.extend(self.add(package, definition));
        }
        problems
    }

    fn add(&mut self, package: &str, definition: &Arc<MacroDefinition>) -> Option<Diagnostic> {
        let index = self.packages.iter().position(|known| &*known.name == package).unwrap_or_else(|| {
            self.packages.push(Package { name: package.into(), macros: BTreeMap::new() });
            self.packages.len() - 1
        });
        let package = &mut self.packages[index];
        let name = match definition.kind() {
            MacroKind::Materialization => format!("materialization_{}", definition.name()),
            _ => definition.call_name(),
        };
        if let Some(first) = package.macros.get(&name) {
            let problem = Diagnostic::error(&rule::DUPLICATE_RESOURCE, format!("there are two macros `{name}`"));
            return Some(problem.at(definition.location()).related(first.definition.location(), "first defined here"));
        }
        let known = KnownMacro {
            id: format!("macro.{}.{name}", package.name),
            package: Arc::clone(&package.name),
            definition: Arc::clone(definition),
            discovered: discover::scan_macro(definition),
        };
        package.macros.insert(name, Arc::new(known));
        None
    }

    /// All macros by id (`macro.<package>.<name>`; a generic test's name begins with `test_`).
    pub fn macros(&self) -> BTreeMap<&str, &MacroDefinition> {
        let all = self.packages.iter().flat_map(|package| package.macros.values());
        all.map(|known| (known.id.as_str(), &*known.definition)).collect()
    }

    /// A macro as the project itself sees it.
    pub fn macro_named(&self, name: &str) -> Option<&Arc<MacroDefinition>> {
        self.visible(&self.project, name).map(|known| &known.definition)
    }

    /// The generic test of a name, `unique` for `{% test unique(…) %}`; of a package by `package.name`.
    pub fn generic_test(&self, name: &str) -> Option<&Arc<MacroDefinition>> {
        let known = match name.split_once('.') {
            Some((package, name)) => self.in_package(package, &format!("test_{name}")),
            None => self.visible(&self.project, &format!("test_{name}")),
        };
        known.map(|known| &known.definition)
    }

    /// Names of all generic tests, for suggestions.
    pub fn generic_tests(&self) -> BTreeSet<&str> {
        let all = self.packages.iter().flat_map(|package| package.macros.values());
        all.filter(|known| known.definition.kind() == MacroKind::Test).map(|known| known.definition.name()).collect()
    }

    /// Whether a file has tags that could not be read: what else is wrong in it cannot be told.
    pub fn is_broken(&self, path: &str) -> bool {
        self.broken.contains(path)
    }

    /// Whether a tag that could not be read may define a macro or test of this name.
    pub fn is_doubtful(&self, name: &str) -> bool {
        self.doubtful.contains(name)
    }

    /// Warnings about calls of names that nothing has, in the project's own macros. (In templates the same is an error when
    /// they get there.)
    pub fn check_macros(&self) -> Vec<Diagnostic> {
        let own = self.packages[0].macros.values();
        let mut warnings: Vec<Diagnostic> = own
            .flat_map(|known| discover::unknown_calls(self, &known.package, &known.discovered, &known.definition.file))
            .collect();
        warnings.sort_by(|left, right| left.location.cmp(&right.location));
        warnings
    }

    /// Finds what a template asks for: runs it with `execute` false, and walks its tree for calls in branches that were not
    /// taken, through all macros that it may reach.
    pub fn parse(&self, template: &Template, settings: &TemplateSettings, node: &NodeContext) -> Parsed {
        let surroundings = Surroundings { set: self, settings, node, world: None };
        let mut interpreter = Interpreter::new(surroundings, template.file());
        let mut out = Output::default();
        interpreter.collect(template.doubtful().cloned());
        let outcome = interpreter.body(template.body(), &Scope::default(), &mut out);
        let failure = failure(outcome, template).err();
        let mut failures = interpreter.collected.map(|collected| collected.failures).unwrap_or_default();
        failures.extend(failure.map(|problem| *problem).filter(|problem| !failures.contains(problem)));
        let mut parsed =
            Parsed { diagnostics: interpreter.warnings, messages: interpreter.messages, uses: interpreter.uses };
        let mut discovered = discover::scan(template.body(), template.file());
        discovered.declare(template.doubtful());
        let mut unknown = discover::unknown_calls(self, &self.project, &discovered, template.file());
        unknown.retain(|warning| !failures.iter().any(|failure| meets(failure, warning)));
        parsed.diagnostics.extend(unknown);
        parsed.diagnostics.extend(failures);
        discover::complete(self, &discovered, template.file(), &mut parsed.uses);
        parsed
    }

    /// Makes the text of a template.
    pub fn compile(
        &self,
        template: &Template,
        settings: &TemplateSettings,
        node: &NodeContext,
        world: &dyn CompileContext,
    ) -> Result<Compiled, Box<Diagnostic>> {
        self.render(template, settings, node, Some(world))
    }

    /// Makes the text of a template that may not need the world, such as a setting in YAML; without one, `execute` is false.
    pub fn render(
        &self,
        template: &Template,
        settings: &TemplateSettings,
        node: &NodeContext,
        world: Option<&dyn CompileContext>,
    ) -> Result<Compiled, Box<Diagnostic>> {
        let mut interpreter = Interpreter::new(Surroundings { set: self, settings, node, world }, template.file());
        let mut out = Output::default();
        failure(interpreter.body(template.body(), &Scope::default(), &mut out), template)?;
        Ok(compiled(interpreter, out))
    }

    /// The value of a template: of one `{{ expression }}` alone the expression's own value, of anything else its text.
    pub fn evaluate(
        &self,
        template: &Template,
        settings: &TemplateSettings,
        node: &NodeContext,
    ) -> Result<Json, Box<Diagnostic>> {
        let Some(expr) = template.single_expression() else {
            return self.render(template, settings, node, None).map(|compiled| Json::String(compiled.text));
        };
        let surroundings = Surroundings { set: self, settings, node, world: None };
        let mut interpreter = Interpreter::new(surroundings, template.file());
        let scope = Scope::default();
        let value = failure(interpreter.expression(expr, &scope), template)?;
        match &value {
            Value::Undefined(Some(name)) => {
                let raise = interpreter.undefined(name, &scope);
                interpreter.at_span(expr.span);
                failure(interpreter.fail(raise), template)
            }
            value => Ok(value.to_json()),
        }
    }

    /// Calls a macro by its id's name: `generate_schema_name`, `test_positive`, `package.name`. `None` when there is no such
    /// macro. A failure before the macro begins (wrong arguments) points at its definition.
    pub fn call(
        &self,
        name: &str,
        arguments: &[(&str, Argument)],
        settings: &TemplateSettings,
        node: &NodeContext,
        world: Option<&dyn CompileContext>,
    ) -> Option<Result<Compiled, Box<Diagnostic>>> {
        let known = self.known(name)?;
        let (interpreter, outcome) = run_macro(known, arguments, Surroundings { set: self, settings, node, world });
        let template = Template::of_block(&known.definition);
        Some(failure(outcome, &template).map(|value| {
            let mut out = Output::default();
            match &value {
                Value::Str(text) => (out.text, out.pieces) = (text.to_string(), text.pieces().to_vec()),
                other => out.text = other.to_string(),
            }
            compiled(interpreter, out)
        }))
    }

    /// Finds what a macro asks for when it is called with these arguments: as [`TemplateSet::parse`] does for a template.
    /// What it asks for before it fails counts.
    pub fn parse_call(
        &self,
        name: &str,
        arguments: &[(&str, Argument)],
        settings: &TemplateSettings,
        node: &NodeContext,
    ) -> Option<Parsed> {
        let known = self.known(name)?;
        let surroundings = Surroundings { set: self, settings, node, world: None };
        let (interpreter, outcome) = run_macro(known, arguments, surroundings);
        let failure = failure(outcome, &Template::of_block(&known.definition)).err();
        let mut parsed =
            Parsed { diagnostics: interpreter.warnings, messages: interpreter.messages, uses: interpreter.uses };
        parsed.diagnostics.extend(failure.map(|problem| *problem));
        discover::complete(self, &known.discovered, &known.definition.file, &mut parsed.uses);
        Some(parsed)
    }

    fn known(&self, name: &str) -> Option<&Arc<KnownMacro>> {
        match name.split_once('.') {
            Some((package, name)) => self.in_package(package, name),
            None => self.visible(&self.project, name),
        }
    }

    pub(crate) fn project(&self) -> &Arc<str> {
        &self.project
    }

    /// A macro by its bare name, as code of a package sees it: the package's own, then the project's.
    pub(crate) fn visible(&self, package: &str, name: &str) -> Option<&Arc<KnownMacro>> {
        let own = if *package == *self.project { None } else { self.in_package(package, name) };
        own.or_else(|| self.packages[0].macros.get(name))
    }

    pub(crate) fn in_package(&self, package: &str, name: &str) -> Option<&Arc<KnownMacro>> {
        self.packages.iter().find(|known| *known.name == *package)?.macros.get(name)
    }

    pub(crate) fn has_package(&self, package: &str) -> bool {
        self.packages.iter().any(|known| *known.name == *package)
    }

    /// The macro that `adapter.dispatch` chooses: of the project, then of the namespace; for this target, for those whose SQL
    /// is nearest to ours, then the default.
    pub(crate) fn dispatch(&self, kind: &str, name: &str, namespace: Option<&str>) -> Option<&Arc<KnownMacro>> {
        let packages: Vec<&str> = std::iter::once(&*self.project).chain(namespace).collect();
        let prefixes = [kind, "ade", "datafusion", "postgres", "default"];
        packages.iter().find_map(|package| {
            prefixes.iter().find_map(|prefix| self.in_package(package, &format!("{prefix}__{name}")))
        })
    }

    /// Names of a package's macros; of the project and all that is visible for an empty package.
    pub(crate) fn names(&self, package: &str) -> impl Iterator<Item = &str> {
        let wanted = if package.is_empty() { &*self.project } else { package };
        let of_package = self.packages.iter().find(|known| &*known.name == wanted);
        of_package.into_iter().flat_map(|package| package.macros.keys().map(String::as_str))
    }

    /// All macros that can be reached from the ids, themselves included.
    pub(crate) fn closure(&self, start: &BTreeSet<String>) -> BTreeMap<&str, &Arc<KnownMacro>> {
        let mut open: Vec<&Arc<KnownMacro>> = start.iter().filter_map(|id| self.by_id(id)).collect();
        let mut found = BTreeMap::new();
        while let Some(known) = open.pop() {
            if found.insert(known.id.as_str(), known).is_none() {
                open.extend(discover::mentioned_macros(self, &known.package, &known.discovered));
            }
        }
        found
    }

    fn by_id(&self, id: &str) -> Option<&Arc<KnownMacro>> {
        let (package, name) = id.strip_prefix("macro.")?.split_once('.')?;
        self.in_package(package, name)
    }
}

impl std::fmt::Debug for TemplateSet {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("TemplateSet").field("macros", &self.macros().keys()).finish()
    }
}

/// Calls a macro from outside of any template.
fn run_macro<'a>(
    known: &Arc<KnownMacro>,
    arguments: &[(&str, Argument)],
    surroundings: Surroundings<'a>,
) -> (Interpreter<'a>, Outcome) {
    let mut interpreter = Interpreter::new(surroundings, &known.definition.file);
    let named = arguments.iter().map(|(name, value)| (Arc::from(*name), value.to_value())).collect();
    let args = Args { positional: Vec::new(), named };
    interpreter.at_span(known.definition.name_span);
    interpreter.enter();
    let outcome = interpreter.call_function(&Function::Macro(Arc::clone(known)), &args, known.definition.name_span);
    let outcome = interpreter.located_here(outcome);
    (interpreter, outcome)
}

/// Whether two problems stand at the same place.
fn meets(one: &Diagnostic, other: &Diagnostic) -> bool {
    match (&one.location, &other.location) {
        (Some(one), Some(other)) => {
            let (first, second) = (one.span(), other.span());
            one.path() == other.path() && first.start < second.end && second.start < first.end
        }
        _ => false,
    }
}

fn compiled(interpreter: Interpreter<'_>, out: Output) -> Compiled {
    Compiled {
        text: out.text,
        source_map: SourceMap { pieces: out.pieces },
        uses: interpreter.uses,
        warnings: interpreter.warnings,
        messages: interpreter.messages,
    }
}

/// A way out that nothing caught is a failure of the template.
fn failure<T>(outcome: Result<T, Raise>, template: &Template) -> Result<T, Box<Diagnostic>> {
    outcome.map_err(|raise| {
        let message = match raise {
            Raise::Located(problem) => return problem,
            Raise::Plain(problem) => problem.message,
            Raise::Return(_) | Raise::Break | Raise::Continue => "a block is left where there is none".to_owned(),
        };
        Box::new(Diagnostic::error(&rule::TEMPLATE_ERROR, message).at(template.location()))
    })
}
