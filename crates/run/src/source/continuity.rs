//! Whether rows that land now belong to those that are there: the same treatment of every column, the same key, the same
//! origin. Where they do not, all of the table must be loaded again, and what was readable before must be cleared away.
use std::collections::HashSet;

use ade_connect::ReadPlan;
use ade_diagnostic::{Diagnostic, rule};
use ade_engine::type_name;
use ade_privacy::Policy;
use ade_project::resource::{Ingest, SourceTable};

use super::landing::Landing;
use super::redeclared::Redeclared;

/// A landing after the one that the table remembers.
pub(super) struct Continuity<'a> {
    pub(super) source: &'a SourceTable,
    pub(super) policy: &'a Policy,
    pub(super) before: &'a Landing,
    /// Whether what lands takes the place of all that is there.
    pub(super) replaces: bool,
    /// Columns that may land as a wider type than before.
    pub(super) widened: HashSet<String>,
    /// The files that the rows which are there are from, in words.
    pub(super) files: Option<String>,
}

/// The connection and the table that a cursor belongs to; empty without a cursor: files are known by their content, wherever
/// they are.
pub(super) fn origin(source: &SourceTable, declared: &Ingest) -> String {
    match (&source.connection, &declared.cursor) {
        (Some(connection), Some(_)) => format!("`{}` of connection `{connection}`", declared.from),
        _ => String::new(),
    }
}

impl Continuity<'_> {
    /// What to remember of the landing, and what a person should know; or why it must not be.
    pub(super) fn continued(
        &self,
        plan: &ReadPlan,
        now: Landing,
    ) -> Result<(Landing, Option<String>), Vec<Diagnostic>> {
        let problems: Vec<Diagnostic> = now
            .new_fields(self.policy, self.before)
            .into_iter()
            .map(|(column, field)| self.new_field(plan, column, field))
            .collect();
        if !problems.is_empty() {
            return Err(problems);
        }
        let table = format!("{}.{}", self.source.source, self.source.name);
        let retreated = now.retreated(self.before);
        let clear = format!(
            "what has landed stays readable in earlier versions of the table: `ade maintain --select source:{table} \
             --retention-hours 0` removes them"
        );
        if self.replaces {
            return Ok((now, (!retreated.is_empty()).then(|| format!("{}; {clear}", retreated.join("; ")))));
        }
        // Where nothing is read, nothing tells the types of columns that are listed without one.
        let typed = plan.units.iter().any(|unit| unit.size_bytes != Some(0));
        let mut differences = now.differences(self.before, typed, &self.widened);
        if let Some(read) = &now.read {
            let redeclared = Redeclared::since(self.before, read, self.source);
            differences.extend(if typed { redeclared.refused } else { redeclared.all_refused() });
        }
        if differences.is_empty() {
            return Ok((now.carrying(self.before), None));
        }
        let mut problem = Diagnostic::error(
            &rule::SCHEMA_DRIFT,
            format!("rows of `{table}` that land now would not fit those that landed before"),
        )
        .at(self.source.origin.clone())
        .hint(format!(
            "load all of it again with `ade ingest --select source:{table} --full-refresh` (rows that the source has not got any more are then gone)",
        ));
        if !retreated.is_empty() {
            problem = problem.hint(format!("then, {clear}"));
        }
        for difference in differences {
            problem = problem.note(difference);
        }
        if let Some(files) = &self.files {
            problem = problem.note(format!("what is there is from {files}"));
        }
        Err(vec![problem])
    }

    /// What a person should know of declarations that changed, where rows go on all the same.
    pub(super) fn redeclared(&self, plan: &ReadPlan, now: &Landing) -> Vec<String> {
        let Some(read) = &now.read else { return Vec::new() };
        let found = Redeclared::since(self.before, read, self.source);
        let anew = format!("`ade ingest --select source:{}.{} --full-refresh`", self.source.source, self.source.name);
        let what = self.files.as_deref().unwrap_or("what is there");
        let stays = self.files.as_ref().map_or_else(|| what.to_owned(), |files| format!("what is from {files}"));
        let mut notes: Vec<String> = Vec::new();
        if !found.told.is_empty() {
            let told = found.told.join("; ");
            notes.push(format!("{told}: {stays} stays as it was read; {anew} reads all of it again"));
        }
        // With rows that are new, a column is there; a new file says what it brings by itself.
        if plan.units.is_empty() && !found.added.is_empty() {
            let added = found.added.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            notes.push(format!(
                "{added}: listed since {what} landed, and not in the table, for nothing is new; {anew} reads all of it again"
            ));
        }
        notes
    }

    fn new_field(&self, plan: &ReadPlan, column: &str, field: &str) -> Diagnostic {
        let table = format!("{}.{}", self.source.source, self.source.name);
        let found = plan.schema.field_with_name(column).map(|field| type_name(field.data_type())).unwrap_or_default();
        let message = format!("field `{field}` of `{table}` is new, and nobody has decided about it");
        let place = self.source.column(column).map_or(&self.source.origin, |listed| &listed.origin);
        Diagnostic::error(&rule::UNCLASSIFIED_COLUMN, message)
            .at(place.clone())
            .note(format!("`{column}` was classified as a whole without it; it now is {found}"))
            .hint(format!(
                "classify by field: list `- name: {column}` without `privacy`, and each field like `- {{name: {field}, privacy: public}}`, \
                 with the class that fits"
            ))
    }
}
