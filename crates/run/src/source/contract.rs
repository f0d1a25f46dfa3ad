//! What a source promised, held against what it has.
use std::sync::Arc;

use ade_connect::{ColumnDrift, DriftedColumn, ReadPlan, RetypedColumn};
use ade_diagnostic::{Diagnostic, rule};
use ade_engine::{sql_type, type_name};
use ade_privacy::propose;
use ade_project::resource::SourceTable;
use arrow::array::new_empty_array;
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
                    let message =
                        format!("column `{}` of `{}.{}`: {}", column.name, source.source, source.name, error.message);
                    let place = column.data_type_origin.as_ref().unwrap_or(&column.origin);
                    let mut problem = Diagnostic::error(&rule::UNKNOWN_TYPE, message).at(place.clone());
                    problem.hints.extend(error.hint);
                    problems.push(problem);
                    continue;
                }
            },
            None => DataType::Null,
        };
        fields.push(Field::new(&column.name, data_type, column.nullable));
    }
    if problems.is_empty() { Ok(Some(Arc::new(Schema::new(fields)))) } else { Err(problems) }
}

/// Whether a listed name is a field of a struct: `device.os`, where `device` is listed, too.
fn is_field(source: &SourceTable, name: &str) -> bool {
    name.match_indices('.').any(|(dot, _)| source.column(&name[..dot]).is_some())
}

/// Adds the listed fields that their structs have not got, or have as another type.
pub(super) fn fields(source: &SourceTable, plan: &ReadPlan, drift: &mut ColumnDrift) {
    let listed = source.columns.iter().enumerate().filter(|(_, column)| is_field(source, &column.name));
    for (position, column) in listed {
        let promised = column.data_type.as_ref().and_then(|text| sql_type(text).ok());
        let promised_name = promised.as_ref().map_or_else(|| "any type".to_owned(), type_name);
        let seen_in = plan.units.first().map_or_else(|| plan.request.from.clone(), |unit| unit.label.clone());
        match (find(plan.schema.fields(), &column.name), promised) {
            (Found::Field(found), Some(promised)) if *found.data_type() != promised => {
                drift.retyped.push(RetypedColumn::new(&column.name, &promised, found.data_type(), &seen_in));
            }
            (Found::Missing, _) => drift.missing.push(DriftedColumn {
                name: column.name.clone(),
                data_type: promised_name,
                source_type: None,
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

/// A type as SQL names it, if it is known by now.
fn known_type(data_type: &DataType) -> String {
    if *data_type == DataType::Null { "any type".to_owned() } else { type_name(data_type) }
}

/// The problem of columns without a class, given with their types, with the lines to complete or to add: one for a table.
pub(crate) fn unclassified(source: &SourceTable, columns: &[(&str, &DataType)]) -> Option<Diagnostic> {
    let table = format!("{}.{}", source.source, source.name);
    let message = match columns {
        [] => return None,
        [(column, data_type)] => format!(
            "column `{column}` ({}) of `{table}` is not classified, so the table does not land",
            known_type(data_type)
        ),
        _ => format!("{} columns of `{table}` are not classified, so the table does not land", columns.len()),
    };
    let place = |column: &str| {
        let listed = source.column(column)?;
        Some(listed.undecided.as_ref().unwrap_or(&listed.origin))
    };
    let first = columns.iter().find_map(|(column, _)| place(column)).unwrap_or(&source.origin);
    let mut problem = Diagnostic::error(&rule::UNCLASSIFIED_COLUMN, message).at(first.clone());
    if columns.len() > 1 {
        let listed = columns.iter().map(|(column, data_type)| match place(column) {
            Some(place) => format!("`{column}` ({}), line {}", known_type(data_type), place.line()),
            None => format!("`{column}` ({}), not listed", known_type(data_type)),
        });
        problem = problem.note(listed.collect::<Vec<_>>().join("\n"));
    }
    let [complete, add] = match columns {
        [_] => ["complete the line", "add a line to the column"],
        _ => ["complete each line that is open", "add a line to each column that has none"],
    };
    for (what, is_open) in [(complete, true), (add, false)] {
        let listed = |column: &str| source.column(column).is_some_and(|listed| listed.undecided.is_some() == is_open);
        let these: Vec<_> = columns.iter().filter(|(column, _)| listed(column)).collect();
        if these.is_empty() {
            continue;
        }
        let proposed = these.iter().filter_map(|(column, data_type)| Some((*column, class(column, data_type)?)));
        let proposed: Vec<String> = proposed
            .map(|(column, class)| match columns {
                [_] => format!("`privacy: {class}`"),
                _ => format!("`privacy: {class}` for `{column}`"),
            })
            .collect();
        problem = problem.hint(if proposed.is_empty() {
            format!("{what} with the class that fits: `privacy: CLASS`")
        } else {
            format!("{what}: {}, or the class that fits", proposed.join(", "))
        });
    }
    let new = columns.iter().filter(|(column, _)| source.column(column).is_none());
    let lines: Vec<String> = new
        .map(|(column, data_type)| column_lines(column, &type_name(data_type), class(column, data_type).as_deref()))
        .collect();
    if !lines.is_empty() {
        problem = problem.hint(format!("add under `columns:` of the table: {}", lines.join("\n")));
    }
    Some(
        problem.hint(
            "`ade inspect` proposes a class for each column; `drift: {new_column: ignore}` leaves new columns out",
        ),
    )
}

/// The class that a column's name and type speak for, if they do.
pub(super) fn class(name: &str, data_type: &DataType) -> Option<String> {
    propose(name, data_type, &new_empty_array(data_type)).class.map(|class| class.name().to_owned())
}

/// The line that lists a column.
pub(super) fn column_lines(name: &str, data_type: &str, class: Option<&str>) -> String {
    let legal = ade_connect::legal_column_name(name);
    let from = if legal == name { String::new() } else { format!(", from: {}", serde_json::Value::from(name)) };
    let (class, otherwise) = match class {
        Some(class) => (class, ", or the class that fits"),
        None => ("CLASS", ", with the class that fits"),
    };
    format!("`- {{name: {legal}{from}, data_type: \"{data_type}\", privacy: {class}}}`{otherwise}")
}
