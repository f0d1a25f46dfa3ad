//! What a source promised, held against what it has.
use std::sync::Arc;

use ade_connect::{ColumnDrift, ReadPlan};
use ade_diagnostic::{Diagnostic, rule};
use ade_engine::{sql_type, type_name};
use ade_privacy::Policy;
use ade_project::resource::{OnNewColumn, SourceTable};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

/// The promised columns; `None` when none is listed. A column without a `data_type` has the type `Null`, which connectors
/// take for a type that is to be found out.
pub(crate) fn promised(source: &SourceTable) -> Result<Option<SchemaRef>, Vec<Diagnostic>> {
    if source.columns.is_empty() {
        return Ok(None);
    }
    let mut problems = Vec::new();
    let mut fields = Vec::new();
    for column in &source.columns {
        let data_type = match &column.data_type {
            Some(text) => match sql_type(text) {
                Ok(data_type) => data_type,
                Err(error) => {
                    let message = format!("column `{}` of `{}.{}`: {error}", column.name, source.source, source.name);
                    problems.push(Diagnostic::error(&rule::UNKNOWN_TYPE, message).at(column.origin.clone()));
                    continue;
                }
            },
            None => DataType::Null,
        };
        fields.push(Field::new(&column.name, data_type, column.nullable));
    }
    if problems.is_empty() { Ok(Some(Arc::new(Schema::new(fields)))) } else { Err(problems) }
}

/// Every way in which the source breaks its promise, and every column that nobody has decided about.
pub(crate) fn violations(source: &SourceTable, plan: &ReadPlan, policy: &Policy) -> Vec<Diagnostic> {
    let drift = plan.drift();
    let mut problems = broken_promises(source, &drift);
    if source.contract_enforced {
        for column in &drift.new {
            let message = format!(
                "table `{}.{}` has a new column `{}` ({}), and its contract is enforced",
                source.source, source.name, column.name, column.data_type
            );
            problems.push(
                Diagnostic::error(&rule::SCHEMA_DRIFT, message)
                    .at(source.origin.clone())
                    .note(format!("seen in {}", column.seen_in))
                    .hint(format!(
                        "list it under `columns:` of the table: {}",
                        column_lines(&column.name, &column.data_type)
                    )),
            );
        }
    }
    if source.on_new_column == OnNewColumn::Stop {
        for column in policy.unclassified() {
            if source.contract_enforced && drift.new.iter().any(|new| new.name == column.column) {
                continue;
            }
            problems.push(unclassified(source, &column.column, &type_name(&column.data_type)));
        }
    } else {
        // The policy for new columns is for new ones; a listed column without a class is a person's oversight.
        for column in policy.unclassified() {
            if source.column(&column.column).is_some() {
                problems.push(unclassified(source, &column.column, &type_name(&column.data_type)));
            }
        }
    }
    problems
}

fn broken_promises(source: &SourceTable, drift: &ColumnDrift) -> Vec<Diagnostic> {
    let table = format!("{}.{}", source.source, source.name);
    let renames = drift.renames();
    let mut problems = Vec::new();
    for column in &drift.missing {
        let place = source.column(&column.name).map_or(&source.origin, |listed| &listed.origin).clone();
        let mut problem = Diagnostic::error(
            &rule::SCHEMA_DRIFT,
            format!("column `{}` of `{table}` is gone from the source", column.name),
        )
        .at(place)
        .note(format!("not in {}", column.seen_in));
        if let Some((_, new)) = renames.iter().find(|(missing, _)| missing.name == column.name) {
            problem = problem
                .hint(format!("it looks renamed: the source has a new column `{}` ({})", new.name, new.data_type))
                .hint(format!(
                    "if that is right, write `{}` here and in the models that use it; if not, ask the source's owner",
                    new.name
                ));
        } else {
            problem = problem
                .hint("ask the source's owner; if it is gone for good, remove it here and load with --full-refresh");
        }
        problems.push(problem);
    }
    for column in &drift.retyped {
        let place = source.column(&column.name).map_or(&source.origin, |listed| &listed.origin).clone();
        problems.push(
            Diagnostic::error(
                &rule::SCHEMA_DRIFT,
                format!(
                    "column `{}` of `{table}` was promised as {} and now is {}",
                    column.name, column.promised, column.found
                ),
            )
            .at(place)
            .note(format!("seen in {}", column.seen_in))
            .hint(format!(
                "ask the source's owner; if it is meant, write `data_type: {}` and load with --full-refresh",
                column.found
            )),
        );
    }
    problems
}

/// The problem of a column without a class, with the line to add.
pub(crate) fn unclassified(source: &SourceTable, column: &str, data_type: &str) -> Diagnostic {
    let message = format!(
        "column `{column}` ({data_type}) of `{}.{}` is not classified, so the table does not land",
        source.source, source.name
    );
    let place = source.column(column).map_or(&source.origin, |listed| &listed.origin).clone();
    let diagnostic = Diagnostic::error(&rule::UNCLASSIFIED_COLUMN, message).at(place);
    let hint = match source.column(column) {
        Some(_) => "add a line to the column: `privacy: public`, or the class that fits".to_owned(),
        None => format!("add under `columns:` of the table: {}", column_lines(column, data_type)),
    };
    diagnostic
        .hint(hint)
        .hint("`ade inspect` proposes a class for each column; `on_new_column: drop` leaves such columns out")
}

fn column_lines(name: &str, data_type: &str) -> String {
    format!("`- {{name: {name}, data_type: \"{data_type}\", privacy: public}}`, with the class that fits")
}
