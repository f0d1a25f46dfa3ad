//! What a source promised, held against what it has.
use std::sync::Arc;

use ade_connect::{ColumnDrift, DriftedColumn, ReadPlan, RetypedColumn};
use ade_diagnostic::{Diagnostic, rule};
use ade_engine::{sql_type, type_name};
use ade_privacy::Policy;
use ade_project::resource::{OnNewColumn, SourceTable};
use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef};

/// The promised columns; `None` when none is listed. A column without a `data_type` has the type `Null`, which connectors
/// take for a type that is to be found out. Fields of structs are not among them: connectors know whole columns.
pub(crate) fn promised(source: &SourceTable) -> Result<Option<SchemaRef>, Vec<Diagnostic>> {
    if source.columns.is_empty() {
        return Ok(None);
    }
    let mut problems = Vec::new();
    let mut fields = Vec::new();
    for column in source.columns.iter().filter(|column| !is_field(source, &column.name)) {
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
    let mut drift = plan.drift();
    fields(source, plan, &mut drift);
    let mut problems = broken_promises(source, &drift);
    // Of a column that looks renamed everything is said with the one that is missing.
    let renamed: Vec<String> = drift.renames().into_iter().map(|(_, new)| new.name.clone()).collect();
    if source.contract_enforced {
        for column in drift.new.iter().filter(|column| !renamed.contains(&column.name)) {
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
            let is_new = drift.new.iter().any(|new| new.name == column.column);
            if renamed.contains(&column.column) || (source.contract_enforced && is_new) {
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

/// Whether a listed name is a field of a struct: `device.os`, where `device` is listed, too.
fn is_field(source: &SourceTable, name: &str) -> bool {
    name.match_indices('.').any(|(dot, _)| source.column(&name[..dot]).is_some())
}

/// Adds the listed fields that their structs have not got, or have as another type.
fn fields(source: &SourceTable, plan: &ReadPlan, drift: &mut ColumnDrift) {
    let listed = source.columns.iter().enumerate().filter(|(_, column)| is_field(source, &column.name));
    for (position, column) in listed {
        let promised = column.data_type.as_ref().and_then(|text| sql_type(text).ok());
        let promised_name = promised.as_ref().map_or_else(|| "any type".to_owned(), type_name);
        let seen_in = plan.units.first().map_or_else(|| plan.request.from.clone(), |unit| unit.label.clone());
        match (find(plan.schema.fields(), &column.name), promised) {
            (Found::Field(found), Some(promised)) if *found.data_type() != promised => {
                drift.retyped.push(RetypedColumn {
                    name: column.name.clone(),
                    promised: promised_name,
                    found: type_name(found.data_type()),
                    seen_in,
                });
            }
            (Found::Missing, _) => drift.missing.push(DriftedColumn {
                name: column.name.clone(),
                data_type: promised_name,
                position,
                seen_in,
            }),
            _ => {}
        }
    }
}

enum Found<'a> {
    Field(&'a Field),
    /// The struct is there, the field is not.
    Missing,
    /// What it is in is no struct, as far as is known.
    Unknown,
}

fn find<'a>(fields: &'a Fields, path: &str) -> Found<'a> {
    if let Some(field) = fields.iter().find(|field| field.name() == path) {
        return Found::Field(field);
    }
    let within = fields.iter().find_map(|field| {
        let rest = path.strip_prefix(field.name().as_str())?.strip_prefix('.')?;
        let DataType::Struct(children) = field.data_type() else { return None };
        Some(find(children, rest))
    });
    match within {
        Some(Found::Unknown) => Found::Missing,
        Some(found) => found,
        None => Found::Unknown,
    }
}

fn broken_promises(source: &SourceTable, drift: &ColumnDrift) -> Vec<Diagnostic> {
    let table = format!("{}.{}", source.source, source.name);
    let renames = drift.renames();
    let mut problems = Vec::new();
    for column in &drift.missing {
        let place = source.column_from(&column.name).map_or(&source.origin, |listed| &listed.origin).clone();
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
                    "if that is right, write `from: {}` at the column: it goes on under its name here, and nothing that \
                     uses it changes; if not, ask the source's owner",
                    serde_json::Value::from(new.name.as_str())
                ));
        } else {
            problem = problem
                .hint("ask the source's owner; if it is gone for good, remove it here and load with --full-refresh");
        }
        problems.push(problem);
    }
    for column in &drift.retyped {
        let place = source.column_from(&column.name).map_or(&source.origin, |listed| &listed.origin).clone();
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
    let legal = ade_connect::legal_column_name(name);
    let from = if legal == name { String::new() } else { format!(", from: {}", serde_json::Value::from(name)) };
    format!("`- {{name: {legal}{from}, data_type: \"{data_type}\", privacy: public}}`, with the class that fits")
}
