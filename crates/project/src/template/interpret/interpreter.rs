//! The state of a running template.

use std::collections::HashMap;
use std::sync::Arc;

use ade_diagnostic::{Diagnostic, Location, SourceFile, Span, did_you_mean, rule};
use serde_json::{Map, Value as Json};

use crate::template::library;
use crate::template::value::Value;
use crate::template::{CompileContext, NodeContext, TemplateSet, TemplateSettings, Uses};

use super::{Collected, Function, Outcome, Raise, Scope};

/// Runs one template. While a project is parsed there is no world: `execute` is false and every lookup gives a placeholder.
pub(crate) struct Interpreter<'a> {
    pub(crate) set: &'a TemplateSet,
    pub(crate) settings: &'a TemplateSettings,
    pub(crate) node: &'a NodeContext,
    pub(crate) world: Option<&'a dyn CompileContext>,
    /// What has been asked for so far.
    pub(crate) uses: Uses,
    pub(crate) warnings: Vec<Diagnostic>,
    pub(crate) messages: Vec<String>,
    /// The node's configuration with the template's own calls laid over it.
    pub(crate) config: Map<String, Json>,
    /// Results of `{% call statement('name') %}`.
    pub(crate) results: HashMap<String, Value>,
    /// The file whose tree is running.
    pub(super) file: Arc<SourceFile>,
    /// The package whose macros are found by their bare name.
    pub(super) package: Arc<str>,
    /// The macros that are running, outermost first, and where each was called.
    pub(super) path: Vec<(Arc<str>, Location)>,
    /// How many of `path` were called from outside of any template.
    pub(super) entered: usize,
    /// The call that is running, in `file`.
    pub(super) at: Span,
    pub(super) steps: u32,
    /// How many expressions are inside of each other.
    pub(super) depth: usize,
    /// What has failed, when the run goes on after failures.
    pub(crate) collected: Option<Collected>,
}

/// What `Interpreter::new` needs to know.
#[derive(Clone, Copy)]
pub(crate) struct Surroundings<'a> {
    pub(crate) set: &'a TemplateSet,
    pub(crate) settings: &'a TemplateSettings,
    pub(crate) node: &'a NodeContext,
    pub(crate) world: Option<&'a dyn CompileContext>,
}

/// More statements than any template needs: a loop that does not end.
const MOST_STEPS: u32 = 2_000_000;

impl<'a> Interpreter<'a> {
    pub(crate) fn new(surroundings: Surroundings<'a>, file: &Arc<SourceFile>) -> Self {
        let Surroundings { set, settings, node, world } = surroundings;
        Self {
            set,
            settings,
            node,
            world,
            uses: Uses::default(),
            warnings: Vec::new(),
            messages: Vec::new(),
            config: node.config.clone(),
            results: HashMap::new(),
            file: Arc::clone(file),
            package: Arc::clone(set.project()),
            path: Vec::new(),
            entered: 0,
            at: Span::default(),
            steps: 0,
            depth: 0,
            collected: None,
        }
    }

    /// The place in the outermost template that the running call belongs to.
    pub(crate) fn site(&self) -> Location {
        self.path.get(self.entered).map_or_else(|| self.file.location(self.at), |(_, location)| location.clone())
    }

    /// The running call itself.
    pub(crate) fn here(&self) -> Location {
        self.file.location(self.at)
    }

    pub(super) fn step(&mut self) -> Outcome<()> {
        self.steps += 1;
        if self.steps > MOST_STEPS {
            return Err(Raise::plain("this template does not come to an end: it has taken two million steps"));
        }
        Ok(())
    }

    /// Gives a failure without a place the place of the expression or tag at `span`.
    pub(super) fn located<T>(&self, span: Span, outcome: Outcome<T>) -> Outcome<T> {
        outcome.map_err(|raise| match raise {
            Raise::Plain(problem) => {
                let mut diagnostic = Diagnostic::error(problem.rule, problem.message).at(self.file.location(span));
                diagnostic.hints = problem.hints;
                Raise::Located(Box::new(diagnostic))
            }
            other => other,
        })
    }

    /// What a name means here.
    pub(super) fn lookup(&mut self, name: &Arc<str>, scope: &Scope) -> Value {
        if let Some(found) = scope.get(name) {
            return found;
        }
        self.global(name).unwrap_or_else(|| Value::Undefined(Some(Arc::clone(name))))
    }

    /// What a name means outside of all blocks: macros first, as in dbt, then dbt's own names.
    pub(crate) fn global(&mut self, name: &str) -> Option<Value> {
        if let Some(found) = self.set.visible(&self.package, name) {
            return Some(Value::Function(Function::Macro(Arc::clone(found))));
        }
        library::global(self, name)
    }

    /// `module.name`.
    pub(crate) fn module_attribute(&mut self, module: &str, name: &str) -> Option<Value> {
        if let Some(found) = self.set.in_package(module, name) {
            return Some(Value::Function(Function::Macro(Arc::clone(found))));
        }
        library::module_attribute(self, module, name)
    }

    /// The failure of a name that nothing has.
    pub(crate) fn undefined(&self, name: &str, scope: &Scope) -> Raise {
        let (module, last) = name.rsplit_once('.').unwrap_or(("", name));
        let mut known: Vec<String> = self.set.names(module).map(str::to_owned).collect();
        known.extend(library::names(module).map(str::to_owned));
        let message = if module.is_empty() {
            known.extend(scope.names().iter().map(ToString::to_string));
            format!("`{name}` is not defined")
        } else if self.set.names(module).next().is_some() || library::names(module).next().is_some() {
            format!("`{module}` has no `{last}`")
        } else {
            known.clear();
            format!("`{name}` is not defined: there is no `{}`", module.split('.').next().unwrap_or(module))
        };
        Raise::of(&rule::UNDEFINED_NAME, message, did_you_mean(last, known.iter().map(String::as_str)))
    }

    /// Whether the running file sets a name somewhere, in a branch that may not have been taken: then it is empty, not wrong.
    pub(super) fn is_set_somewhere(&self, name: &str) -> bool {
        let text = self.file.text();
        text.match_indices(name).any(|(at, _)| {
            let before = text[..at].trim_end();
            let ends = !text[at + name.len()..].starts_with(|next: char| next.is_alphanumeric() || next == '_');
            ends && (before.ends_with(" set")
                || before.ends_with("%set")
                || before.ends_with("-set")
                || before.ends_with(','))
        })
    }
}

impl Interpreter<'_> {
    /// Says which bytes of the file are running, for a call from outside of any template.
    pub(crate) fn at_span(&mut self, span: Span) {
        self.at = span;
    }

    /// The next call comes from outside of any template: the places in its macro are the outermost ones.
    pub(crate) fn enter(&mut self) {
        self.entered = 1;
    }

    /// Whether a macro is running.
    pub(crate) fn in_macro(&self) -> bool {
        !self.path.is_empty()
    }

    /// A failure at the running call.
    pub(crate) fn fail<T>(&self, raise: Raise) -> Outcome<T> {
        self.located(self.at, Err(raise))
    }

    pub(crate) fn located_here<T>(&self, outcome: Outcome<T>) -> Outcome<T> {
        self.located(self.at, outcome)
    }
}
