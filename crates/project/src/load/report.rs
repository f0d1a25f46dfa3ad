//! Problems that show when all resources are known.

use std::collections::{BTreeSet, HashMap};

use ade_diagnostic::{Diagnostic, Diagnostics, Location, rule};

use super::config::Config;
use super::declarations::Declared;
use super::files::Files;
use crate::resource::{Materialization, Model, Seed, SourceTable};
use crate::yaml::Spanned;
use crate::{NodeId, Relation};
use indexmap::IndexMap;

/// Files of kinds that are not carried out.
pub(super) fn unsupported_files(files: &Files, problems: &mut Diagnostics) {
    for file in &files.snapshots {
        problems.push(super::declarations::snapshots_unsupported(file.top()));
    }
    for file in &files.python_models {
        let message = format!("`{}` is a Python model, which is not supported", file.path());
        let problem = Diagnostic::error(&rule::UNSUPPORTED, message).at(file.top());
        problems.push(problem.hint("write the model in SQL"));
    }
}

/// What YAML asks for that is carried out by nobody when its model or seed does not exist.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Demands {
    /// Data tests.
    pub(super) checks: usize,
    /// Constraints, also those of columns.
    pub(super) constraints: usize,
    /// Whether there is an enforced contract.
    pub(super) contract: bool,
}

impl Demands {
    /// What is lost, in words; `None`: nothing.
    fn lost(self) -> Option<String> {
        let mut lost = Vec::new();
        match self.checks {
            0 => {}
            1 => lost.push("its check does not run".to_owned()),
            checks => lost.push(format!("its {checks} checks do not run")),
        }
        if self.contract {
            lost.push("its contract is not held".to_owned());
        } else if self.constraints > 0 {
            lost.push("its constraints are not held".to_owned());
        }
        (!lost.is_empty()).then(|| lost.join(", "))
    }
}

/// YAML about models and seeds that do not exist. It is an error where it demands something: rows would become visible that nobody has
/// looked at. `known` are all names of the kind, also of those switched off.
pub(super) fn orphans<T>(
    what: &str,
    declared: &HashMap<String, Declared<T>>,
    name: impl Fn(&T) -> &Spanned<String>,
    demands: impl Fn(&T) -> Demands,
    known: &BTreeSet<&str>,
    problems: &mut Diagnostics,
) {
    let mut orphans: Vec<_> = declared.iter().filter(|(word, _)| !known.contains(word.as_str())).collect();
    orphans.sort_by_key(|(word, _)| word.as_str());
    for (word, declared) in orphans {
        let message = format!("there is no {what} `{word}`, so what is said about it has no effect");
        let problem = match demands(&declared.says).lost() {
            Some(lost) => Diagnostic::error(&rule::ORPHAN_PROPERTIES, format!("{message}: {lost}")),
            None => Diagnostic::warning(&rule::ORPHAN_PROPERTIES, message),
        };
        let problem = problem.at(declared.file.location(name(&declared.says).span));
        problems.push(problem.suggestion(word, known.iter().copied()));
    }
}

/// A relation that cannot be made; `otherwise` is where it comes from when no configuration names it.
pub(super) fn unusable_relation(
    what: &str,
    relation: &Relation,
    is_table: bool,
    config: &Config,
    otherwise: impl FnOnce() -> Location,
    problems: &mut Diagnostics,
) {
    let Some(reason) = relation.fault(is_table) else { return };
    let of_schema = Relation::new(relation.schema.as_str(), "x").fault(is_table).is_some();
    let key = if of_schema { "schema" } else { "alias" };
    let message = format!("{what} cannot be `{relation}`: {reason}");
    let problem = Diagnostic::error(&rule::INVALID_NAME, message);
    problems.push(
        problem.at(config.value_location(key).unwrap_or_else(otherwise)).hint(format!("give it another `{key}`")),
    );
}

/// Two nodes that would write the same table.
pub(super) fn duplicate_relations(
    sources: &IndexMap<NodeId, SourceTable>,
    seeds: &IndexMap<NodeId, Seed>,
    models: &IndexMap<NodeId, Model>,
    seed_place: impl Fn(&Seed) -> Location,
    problems: &mut Diagnostics,
) {
    let ingested = sources.values().filter(|source| source.ingest.is_some());
    let sources = ingested.map(|source| (&source.relation, &source.id, source.origin.clone()));
    let seeds = seeds.values().map(|seed| (&seed.relation, &seed.id, seed_place(seed)));
    let written = models.values().filter(|model| model.materialized != Materialization::Ephemeral);
    let models = written.map(|model| (&model.relation, &model.id, model.file.top()));
    let mut first: HashMap<(String, String), (&NodeId, Location)> = HashMap::new();
    for (relation, id, location) in sources.chain(seeds).chain(models) {
        // File systems that ignore case would mix them up.
        let key = (relation.schema.to_lowercase(), relation.table.to_lowercase());
        match first.get(&key) {
            Some((other, place)) if *other != id => problems.push(duplicate(relation, id, other, &location, place)),
            Some(_) => {}
            None => {
                first.insert(key, (id, location));
            }
        }
    }
}

fn duplicate(relation: &Relation, id: &NodeId, other: &NodeId, location: &Location, first: &Location) -> Diagnostic {
    let message = format!("`{id}` and `{other}` would both write the table `{relation}`");
    let problem = Diagnostic::error(&rule::DUPLICATE_RELATION, message).at(location.clone());
    problem.related(first.clone(), "the other one").hint("give one of them another `alias` or `schema`")
}
