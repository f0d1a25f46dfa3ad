//! A table as the catalog has it, held against what was promised of it.

use std::collections::HashMap;

use arrow::datatypes::{DataType, Field};

use super::catalog::{
    Column, Leaf, Relation, columns, find, leaves, money_digits, names, of_table, of_tables, relations,
};
use super::database::Database;
use super::reading::Reading;
use super::session::Session;
use super::source_type::TypeKind;
use super::unit::UnitColumn;
use crate::column_drift::ColumnDrift;
use crate::table_plan::{PlannedColumn, planned_columns};
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
                    relation.written,
                    super::literal::identifier(&database.endpoint.user)
                ),
            });
        }
        let has_money = columns.iter().any(|column| column.source_type.kind() == TypeKind::Money);
        let money_digits = if has_money { money_digits(session).await.map_err(failed)? } else { 2 };
        let by_parts = if relation.is_read_by_parts() {
            leaves(session, &[relation.oid]).await.map_err(failed)?.remove(&relation.oid)
        } else {
            None
        };
        Ok(Self::new(relation, columns, by_parts, money_digits))
    }

    /// Every table that this login may read any of, by what is written after `from:`: three questions to the server, however many
    /// there are.
    pub(crate) async fn load_all(session: &mut Session, database: &Database) -> Result<Vec<Self>, ConnectError> {
        let failed = |error| database.failed(&database.endpoint.name(), error);
        let relations = relations(session).await.map_err(failed)?;
        let filter = of_tables(relations.iter().map(|relation| relation.oid));
        let mut by_table: HashMap<u32, Vec<Column>> = HashMap::new();
        for (table, column) in columns(session, &filter).await.map_err(failed)? {
            by_table.entry(table).or_default().push(column);
        }
        let parted = relations.iter().filter(|relation| relation.is_read_by_parts());
        let parted: Vec<u32> = parted.map(|relation| relation.oid).collect();
        let mut parts = leaves(session, &parted).await.map_err(failed)?;
        let has_money = by_table.values().flatten().any(|column| column.source_type.kind() == TypeKind::Money);
        let money_digits = if has_money { money_digits(session).await.map_err(failed)? } else { 2 };
        let table = |relation: Relation| {
            let columns = by_table.remove(&relation.oid).unwrap_or_default();
            let by_parts = parts.remove(&relation.oid);
            Self::new(relation, columns, by_parts, money_digits)
        };
        Ok(relations.into_iter().map(table).collect())
    }

    fn new(relation: Relation, columns: Vec<Column>, by_parts: Option<Vec<Leaf>>, money_digits: i8) -> Self {
        // Where rights or row-level security are at work, the table is asked for as a whole: the server decides.
        let whole = Leaf {
            oid: relation.oid,
            relation: super::literal::qualified(&relation.schema, &relation.name),
            pages: None,
        };
        let leaves = by_parts.filter(|leaves| !leaves.is_empty() || relation.has_children);
        Self { columns, leaves: leaves.unwrap_or_else(|| vec![whole]), money_digits, relation }
    }

    pub(crate) fn readable(&self) -> impl Iterator<Item = (usize, &Column)> {
        self.columns.iter().enumerate().filter(|(_, column)| column.is_readable)
    }

    pub(crate) fn column(&self, name: &str) -> Option<&Column> {
        self.readable().map(|(_, column)| column).find(|column| column.name == name)
    }

    /// The fields of the plan, where they differ from what was promised, and what to know about them.
    pub(crate) fn hold_against(&self, request: &ReadRequest) -> (Vec<Field>, ColumnDrift, Vec<Note>) {
        let table = &self.relation.written;
        let columns: Vec<PlannedColumn<'_>> = self
            .readable()
            .map(|(position, column)| PlannedColumn { position, name: &column.name, source_type: &column.written_type })
            .collect();
        let mut notes = Vec::new();
        let natural = |name: &str| {
            let Some(column) = self.column(name) else { return DataType::Utf8 };
            let reading = Reading::natural(&column.source_type, self.money_digits);
            if reading.is_numeric_as_text() {
                notes.push(without_digits(table, column));
            }
            reading.data_type
        };
        let misfit = |name: &str, promised: &DataType| {
            let source = &self.column(name)?.source_type;
            let is_held = Reading::promised(source, promised, self.money_digits).is_some();
            (!is_held).then(|| Reading::natural(source, self.money_digits).data_type)
        };
        let (fields, drift) = planned_columns(request, table, &columns, natural, misfit);
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
