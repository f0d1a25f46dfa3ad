//! A project, read and resolved for one environment.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use ade_diagnostic::{Diagnostic, SourceFile};
use indexmap::IndexMap;
use serde_json::{Map, Value};

use crate::fingerprint::{NodeFingerprint, PlanDiff};
use crate::graph::Graph;
use crate::load::Names;
use crate::resource::{
    Check, Connection, Environment, EventSource, Exposure, Hook, Model, PrivacyPolicy, Seed, SourceTable,
};
use crate::template::{LookupError, Reference, Template, TemplateSet, TemplateSettings, Uses};
use crate::{NodeId, Relation};

/// Everything that the files of a project declare, resolved for one environment. Disabled resources are not in it.
/// The maps are ordered by where things are declared: by path, then by line. Cheap to clone but for its maps.
#[derive(Clone, Debug)]
pub struct Project {
    /// Its name.
    pub name: String,
    /// The chosen environment.
    pub environment: Environment,
    /// All environments.
    pub environments: IndexMap<String, Environment>,
    /// Connections by name.
    pub connections: IndexMap<String, Connection>,
    /// Classes and rules.
    pub privacy: PrivacyPolicy,
    /// Source tables.
    pub sources: IndexMap<NodeId, SourceTable>,
    /// Sources of events, by name.
    pub events: IndexMap<String, EventSource>,
    /// Seeds.
    pub seeds: IndexMap<NodeId, Seed>,
    /// Models.
    pub models: IndexMap<NodeId, Model>,
    /// Checks.
    pub checks: IndexMap<NodeId, Check>,
    /// Exposures.
    pub exposures: IndexMap<NodeId, Exposure>,
    /// Statements before everything else of a run.
    pub on_run_start: Vec<Hook>,
    /// Statements after everything else of a run.
    pub on_run_end: Vec<Hook>,
    /// The project's variables with `--vars` applied.
    pub vars: Map<String, Value>,
    /// What feeds what.
    pub graph: Graph,
    /// What each node is made from, as digests.
    pub fingerprints: BTreeMap<NodeId, NodeFingerprint>,
    pub(crate) inner: Arc<Inner>,
}

/// What compiling needs of a loaded project.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) macros: TemplateSet,
    pub(crate) settings: TemplateSettings,
    pub(crate) templates: HashMap<NodeId, Template>,
    pub(crate) uses: BTreeMap<NodeId, Uses>,
    pub(crate) names: Names,
    pub(crate) docs: BTreeMap<String, String>,
}

/// What became of reading a project.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The project; `None` when a problem stops the work.
    pub project: Option<Project>,
    /// What could be read in spite of such problems, to look for more of them: resources with errors are not in it or lack
    /// what is wrong, and nothing has a fingerprint.
    pub draft: Option<Project>,
    /// All problems, in reading order.
    pub diagnostics: Vec<Diagnostic>,
    /// Every text file that was read, ascending by path.
    pub files: Vec<Arc<SourceFile>>,
}

impl Project {
    /// The relation of a source table, seed or model.
    pub fn relation(&self, id: &NodeId) -> Option<&Relation> {
        let source = || self.sources.get(id).map(|source| &source.relation);
        let seed = || self.seeds.get(id).map(|seed| &seed.relation);
        let model = || self.models.get(id).map(|model| &model.relation);
        source().or_else(seed).or_else(model)
    }

    /// The node that a `ref()` names; for [`crate::template::CompileContext::reference`].
    pub fn reference(&self, reference: &Reference) -> Result<&NodeId, LookupError> {
        self.inner.names.reference(reference).map(|(id, _)| id).map_err(|problem| lookup_error(*problem))
    }

    /// The node that a `source()` names; for [`crate::template::CompileContext::source`].
    pub fn source(&self, source: &str, table: &str) -> Result<&NodeId, LookupError> {
        self.inner.names.source(source, table).map(|(id, _)| id).map_err(|problem| lookup_error(*problem))
    }

    /// The text of a `{% docs %}` block.
    pub fn document(&self, name: &str) -> Option<&str> {
        self.inner.docs.get(name).map(String::as_str)
    }

    /// What the template of a model or check was found to ask for.
    pub fn uses(&self, id: &NodeId) -> Option<&Uses> {
        self.inner.uses.get(id)
    }

    /// What differs between an earlier state's fingerprints and this project's.
    pub fn plan_diff(&self, before: &BTreeMap<NodeId, NodeFingerprint>) -> PlanDiff {
        PlanDiff::between(before, &self.fingerprints)
    }
}

fn lookup_error(problem: Diagnostic) -> LookupError {
    LookupError { message: problem.message, hints: problem.hints }
}
