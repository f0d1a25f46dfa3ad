//! A project, read and resolved for one environment.

use std::sync::Arc;

use ade_diagnostic::{Diagnostic, SourceFile};
use indexmap::IndexMap;
use serde_json::{Map, Value};

use crate::resource::{Check, Connection, Environment, Exposure, Hook, Model, PrivacyPolicy, Seed, SourceTable};
use crate::{NodeId, Relation};

/// Everything that the files of a project declare, resolved for one environment. Disabled resources are not in it.
/// The maps are ordered by where things are declared: by path, then by line.
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
}

/// What became of reading a project.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The project; `None` when a problem stops the work.
    pub project: Option<Project>,
    /// All problems, in reading order.
    pub diagnostics: Vec<Diagnostic>,
    /// Every text file that was read, by path.
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
}
