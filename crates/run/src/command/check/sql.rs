//! SQL errors that can be known without any data.
//!
//! Every model is compiled and planned, in the order in which they would be built, over empty tables with the columns that
//! are known by then: those that sources promise with their types, those that seeds hold, those that models select. What
//! cannot be known (a source without types, a model that asks the lake while it is compiled) makes what reads it unknown too,
//! and then only its syntax is looked at: nothing is reported that a build could not find.
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use ade_diagnostic::{Diagnostic, Location, rule};
use ade_engine::{Engine, EngineOptions, RelationName, Session, SessionOptions, SqlErrorKind};
use ade_privacy::{Class, Rule};
use ade_project::resource::{Check, CheckKind, Materialization, Model};
use ade_project::template::{Column, CompileContext, Compiled, LookupError, Reference, RelationKind, TemplateRelation};
use ade_project::{NodeId, Project};
use ade_quality::{CheckStatus, run_checks};
use arrow::datatypes::{DataType, SchemaRef};
use chrono::{DateTime, Utc};

use super::columns::{of_seed, of_source};
use super::doubts::Doubts;
use super::hard_coded::hard_coded;
use super::known_tables::KnownTables;
use super::settings::unknown_columns;
use crate::build::{NamedNodes, check_spec, relation_name, sql_diagnostic};
use crate::source::Obfuscation;
use crate::world::World;

/// What is wrong with the SQL of models and checks.
pub(super) async fn sql_problems(
    project: &Project,
    root: &Path,
    obfuscation: Option<&Obfuscation>,
    doubts: &Doubts<'_>,
    world: &World,
) -> Vec<Diagnostic> {
    let options = EngineOptions {
        memory_bytes: world.memory_bytes,
        threads: world.cores.max(1),
        spill_dir: None,
        spill_bytes: 0,
    };
    let Ok(engine) = Engine::new(&options) else { return Vec::new() };
    let tables = Arc::new(KnownTables::default());
    for source in project.sources.values().filter(|source| !doubts.has(&source.path)) {
        if let Some(schema) = obfuscation.and_then(|obfuscation| of_source(source, obfuscation)) {
            tables.put(relation_name(&source.relation), schema);
        }
    }
    for seed in project.seeds.values().filter(|_| !doubts.has_properties()) {
        if let Some(schema) = of_seed(seed, root).await {
            tables.put(relation_name(&seed.relation), schema);
        }
    }
    let named = NamedNodes::of(project);
    let mut review = Review { project, named, engine, tables, now: world.clock.now(), problems: Vec::new() };
    for node in project.graph.topological_order() {
        if let Some(model) = project.models.get(&node.id).filter(|model| !doubts.has(model.path())) {
            review.model(model).await;
        }
    }
    review.checks(doubts).await;
    review.problems
}

struct Review<'a> {
    project: &'a Project,
    named: NamedNodes,
    engine: Engine,
    tables: Arc<KnownTables>,
    now: DateTime<Utc>,
    problems: Vec<Diagnostic>,
}

/// Whose SQL it is.
struct Owner<'a> {
    /// In words: `` model `orders` ``.
    what: String,
    node: &'a NodeId,
    /// Where it is declared, for what has no better place.
    place: Location,
    schema: &'a str,
}

impl Review<'_> {
    fn session(&self, schema: &str, with_batch: bool) -> Session {
        let options = SessionOptions::new(schema).with_now(self.now);
        let options = if with_batch { options.with_batch_id(uuid::Uuid::nil().to_string()) } else { options };
        self.engine.session(Arc::clone(&self.tables) as _, options)
    }

    async fn model(&mut self, model: &Model) {
        if self.asks_the_lake(&model.id) {
            return;
        }
        let owner = Owner {
            what: format!("model `{}`", model.name),
            node: &model.id,
            place: model.file.top(),
            schema: &model.relation.schema,
        };
        let is_table = matches!(model.materialized, Materialization::Table | Materialization::Incremental);
        let session = self.session(owner.schema, is_table);
        let Some(compiled) = self.compile(&model.id, self.project) else { return };
        let Some(schema) = self.plan(&owner, &compiled, &session).await else { return };
        for problem in unknown_columns(model, &schema, |name| self.may_be_there(name)) {
            self.tell(problem);
        }
        let is_known = model.materialized != Materialization::Ephemeral
            // A column of nothing but nulls gets its type when it is written.
            && !schema.fields().iter().any(|field| field.data_type() == &DataType::Null);
        if is_known {
            self.tables.put(relation_name(&model.relation), schema);
        }
        if model.incremental.is_none() {
            return;
        }
        let again = Again { project: self.project, this: TemplateRelation::of(&model.relation) };
        let Some(adding) = self.compile(&model.id, &again).filter(|adding| adding.text != compiled.text) else {
            return;
        };
        let owner = Owner { what: format!("{}, once its table is there", owner.what), ..owner };
        self.plan(&owner, &adding, &session).await;
    }

    async fn checks(&mut self, doubts: &Doubts<'_>) {
        let project = self.project;
        let base = project.environment.relation(&project.environment.schema, "").schema;
        // Checks of one table are planned together: each alone costs a millisecond, and projects have thousands.
        let mut builtin: BTreeMap<RelationName, Vec<&Check>> = BTreeMap::new();
        for check in project.checks.values() {
            let is_torn = matches!(check.kind, CheckKind::Singular { .. }) && doubts.has(check.origin.path());
            if is_torn || self.asks_the_lake(&check.id) {
                continue;
            }
            if matches!(check.kind, CheckKind::Generic { .. } | CheckKind::Singular { .. }) {
                let schema = check.target.as_ref().map_or(&base, |target| &target.relation.schema);
                let what = format!("check `{}`", check.name);
                let owner = Owner { what, node: &check.id, place: check.origin.clone(), schema };
                if let Some(compiled) = self.compile(&check.id, project) {
                    let session = self.session(schema, false);
                    self.plan(&owner, &compiled, &session).await;
                }
            } else if let Some(target) = &check.target {
                let relation = relation_name(&target.relation);
                let other = match &check.kind {
                    CheckKind::Relationships { to_relation, .. } => Some(relation_name(to_relation)),
                    _ => None,
                };
                let is_known = std::iter::once(&relation).chain(&other).all(|name| self.tables.has(name));
                if is_known && !self.cannot_be_wrong(check, &relation) {
                    builtin.entry(relation).or_default().push(check);
                }
            }
        }
        for (relation, checks) in builtin {
            // Over empty tables every check can be evaluated, or is wrong.
            let specs: Vec<_> = checks.iter().map(|check| check_spec(check, None, false)).collect();
            let session = self.session(&relation.schema, false);
            for (check, outcome) in checks.iter().zip(run_checks(&session, &specs, self.now, NonZeroUsize::MIN).await) {
                if outcome.status != CheckStatus::Error || self.may_be_there(&outcome.message) {
                    continue;
                }
                let rule = if outcome.message.contains("no column") { &rule::UNKNOWN_COLUMN } else { &rule::SQL_ERROR };
                let message = format!("check `{}`: {}", check.name, outcome.message);
                let problem = Diagnostic::error(rule, message).at(check.origin.clone());
                self.problems.push(outcome.hints.into_iter().fold(problem, Diagnostic::hint));
            }
        }
    }

    /// Whether a check asks no more of a column that is there than values of any type can answer.
    fn cannot_be_wrong(&self, check: &Check, relation: &RelationName) -> bool {
        match &check.kind {
            CheckKind::Unique { expression } | CheckKind::NotNull { expression } => {
                let is_plain = check.filter.is_none() && check.fail_calc.trim() == "count(*)";
                is_plain && self.tables.has_column(relation, expression)
            }
            _ => false,
        }
    }

    /// Whether the text that a template becomes depends on what is in the lake.
    fn asks_the_lake(&self, id: &NodeId) -> bool {
        self.project.uses(id).is_some_and(|uses| uses.introspects)
    }

    fn compile(&mut self, id: &NodeId, context: &dyn CompileContext) -> Option<Compiled> {
        match self.project.compile(id, context) {
            Ok(compiled) => Some(compiled),
            Err(problem) => {
                self.tell(*problem);
                None
            }
        }
    }

    /// The columns that a statement gives, when everything that it reads is known.
    async fn plan(&mut self, owner: &Owner<'_>, compiled: &Compiled, session: &Session) -> Option<SchemaRef> {
        for problem in hard_coded(self.project, &self.named, owner.node, &owner.what, compiled, owner.schema) {
            self.tell(problem);
        }
        match session.schema_of(&compiled.text).await {
            Ok(schema) => Some(schema),
            Err(error) => {
                let unknown = |what: &str| error.kind == SqlErrorKind::Unknown && error.message.starts_with(what);
                let is_unknowable = (unknown("there is no table or view") && !is_keyword(&error.message))
                    || (unknown("there is no column") && self.may_be_there(&error.message));
                if !is_unknowable {
                    let error = match error.message.rsplit('.').next() {
                        Some(word) if unknown("there is no table or view") => {
                            let hint = format!("the name of a table is missing before `{word}`");
                            error.clone().with_hint(hint)
                        }
                        _ => error.clone(),
                    };
                    self.tell(sql_diagnostic(&owner.what, &owner.place, compiled, &error));
                }
                None
            }
        }
    }

    /// Whether an error names a column that a source may have without listing it, because a rule classifies it.
    fn may_be_there(&self, message: &str) -> bool {
        let words = message.split(|letter: char| !(letter.is_alphanumeric() || letter == '_'));
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        self.project.privacy.rules.iter().any(|declared| {
            let column = declared.column.clone().unwrap_or_else(|| "*".to_owned());
            let rule = Rule { column, table: None, types: Vec::new(), class: Class::Public, treatment: None };
            words.iter().any(|word| rule.matches("", word, &DataType::Null))
        })
    }

    /// What is wrong with an ephemeral model or a macro is told once, not for each that uses it.
    fn tell(&mut self, problem: Diagnostic) {
        let is_told = |told: &Diagnostic| told.rule == problem.rule && told.location == problem.location;
        if problem.location.is_none() || !self.problems.iter().any(is_told) {
            self.problems.push(problem);
        }
    }
}

/// Whether what was read as a table is the word that comes after one: `select * from where`.
fn is_keyword(message: &str) -> bool {
    const WORDS: [&str; 9] = ["where", "join", "on", "group", "order", "having", "limit", "union", "select"];
    message.rsplit('.').next().is_some_and(|word| WORDS.contains(&word))
}

/// The project as the world of an incremental model whose table is there.
struct Again<'a> {
    project: &'a Project,
    this: TemplateRelation,
}

impl CompileContext for Again<'_> {
    fn reference(&self, reference: &Reference) -> Result<TemplateRelation, LookupError> {
        self.project.reference_relation(reference)
    }

    fn source(&self, source: &str, table: &str) -> Result<TemplateRelation, LookupError> {
        self.project.source_relation(source, table)
    }

    fn is_incremental(&self) -> bool {
        true
    }

    fn existing(&self, relation: &TemplateRelation) -> Result<Option<TemplateRelation>, LookupError> {
        Ok((*relation == self.this).then(|| relation.clone().with_kind(RelationKind::Table)))
    }

    fn columns(&self, _: &TemplateRelation) -> Result<Vec<Column>, LookupError> {
        Ok(Vec::new())
    }

    fn document(&self, _package: Option<&str>, name: &str) -> Option<String> {
        self.project.document(name).map(str::to_owned)
    }
}
