//! Every difference between a source and what was promised of it: a problem, something to tell, or nothing.
use ade_connect::{ColumnDrift, DriftedColumn, ReadPlan};
use ade_diagnostic::{Diagnostic, rule};
use ade_engine::type_name;
use ade_privacy::Policy;
use ade_project::resource::{DriftKind, DriftPolicy, IngestMode, SourceTable};
use arrow::datatypes::DataType;

use super::super::contract::{class, column_lines, fields, unclassified};
use super::super::door::Door;
use super::retyping::policy as policy_of_retyped;
use super::{Consumers, Renaming};

/// What comes of the differences.
#[derive(Debug, Default)]
pub(in crate::source) struct Verdict {
    /// What stops the table.
    pub(in crate::source) problems: Vec<Diagnostic>,
    /// What a person should know, and that does not stop it.
    pub(in crate::source) notes: Vec<String>,
    /// Listed columns that are missing, and NULL in what lands; by their names in the lake.
    pub(in crate::source) missing: Vec<String>,
    /// New columns whose rows are kept apart where they have a value; by their names in the lake.
    pub(in crate::source) watched: Vec<String>,
    /// … of which the values alone are kept apart.
    pub(in crate::source) aside: Vec<String>,
}

/// A source that is held against what was promised of it.
struct Judge<'a> {
    consumers: &'a Consumers,
    source: &'a SourceTable,
    plan: &'a ReadPlan,
    door: Door,
    drift: ColumnDrift,
    renamings: &'a [Renaming],
    /// Columns that conditions name.
    named: &'a [&'a str],
    verdict: Verdict,
}

impl Verdict {
    /// Looks at every difference that a plan found, and at every column that nobody has decided about. What was settled about
    /// types is none any more. `named`: columns that conditions over rows name, by their names in the lake.
    pub(in crate::source) fn new(
        consumers: &Consumers,
        source: &SourceTable,
        plan: &ReadPlan,
        policy: &Policy,
        renamings: &[Renaming],
        named: &[&str],
    ) -> Self {
        let mut drift = plan.drift();
        fields(source, plan, &mut drift);
        let verdict = Self::default();
        let mut judge = Judge { consumers, source, plan, door: Door::new(source), drift, renamings, named, verdict };
        let renamed = judge.missing();
        judge.retyped();
        judge.new_columns(policy, &renamed);
        judge.verdict
    }
}

impl Judge<'_> {
    fn table(&self) -> String {
        format!("{}.{}", self.source.source, self.source.name)
    }

    /// Looks at columns that are gone. Gives those of the source that look like one of them under another name, and wait for
    /// somebody to say so.
    fn missing(&mut self) -> Vec<String> {
        let mut renamed = Vec::new();
        let (drift, renamings) = (self.drift.clone(), self.renamings);
        for column in &drift.missing {
            let name = self.door.inside(&column.name).to_owned();
            let types = [column.data_type.as_str()];
            let policy = |kind| self.source.drift.policy(kind, &name, &types);
            let rename = renamings.iter().find(|one| one.missing == column.name);
            let rename = rename.filter(|_| policy(DriftKind::RenamedColumn) == DriftPolicy::Stop);
            let needed = self.is_needed(&name);
            let policy = if rename.is_some() || needed { DriftPolicy::Stop } else { policy(DriftKind::MissingColumn) };
            match policy {
                DriftPolicy::Stop | DriftPolicy::QuarantineRows | DriftPolicy::QuarantineValue => {
                    renamed.extend(rename.map(|one| one.new.name.clone()));
                    let problem = self.gone(column, &name, rename);
                    self.verdict.problems.push(problem);
                }
                DriftPolicy::Evolve => {
                    let table = self.table();
                    let used = self.used_by(&name).map(|used| format!("; {used}")).unwrap_or_default();
                    self.verdict.notes.push(format!(
                        "column `{name}` of `{table}` is gone from the source (not in {}) and NULL in rows that land{used}",
                        column.seen_in
                    ));
                    self.verdict.missing.push(name);
                }
                DriftPolicy::Ignore => self.verdict.missing.push(name),
            }
        }
        renamed
    }

    /// Whether rows cannot be told apart or found without the column.
    fn is_needed(&self, name: &str) -> bool {
        let declared = self.source.ingest.iter();
        let mut needed = declared.flat_map(|ingest| ingest.key.iter().chain(&ingest.cursor));
        needed.any(|needed| needed.eq_ignore_ascii_case(name)) || self.is_named(name)
    }

    /// Whether a condition names the column: over NULLs it would tell something else of every row.
    fn is_named(&self, name: &str) -> bool {
        self.named.iter().any(|named| named.eq_ignore_ascii_case(name))
    }

    fn used_by(&self, name: &str) -> Option<String> {
        self.consumers.of(name)
    }

    fn at(&self, name: &str) -> ade_diagnostic::Location {
        self.source.column_from(name).map_or(&self.source.origin, |listed| &listed.origin).clone()
    }

    fn gone(&self, column: &DriftedColumn, name: &str, rename: Option<&Renaming>) -> Diagnostic {
        let message = format!("column `{}` of `{}` is gone from the source", column.name, self.table());
        let mut problem = Diagnostic::error(&rule::SCHEMA_DRIFT, message).at(self.at(&column.name));
        problem = problem.note(format!("not in {}", column.seen_in));
        if self.is_named(name) {
            problem = problem.note(
                "a condition of `rows` or `deleted` names it: without it every row would be told apart otherwise",
            );
        }
        if let Some(used) = self.used_by(name) {
            problem = problem.note(used);
        }
        let Some(Renaming { new, evidence, .. }) = rename else {
            let what = format!("ask the source's owner; if it is gone for good, remove it here{}", self.and_reload());
            return problem.hint(what);
        };
        let evidence = evidence.as_ref().map(|evidence| format!("; {evidence}")).unwrap_or_default();
        problem
            .note(format!("it looks renamed: the source has a new column `{}` ({}){evidence}", new.name, new.data_type))
            .hint(format!(
                "if that is right, write `from: {}` at the column: it goes on under its name here, and nothing that uses it \
                 changes; if not, ask the source's owner",
                serde_json::Value::from(new.name.as_str())
            ))
    }

    fn retyped(&mut self) {
        for column in self.drift.retyped.clone() {
            let name = self.door.inside(&column.name).to_owned();
            let message = format!(
                "column `{}` of `{}` was promised as {} and now is {}",
                column.name,
                self.table(),
                column.promised,
                column.found
            );
            let mut problem = Diagnostic::error(&rule::SCHEMA_DRIFT, message)
                .at(self.at(&column.name))
                .note(format!("seen in {}", column.seen_in));
            if let Some(used) = self.used_by(&name) {
                problem = problem.note(used);
            }
            problem = match policy_of_retyped(self.source, &name, &column) {
                DriftPolicy::Evolve => problem.note(format!(
                    "`drift` says `evolve`, and no column holds rows of both types, {} and {}",
                    column.promised, column.found
                )),
                policy @ (DriftPolicy::QuarantineRows | DriftPolicy::QuarantineValue) => problem.note(format!(
                    "`drift` says `{}`, and values of {} cannot be held against {}",
                    policy.word(),
                    column.found,
                    column.promised
                )),
                DriftPolicy::Stop | DriftPolicy::Ignore => problem,
            };
            self.verdict.problems.push(problem.hint(format!(
                "ask the source's owner; if it is meant, write `data_type: {}`{}",
                column.found,
                self.and_reload()
            )));
        }
    }

    fn new_columns(&mut self, policy: &Policy, renamed: &[String]) {
        let new = self.drift.new.clone();
        if self.source.contract_enforced {
            // Of a column that looks renamed everything is said with the one that is missing.
            for column in new.iter().filter(|column| !renamed.contains(&column.name)) {
                let problem = self.not_in_contract(column);
                self.verdict.problems.push(problem);
            }
        }
        let mut open = Vec::new();
        for column in policy.unclassified() {
            let (name, data_type) = (column.column.as_str(), &column.data_type);
            let found = new.iter().find(|new| self.door.inside(&new.name) == name);
            if renamed.iter().any(|renamed| self.door.inside(renamed) == name)
                || self.source.contract_enforced && found.is_some()
            {
                continue;
            }
            // What is said of new columns is not said of listed ones: without a class those are a person's oversight.
            let is_listed = self.source.column(name).is_some();
            let types = [Some(type_name(data_type)), found.and_then(|found| found.source_type.clone())];
            let types: Vec<&str> = types.iter().flatten().map(String::as_str).collect();
            match self.source.drift.policy(DriftKind::NewColumn, name, &types) {
                _ if is_listed => open.push((name, data_type)),
                DriftPolicy::Stop => open.push((name, data_type)),
                DriftPolicy::Evolve => self.verdict.notes.push(Self::left_out(name, data_type, "")),
                // Within a struct nobody looks at rows.
                DriftPolicy::QuarantineRows | DriftPolicy::QuarantineValue if !self.is_column(name) => {
                    self.verdict.notes.push(Self::left_out(name, data_type, ""));
                }
                DriftPolicy::QuarantineValue => {
                    self.verdict.notes.push(Self::left_out(name, data_type, ", and its values are kept apart, sealed"));
                    self.verdict.watched.push(name.to_owned());
                    self.verdict.aside.push(name.to_owned());
                }
                DriftPolicy::QuarantineRows => {
                    self.verdict.notes.push(Self::left_out(
                        name,
                        data_type,
                        ", and rows that have a value there are kept apart",
                    ));
                    self.verdict.watched.push(name.to_owned());
                }
                DriftPolicy::Ignore => {}
            }
        }
        self.verdict.problems.extend(unclassified(self.source, &open));
    }

    fn is_column(&self, name: &str) -> bool {
        self.plan.schema.fields().iter().any(|field| self.door.inside(field.name()) == name)
    }

    /// That nobody has classified a new column, and what would.
    fn left_out(name: &str, data_type: &DataType, further: &str) -> String {
        let class = class(name, data_type);
        let (class, otherwise) = match &class {
            Some(class) => (class.as_str(), " if that fits"),
            None => ("CLASS", " with the class that fits"),
        };
        format!(
            "new column `{name}` ({}) is left out until somebody classifies it{further}: list it with `privacy: {class}`{otherwise}",
            type_name(data_type)
        )
    }

    fn not_in_contract(&self, column: &DriftedColumn) -> Diagnostic {
        let message = format!(
            "table `{}` has a new column `{}` ({}), and its contract is enforced",
            self.table(),
            column.name,
            column.data_type
        );
        let found = self.plan.schema.field_with_name(&column.name).ok();
        let class = found.and_then(|field| class(&column.name, field.data_type()));
        let lines = column_lines(&column.name, &column.data_type, class.as_deref());
        Diagnostic::error(&rule::SCHEMA_DRIFT, message)
            .at(self.source.origin.clone())
            .note(format!("seen in {}", column.seen_in))
            .hint(format!("list it under `columns:` of the table: {lines}"))
    }

    /// What is left to do where rows of before stay: those of a full load are all replaced anyway.
    fn and_reload(&self) -> &'static str {
        match &self.source.ingest {
            Some(declared) if declared.mode == IngestMode::Full => "",
            _ => " and load with --full-refresh",
        }
    }
}
