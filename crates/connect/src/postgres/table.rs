//! A table as the catalog has it, held against what was promised of it.

use arrow::datatypes::{DataType, Field};

use super::catalog::{Column, Leaf, Relation, columns, find, leaves, money_digits, names, of_table};
use super::database::Database;
use super::reading::Reading;
use super::session::Session;
use super::source_type::TypeKind;
use super::unit::UnitColumn;
use crate::column_drift::{ColumnDrift, DriftedColumn, RetypedColumn};
use crate::{ConnectError, Note, ReadRequest};

/// A table as the catalog has it.
pub(crate) struct Table {
    pub(crate) relation: Relation,
    pub(crate) columns: Vec<Column>,
    pub(crate) leaves: Vec<Leaf>,
    pub(crate) money_digits: i8,
}

impl Table {
    /// The table that `from` names, or an error with the nearest name.
    pub(crate) async fn load(session: &mut Session, database: &Database, from: &str) -> Result<Self, ConnectError> {
        let failed = |error| database.failed(from, error);
        let Some(relation) = find(session, from).await.map_err(failed)? else {
            let names = names(session).await.map_err(failed)?;
            return Err(ConnectError::NotFound {
                what: "table",
                from: from.to_owned(),
                within: format!("database `{}`", database.endpoint.name()),
                hint: hint(from, &names),
            });
        };
        let columns = columns(session, &of_table(relation.oid)).await.map_err(failed)?;
        let columns: Vec<Column> = columns.into_iter().map(|(_, column)| column).collect();
        if !columns.is_empty() && columns.iter().all(|column| !column.is_readable) {
            return Err(ConnectError::Request {
                from: from.to_owned(),
                reason: format!("user `{}` may not read it", database.endpoint.user),
                advice: format!(
                    "have its owner run `grant select on {} to {}`",
                    relation.written, database.endpoint.user
                ),
            });
        }
        let has_money = columns.iter().any(|column| column.source_type.kind() == TypeKind::Money);
        let money_digits = if has_money { money_digits(session).await.map_err(failed)? } else { 2 };
        // Where rights or row-level security are at work, the table is asked for as a whole: the server decides.
        let whole = Leaf {
            oid: relation.oid,
            relation: super::literal::qualified(&relation.schema, &relation.name),
            pages: None,
        };
        let leaves = if relation.is_readable && !relation.is_filtered {
            leaves(session, &relation)
                .await
                .map_err(failed)?
                .filter(|leaves| !leaves.is_empty() || relation.has_children)
        } else {
            None
        };
        Ok(Self { columns, leaves: leaves.unwrap_or_else(|| vec![whole]), money_digits, relation })
    }

    fn readable(&self) -> impl Iterator<Item = (usize, &Column)> {
        self.columns.iter().enumerate().filter(|(_, column)| column.is_readable)
    }

    pub(crate) fn column(&self, name: &str) -> Option<&Column> {
        self.readable().map(|(_, column)| column).find(|column| column.name == name)
    }

    /// The fields of the plan, where they differ from what was promised, and what to know about them.
    pub(crate) fn hold_against(&self, request: &ReadRequest) -> (Vec<Field>, ColumnDrift, Vec<Note>) {
        let table = &self.relation.written;
        let is_wanted =
            |name: &str| request.columns.as_ref().is_none_or(|columns| columns.iter().any(|column| column == name));
        let (mut drift, mut fields, mut notes) = (ColumnDrift::default(), Vec::new(), Vec::new());
        let mut natural = |column: &Column| {
            let reading = Reading::natural(&column.source_type, self.money_digits);
            if reading.is_numeric_as_text() {
                notes.push(without_digits(table, column));
            }
            reading.data_type
        };
        let promised = request.promised.iter().flat_map(|schema| schema.fields().iter()).enumerate();
        for (position, field) in promised.filter(|(_, field)| is_wanted(field.name())) {
            let known = Some(field.data_type()).filter(|data_type| **data_type != DataType::Null);
            let data_type = match (self.column(field.name()), known) {
                (None, known) => {
                    drift.missing.push(DriftedColumn::new(field.name(), field.data_type(), position, table));
                    known.cloned().unwrap_or(DataType::Utf8)
                }
                (Some(column), None) => natural(column),
                (Some(column), Some(known)) => {
                    if Reading::promised(&column.source_type, known, self.money_digits).is_none() {
                        let found = Reading::natural(&column.source_type, self.money_digits).data_type;
                        let retyped = RetypedColumn::new(&column.name, known, &found, table);
                        drift.retyped.push(retyped.of_source_type(&column.written_type));
                    }
                    known.clone()
                }
            };
            fields.push(Field::new(field.name(), data_type, true));
        }
        let is_promised =
            |name: &str| request.promised.as_ref().is_some_and(|schema| schema.field_with_name(name).is_ok());
        for (position, column) in self.readable() {
            if !is_wanted(&column.name) || is_promised(&column.name) {
                continue;
            }
            let data_type = natural(column);
            if request.promised.is_some() {
                let new = DriftedColumn::new(&column.name, &data_type, position, table);
                drift.new.push(new.of_source_type(&column.written_type));
            }
            fields.push(Field::new(&column.name, data_type, true));
        }
        (fields, drift, notes)
    }

    /// What this login does not see.
    pub(crate) fn warnings(&self) -> Vec<Note> {
        let table = &self.relation.written;
        let mut notes = Vec::new();
        let hidden: Vec<&str> =
            self.columns.iter().filter(|column| !column.is_readable).map(|column| column.name.as_str()).collect();
        if !hidden.is_empty() {
            let message = format!("this user may not read of `{table}`: {}; they are left out", hidden.join(", "));
            notes.push(Note { id: "columns-hidden", message });
        }
        if self.relation.is_filtered {
            let message = format!(
                "row-level security is in force for this user on `{table}`: only the rows that its policies show are read; \
                 have its owner grant `bypassrls` if all of them are wanted"
            );
            notes.push(Note { id: "rows-hidden", message });
        }
        notes
    }
}

impl From<Column> for UnitColumn {
    fn from(column: Column) -> Self {
        Self { name: column.name, source_type: column.source_type }
    }
}

fn without_digits(table: &str, column: &Column) -> Note {
    Note {
        id: "numeric-as-text",
        message: format!(
            "column `{}` of `{table}` is `{}`, which no decimal holds whatever its values are: it is read as text; promise \
             `decimal(p,s)` with as many digits as they have, or `double`",
            column.name, column.written_type
        ),
    }
}

/// The nearest name, also of a table in a schema that is not searched.
fn hint(from: &str, names: &[String]) -> Option<String> {
    let elsewhere = names.iter().find(|name| name.rsplit('.').next() == Some(from));
    match elsewhere {
        Some(name) => Some(format!("did you mean `{name}`?")),
        None => ade_diagnostic::did_you_mean(from, names.iter().map(String::as_str)),
    }
}
