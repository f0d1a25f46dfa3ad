//! What the names in `ref()` and `source()` stand for.

use std::collections::{BTreeMap, HashMap};

use ade_diagnostic::{Diagnostic, Location, rule, suggest};

use crate::template::Reference;
use crate::{NodeId, Relation};

/// Everything that a reference can name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    project: String,
    refs: HashMap<String, (NodeId, Relation)>,
    sources: BTreeMap<String, BTreeMap<String, (NodeId, Relation)>>,
    disabled_refs: HashMap<String, Location>,
    disabled_sources: HashMap<(String, String), Location>,
}

impl Names {
    pub(super) fn new(project: &str) -> Self {
        Self { project: project.to_owned(), ..Self::default() }
    }

    pub(super) fn add_ref(&mut self, name: &str, id: NodeId, relation: Relation) {
        self.refs.insert(name.to_owned(), (id, relation));
    }

    pub(super) fn add_source(&mut self, source: &str, table: &str, id: NodeId, relation: Relation) {
        self.sources.entry(source.to_owned()).or_default().insert(table.to_owned(), (id, relation));
    }

    pub(super) fn add_disabled_ref(&mut self, name: &str, origin: Location) {
        self.disabled_refs.insert(name.to_owned(), origin);
    }

    pub(super) fn add_disabled_source(&mut self, source: &str, table: &str, origin: Location) {
        self.disabled_sources.insert((source.to_owned(), table.to_owned()), origin);
    }

    /// The node of a `ref()`; the problem has no place yet.
    pub(crate) fn reference(&self, reference: &Reference) -> Result<&(NodeId, Relation), Box<Diagnostic>> {
        if let Some(package) = reference.package.as_ref().filter(|package| **package != self.project) {
            let message = format!("there is no package `{package}`");
            let problem = Diagnostic::error(&rule::UNKNOWN_PACKAGE, message);
            return Err(Box::new(problem.hint(format!("this project is `{}`; packages are not read", self.project))));
        }
        if reference.version.is_some() {
            let message = format!("`{}` asks for a version, and versions of models are not supported", reference.name);
            return Err(Box::new(Diagnostic::error(&rule::UNSUPPORTED, message).hint("leave the version out")));
        }
        let name = &reference.name;
        if let Some(found) = self.refs.get(name) {
            return Ok(found);
        }
        if let Some(origin) = self.disabled_refs.get(name) {
            let message = format!("`{name}` is switched off with `enabled: false`");
            return Err(Box::new(
                Diagnostic::error(&rule::DISABLED_REF, message).related(origin.clone(), "switched off here"),
            ));
        }
        let problem = Diagnostic::error(&rule::UNKNOWN_REF, format!("there is no model, seed or snapshot `{name}`"));
        let mut candidates: Vec<&str> = self.refs.keys().map(String::as_str).collect();
        candidates.sort_unstable();
        Err(Box::new(match suggest(name, candidates) {
            Some(candidate) => problem.hint(format!("did you mean `{candidate}`?")),
            None => match self.sources.iter().find(|(_, tables)| tables.contains_key(name)) {
                Some((source, _)) => problem.hint(format!("did you mean `source('{source}', '{name}')`?")),
                None => problem,
            },
        }))
    }

    /// The node of a `source()`; the problem has no place yet.
    pub(crate) fn source(&self, source: &str, table: &str) -> Result<&(NodeId, Relation), Box<Diagnostic>> {
        if let Some(origin) = self.disabled_sources.get(&(source.to_owned(), table.to_owned())) {
            let message = format!("the source `{source}.{table}` is switched off with `enabled: false`");
            return Err(Box::new(
                Diagnostic::error(&rule::DISABLED_REF, message).related(origin.clone(), "switched off here"),
            ));
        }
        let Some(tables) = self.sources.get(source) else {
            let problem = Diagnostic::error(&rule::UNKNOWN_SOURCE, format!("there is no source `{source}`"));
            let problem = problem.suggestion(source, self.sources.keys().map(String::as_str));
            return Err(Box::new(if self.sources.is_empty() {
                problem.hint("declare it in `sources/` or in a `.yml` file beside the models")
            } else {
                problem
            }));
        };
        tables.get(table).ok_or_else(|| {
            let message = format!("the source `{source}` has no table `{table}`");
            let problem = Diagnostic::error(&rule::UNKNOWN_SOURCE, message);
            Box::new(problem.suggestion(table, tables.keys().map(String::as_str)))
        })
    }
}
