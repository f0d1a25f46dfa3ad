//! Promises of values, held against the rows of a source before a treatment changes them.
use ade_diagnostic::{Diagnostic, agree, count, rule};
use ade_privacy::Treatment;
use ade_project::resource::SourceTable;
use arrow::datatypes::Schema;

use super::Build;
use crate::source::{may_be_missing, must_have_values};

impl Build {
    /// Whether a column lands with the values that the source has: only then can a check of the table tell whether the
    /// source kept its promise. A treatment may well make a NULL of a value.
    pub(super) fn lands_as_is(&self, source: &SourceTable, landed: &Schema, column: &str) -> bool {
        let lands = landed.fields().iter().any(|field| field.name().eq_ignore_ascii_case(column));
        lands && !self.is_treated(source, landed, column)
    }

    fn is_treated(&self, source: &SourceTable, schema: &Schema, column: &str) -> bool {
        let Ok(policy) = self.obfuscation.policy(source, schema) else { return false };
        let decided = policy.columns().iter().find(|decided| decided.column.eq_ignore_ascii_case(column));
        decided.is_some_and(|decided| decided.treatment != Treatment::Keep)
    }

    /// The problem of raw rows with the columns `schema` that lack a value which was promised, in columns that are treated.
    /// `nulls` counts the rows that lack one in the column at a place; `missing` are columns that the source has not got, which is known.
    pub(crate) fn broken_promise(
        &self,
        source: &SourceTable,
        label: &str,
        schema: &Schema,
        nulls: impl Fn(usize) -> usize,
        missing: &[String],
    ) -> Option<Diagnostic> {
        let promised = source.columns.iter().filter(|column| must_have_values(source, column));
        for column in promised.filter(|column| !missing.contains(&column.name)) {
            let Some(place) = schema.fields().iter().position(|field| field.name().eq_ignore_ascii_case(&column.name))
            else {
                continue;
            };
            let rows = nulls(place);
            // The audit looks at the others: it sees the table as it becomes.
            if rows > 0 && (may_be_missing(source, column) || self.is_treated(source, schema, &column.name)) {
                let table = format!("{}.{}", source.source, source.name);
                let (lacking, have) = (count(rows, "row"), agree(rows, "has", "have"));
                let message = format!("contract: at least {lacking} of `{table}` {have} no `{}`", column.name);
                let problem = Diagnostic::error(&rule::INVALID_CONTRACT, message).at(column.origin.clone());
                return Some(
                    problem
                        .note(format!("in {label}"))
                        .hint(format!("fill `{}` in the source, or promise it as nullable", column.name)),
                );
            }
        }
        None
    }
}
