//! What is decided about a table before the first row of it is read.
use std::collections::HashSet;
use std::sync::Arc;

use ade_connect::{MISFITS, ReadPlan, TextForms};
use ade_diagnostic::{Diagnostic, rule};
use ade_engine::{MemoryCatalog, type_name};
use ade_lake::Snapshot;
use ade_privacy::{Class, Keyring, Obfuscator, Policy, Treatment};
use ade_project::resource::{DriftKind, DriftPolicy, IngestMode, SourceTable};
use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};

use super::conditions::Conditions;
use super::continuity::{Continuity, origin};
use super::contract::fields;
use super::door::Door;
use super::drift::{Consumers, Renaming, Retyping, Verdict, policy_of};
use super::extras::Extras;
use super::ingest::{TableLanding, landed};
use super::key::{folded_keys, missing_keys};
use super::landed_reading::LandedReading;
use super::landing::Landing;
use super::redeclared::files_landed;
use super::shape::Shaped;
use super::sieve::Sieve;
use super::stamp::stamped;
use super::suppressed::suppressor;
use crate::build::{Outcome, TaskError};
use crate::error::RunError;

/// What is decided before the first row is read.
pub(super) struct Decided {
    pub(super) plan: ReadPlan,
    /// The columns that are read, with the names that they have in the lake and the types as which they are read.
    pub(super) arriving: SchemaRef,
    /// What tells rows apart.
    pub(super) sieve: Sieve,
    /// Whether records that no row can be made of are kept; else they are left out, where they do not end the read.
    pub(super) rejects: bool,
    /// The places of the columns that land among those that are read.
    pub(super) places: Vec<usize>,
    /// Listed columns that the source has not got.
    pub(super) missing: Vec<String>,
    pub(super) obfuscator: Obfuscator,
    /// The key that values and records are sealed with which nobody can treat, where there may be some.
    pub(super) sealing: Option<Keyring>,
    /// Columns whose documents are looked at.
    pub(super) shaped: Vec<Shaped>,
    /// What rows carry beside their own columns.
    pub(super) extras: Extras,
    /// Of the rows that are staged.
    pub(super) schema: SchemaRef,
    pub(super) landing: Landing,
}

impl Decided {
    /// For a plan that reads no rows, as when a file was removed or renamed: nothing says what the columns are, and there is
    /// nothing to decide about. All that is remembered stays as it is.
    pub(super) fn nothing_read(plan: ReadPlan, current: &Snapshot) -> Result<Self, TaskError> {
        let plan = plan.keeping(|_| false);
        let obfuscator = Obfuscator::new(&plan.schema, &Policy::new(Vec::new()), &stand_in())?;
        let (arriving, schema) = (Arc::clone(&plan.schema), Arc::clone(current.schema()));
        Ok(Self {
            plan,
            arriving,
            sieve: Sieve::default(),
            rejects: false,
            places: Vec::new(),
            missing: Vec::new(),
            obfuscator,
            sealing: None,
            shaped: Vec::new(),
            extras: Extras::default(),
            schema,
            landing: landed(current).unwrap_or_default(),
        })
    }

    /// Of rows with the columns that are read, those columns that land.
    pub(super) fn landing_of(&self, rows: &RecordBatch) -> Result<RecordBatch, RunError> {
        if self.places.len() == rows.num_columns() {
            return Ok(rows.clone());
        }
        rows.project(&self.places).map_err(|_| RunError::Stamp { rows: rows.num_rows() })
    }
}

/// Where no column asks for a key, nothing is derived from this one.
fn stand_in() -> Keyring {
    Keyring::generate([0; 32])
}

impl TableLanding<'_> {
    /// Holds the plan against the contract, decides about every column, and makes the obfuscator.
    pub(super) async fn decide(
        &self,
        plan: ReadPlan,
        retyping: &Retyping,
        current: Option<&Snapshot>,
        whole: bool,
        renamings: &[Renaming],
        outcome: &mut Outcome,
    ) -> Result<Decided, TaskError> {
        let door = Door::new(self.source);
        let mut sieve = Sieve { fitted: fitted(retyping, &door.schema_inside(&plan.schema)), ..Sieve::default() };
        let columns = sieve.fitted_schema(&door.schema_inside(&plan.schema));
        let policy = self.build.obfuscation.policy(self.source, &columns).map_err(TaskError::Diagnostics)?;
        let conditions = self.conditions(&columns).await;
        let named: Vec<&str> = conditions.iter().flat_map(Conditions::columns).collect();
        let consumers = self.consumers_of(&plan, current).await;
        let verdict = Verdict::new(&consumers, self.source, &plan, &policy, renamings, &named);
        let mut problems = verdict.problems;
        problems.extend(self.cursor_is_sensitive(&door, &columns, &policy));
        problems.extend(folded_keys(self.source, &policy, &columns));
        let conditions = conditions.unwrap_or_else(|found| {
            problems.extend(found);
            Conditions::default()
        });
        if !problems.is_empty() {
            return Err(TaskError::Diagnostics(problems));
        }
        let mut notes = retyping.notes(&format!("{}.{}", self.source.source, self.source.name));
        notes.extend(verdict.notes);
        if !notes.is_empty() {
            outcome.warn();
            outcome.notes(&notes);
        }
        let left_out: HashSet<String> = policy.unclassified().iter().map(|column| column.column.clone()).collect();
        let dropped = |name: &str| policy.column(name).is_some_and(|decided| decided.treatment == Treatment::Drop);
        let lands = |name: &str| !left_out.contains(name) && !dropped(name);
        let mut looked_at: HashSet<String> =
            conditions.columns().map(str::to_owned).chain(verdict.watched.iter().cloned()).collect();
        let (suppressor, named) = suppressor(self.build, self.table, &policy)?;
        sieve.suppressor = suppressor;
        // Also of columns that do not land.
        looked_at.extend(named);
        let plan = plan.keeping(|name| lands(door.inside(name)) || looked_at.contains(door.inside(name)));
        let told = self.told(&door, &plan);
        let broken = self.source.drift.policy(DriftKind::BrokenRecord, "", &[]);
        let plan = plan.telling_misfits(told);
        let plan = if broken == DriftPolicy::Stop { plan } else { plan.rejecting() };
        let arriving = door.schema_inside(&plan.schema);
        sieve.fitted = fitted(retyping, &arriving);
        let forms = TextForms::of(&plan.request.options);
        let written = plan.schema.fields().iter().enumerate();
        sieve.forms = written.filter_map(|(place, field)| Some((place, forms.column(field.name())?))).collect();
        sieve.told = plan.misfits.iter().filter_map(|name| plan.schema.index_of(name).ok()).collect();
        self.fill(&mut sieve, &arriving, &verdict.missing, &verdict.watched).await?;
        let is_aside = |name: &String| verdict.aside.contains(name) || self.sets_aside(retyping, name, &arriving);
        let places = arriving.fields().iter().enumerate().filter(|(_, field)| is_aside(field.name()));
        sieve.aside = places.map(|(place, _)| place).collect();
        let places =
            arriving.fields().iter().enumerate().filter(|(_, field)| lands(field.name()) && field.name() != MISFITS);
        let places: Vec<usize> = places.map(|(place, _)| place).collect();
        let first: Vec<String> = first_of(&plan, &door, current).into_iter().filter(|column| lands(column)).collect();
        let shape = |_| RunError::Stamp { rows: 0 };
        let inside = sieve.fitted_schema(&arriving).project(&places).map_err(shape)?;
        let shaped = self.shaped(&inside, &policy);
        let shapes = current.filter(|_| !self.anew).and_then(landed).map(|before| before.shapes).unwrap_or_default();
        sieve.shaped = self.shaped_columns(&shaped, &shapes, &arriving);
        let mut problems = missing_keys(self.source, &inside);
        problems.extend(door.problems(self.source, &plan));
        if !problems.is_empty() {
            return Err(TaskError::Diagnostics(problems));
        }
        // What is left out is dropped, also within a struct.
        let mut policy = policy;
        policy.settle_unclassified(&Class::Custom("unclassified".to_owned()), &Treatment::Drop);
        let needs_key = policy
            .columns()
            .iter()
            .any(|decided| matches!(decided.treatment, Treatment::Pseudonym { .. } | Treatment::Encrypt { .. }));
        let keyring = if needs_key { Some(self.keyring(current)?) } else { None };
        let obfuscator = Obfuscator::new(&inside, &policy, &keyring.clone().unwrap_or_else(stand_in))?;
        let key = keyring.map(|keyring| keyring.id().to_string()).unwrap_or_default();
        let seals = sieve.finds_unfit() || plan.rejects;
        let sealing = if seals { Some(self.keyring(current)?) } else { None };
        let landing = Landing::new(&obfuscator, &policy, key, origin(self.source, self.declared))
            .of_rows(self.source)
            .read_as(self.reading()?)
            .in_mode(self.declared.mode);
        for column in first {
            outcome.note(&format!("new column `{column}` lands for the first time: a rule classifies it"));
        }
        let landing = self.continued(current, whole, &plan, &policy, retyping, landing, outcome)?;
        let shapes = shapes.into_iter().filter(|(column, _)| shaped.iter().any(|one| one.column == *column)).collect();
        let landing = Landing { shapes, ..landing };
        let landing = landing.dated(current.and_then(landed).as_ref(), self.build.workspace.world.clock.now());
        let extras = Extras::new(self.source, &sieve);
        let schema = stamped(&extras.schema(obfuscator.output_schema()));
        let missing = verdict.missing;
        let rejects = broken == DriftPolicy::QuarantineRows && plan.rejects;
        Ok(Decided {
            plan,
            arriving,
            sieve,
            rejects,
            places,
            missing,
            obfuscator,
            sealing,
            shaped,
            extras,
            schema,
            landing,
        })
    }

    /// The key that rows land under: the one that those which are there landed under, as long as there is one, so that they join until
    /// the table is loaded from nothing.
    pub(super) fn keyring(&self, current: Option<&Snapshot>) -> Result<Keyring, RunError> {
        let keys = self.build.keys()?;
        let before = current.filter(|_| !self.anew).and_then(landed);
        Ok(before.and_then(|before| keys.get(&before.key)).unwrap_or_else(|| keys.current()).clone())
    }

    /// Who uses the table, where a plan found something that they should know of.
    async fn consumers_of(&self, plan: &ReadPlan, current: Option<&Snapshot>) -> Consumers {
        let mut drift = plan.drift();
        fields(self.source, plan, &mut drift);
        if drift.missing.is_empty() && drift.retyped.is_empty() {
            return Consumers::default();
        }
        Box::pin(self.consumers(current)).await
    }

    /// Columns, by their names in the source, of which rows are kept apart whose value does not fit. What tells rows apart and
    /// where they are is never done without.
    fn told(&self, door: &Door, plan: &ReadPlan) -> Vec<String> {
        let fields = plan.schema.fields().iter().filter(|field| {
            let (name, data_type) = (door.inside(field.name()), type_name(field.data_type()));
            let policy = self.source.drift.policy(DriftKind::RetypedColumn, name, &[&data_type]);
            let mut needed = self.declared.key.iter().chain(&self.declared.cursor);
            let keeps = matches!(policy, DriftPolicy::QuarantineRows | DriftPolicy::QuarantineValue);
            keeps && !needed.any(|needed| needed.eq_ignore_ascii_case(name))
        });
        fields.map(|field| field.name().clone()).collect()
    }

    /// Whether rows land without a value of the column that does not fit. Without what tells them apart, or was promised of all
    /// of them, they do not.
    fn sets_aside(&self, retyping: &Retyping, name: &str, arriving: &Schema) -> bool {
        let data_type = arriving.field_with_name(name).map(|field| type_name(field.data_type())).unwrap_or_default();
        let policy = self.source.drift.policy(DriftKind::RetypedColumn, name, &[&data_type]);
        !self.is_needed(name) && (retyping.is_aside(name) || policy == DriftPolicy::QuarantineValue)
    }

    /// Whether rows do not land without a value of a column: it tells them apart, says where they are, or was promised of all.
    pub(super) fn is_needed(&self, name: &str) -> bool {
        let mut needed = self.declared.key.iter().chain(&self.declared.cursor);
        needed.any(|needed| needed.eq_ignore_ascii_case(name))
            || self.source.column(name).is_some_and(|listed| !listed.nullable)
    }

    /// The table's conditions, planned over the columns that there are.
    async fn conditions(&self, columns: &Schema) -> Result<Conditions, Vec<Diagnostic>> {
        self.conditions_of(self.source, columns).await
    }

    /// The conditions of `source`, a table of the same schema, planned over `columns`.
    pub(super) async fn conditions_of(
        &self,
        source: &SourceTable,
        columns: &Schema,
    ) -> Result<Conditions, Vec<Diagnostic>> {
        if !Conditions::are_declared(source) {
            return Ok(Conditions::default());
        }
        let session = self.build.session(MemoryCatalog::new(), &self.source.relation.schema);
        Conditions::plan(source, &session, columns).await
    }

    /// Fills in what rows with the columns `arriving` are held against.
    async fn fill(
        &self,
        sieve: &mut Sieve,
        arriving: &Schema,
        missing: &[String],
        watched: &[String],
    ) -> Result<(), TaskError> {
        let place = |name: &str| arriving.fields().iter().position(|field| field.name().eq_ignore_ascii_case(name));
        let promised = self.source.columns.iter().filter(|column| !column.nullable && !missing.contains(&column.name));
        for column in promised {
            match policy_of(self.source, DriftKind::NewlyNullable, column) {
                DriftPolicy::QuarantineRows => sieve.never_null.extend(place(&column.name)),
                DriftPolicy::Evolve => sieve.counted.extend(place(&column.name)),
                DriftPolicy::Stop | DriftPolicy::Ignore | DriftPolicy::QuarantineValue => {}
            }
        }
        sieve.watched = watched.iter().filter_map(|name| place(name)).collect();
        let fitted = sieve.fitted_schema(arriving);
        let Conditions { rules, deleted } = self.conditions(&fitted).await.map_err(TaskError::Diagnostics)?;
        (sieve.rules, sieve.deleted, sieve.on_delete) = (rules, deleted, self.source.on_delete);
        Ok(())
    }

    /// The highest value of the cursor is kept in the table's commits as it is, so it must not be one that is hidden in rows.
    fn cursor_is_sensitive(&self, door: &Door, columns: &Schema, policy: &Policy) -> Option<Diagnostic> {
        let cursor = door.inside(self.declared.cursor.as_ref()?);
        let is_it = |name: &str| name.eq_ignore_ascii_case(cursor);
        let decided = policy.columns().iter().find(|decided| is_it(&decided.column));
        let exists = columns.fields().iter().any(|field| is_it(field.name()));
        let why = match decided {
            _ if self.declared.mode != IngestMode::Incremental || !exists => return None,
            Some(decided) if decided.treatment == Treatment::Keep => return None,
            Some(decided) => format!("is treated by `{}`", decided.treatment),
            None => "is not classified".to_owned(),
        };
        let table = format!("{}.{}", self.source.source, self.source.name);
        let message =
            format!("cursor column `{cursor}` of `{table}` {why}, and its highest value would be stored as it is");
        let place = self.source.column(cursor).map_or(&self.declared.origin, |listed| &listed.origin);
        let hint = "use a column as `cursor` that may be seen (`privacy: public`), such as a time of change";
        Some(Diagnostic::error(&rule::INVALID_INGEST, message).at(place.clone()).hint(hint))
    }

    /// What to remember of a landing after the one that the table has.
    #[expect(clippy::too_many_arguments, reason = "each is a fact of its own about the same landing")]
    fn continued(
        &self,
        current: Option<&Snapshot>,
        replaces: bool,
        plan: &ReadPlan,
        policy: &Policy,
        retyping: &Retyping,
        landing: Landing,
        outcome: &mut Outcome,
    ) -> Result<Landing, TaskError> {
        let Some(before) = current.and_then(landed) else { return Ok(landing) };
        let widened = retyping.evolved().map(|column| column.column.clone()).collect();
        let files = current.and_then(files_landed);
        let continuity = Continuity { source: self.source, policy, before: &before, replaces, widened, files };
        let (landing, note) = continuity.continued(plan, landing).map_err(TaskError::Diagnostics)?;
        if let Some(note) = note {
            outcome.note(&note);
        }
        if !replaces {
            let notes = continuity.redeclared(plan, &landing);
            if !notes.is_empty() {
                outcome.warn();
                outcome.notes(&notes);
            }
        }
        Ok(landing)
    }

    /// How the table is declared to be read; `None` where each read takes the place of all that is there.
    fn reading(&self) -> Result<Option<LandedReading>, TaskError> {
        if self.declared.mode == IngestMode::Full {
            return Ok(None);
        }
        let spec = self.build.workspace.connectors.get(self.kind())?.spec();
        Ok(Some(LandedReading::of(self.source, spec)))
    }
}

/// New columns that are read now and did not land before; by their names in the lake.
fn first_of(plan: &ReadPlan, door: &Door, current: Option<&Snapshot>) -> Vec<String> {
    let Some(before) = current else { return Vec::new() };
    let there = |name: &str| before.schema().fields().iter().any(|field| field.name().eq_ignore_ascii_case(name));
    let lands = |name: &str| plan.schema.field_with_name(name).is_ok();
    let new = plan.drift().new.into_iter().filter(|new| lands(&new.name));
    new.map(|new| door.inside(&new.name).to_owned()).filter(|name| !there(name)).collect()
}

/// The places of columns whose values are held against another type, with that type.
pub(super) fn fitted(retyping: &Retyping, columns: &Schema) -> Vec<(usize, arrow::datatypes::DataType)> {
    let place = |name: &str| columns.fields().iter().position(|field| field.name() == name);
    retyping.checked().filter_map(|column| Some((place(&column.column)?, column.promised.clone()))).collect()
}
