//! From a request to a unit, a schema and drift.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema};

use super::catalog::{Column, Leaf, Relation, columns, find, leaves, money_digits, names, of_table};
use super::cursor::{CursorKind, Unfit};
use super::database::Database;
use super::position::Position;
use super::reading::Reading;
use super::session::Session;
use super::source_type::TypeKind;
use super::unit::{Unit, UnitColumn, UnitCursor};
use super::window::digest;
use crate::column_drift::{ColumnDrift, DriftedColumn, RetypedColumn};
use crate::{ConnectError, Note, ReadMode, ReadPlan, ReadRequest, ReadUnit, type_name};

/// Bytes of a page, of which almost every server has 8,192: for estimates alone.
const PAGE_BYTES: u64 = 8_192;

/// Plans a read. Types come from the catalog; no rows are looked at but those with which an incremental read would begin.
pub(crate) async fn plan(
    session: &mut Session,
    database: &Database,
    request: &ReadRequest,
) -> Result<ReadPlan, ConnectError> {
    let table = Table::load(session, database, &request.from).await?;
    let (fields, drift, mut notes) = table.hold_against(request);
    notes.extend(table.warnings());
    let cursor = table.cursor(request, database, &mut notes)?;
    let unit = Unit {
        name: table.relation.written.clone(),
        leaves: table.leaves,
        columns: table.columns.into_iter().filter(|column| column.is_readable).map(UnitColumn::from).collect(),
        money_digits: table.money_digits,
        cursor,
        limit: None,
    };
    let unchanged = is_unchanged(session, database, request, &unit).await?;
    let since = unit.cursor.as_ref().is_some_and(|cursor| cursor.since.is_some());
    let pages: Option<u64> = unit.leaves.iter().map(|leaf| leaf.pages.map(u64::from)).sum();
    let planned = (!unchanged).then(|| ReadUnit {
        label: if since { format!("{} (changes)", unit.name) } else { unit.name.clone() },
        replaces_batch: None,
        size_bytes: pages.filter(|_| !since).map(|pages| pages * PAGE_BYTES),
        rows: table.relation.rows.filter(|_| !since),
        drift,
        detail: serde_json::to_value(&unit).unwrap_or_default(),
    });
    Ok(ReadPlan {
        request: Arc::new(request.clone()),
        schema: Arc::new(Schema::new(fields)),
        units: planned.into_iter().collect(),
        replaces_all: false,
        notes,
    })
}

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

    fn column(&self, name: &str) -> Option<&Column> {
        self.readable().map(|(_, column)| column).find(|column| column.name == name)
    }

    /// The fields of the plan, where they differ from what was promised, and what to know about them.
    fn hold_against(&self, request: &ReadRequest) -> (Vec<Field>, ColumnDrift, Vec<Note>) {
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
                        drift.retyped.push(RetypedColumn {
                            name: column.name.clone(),
                            promised: type_name(known),
                            found: type_name(&found),
                            seen_in: table.clone(),
                        });
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
                drift.new.push(DriftedColumn::new(&column.name, &data_type, position, table));
            }
            fields.push(Field::new(&column.name, data_type, true));
        }
        (fields, drift, notes)
    }

    /// What this login does not see.
    fn warnings(&self) -> Vec<Note> {
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

    fn cursor(
        &self,
        request: &ReadRequest,
        database: &Database,
        notes: &mut Vec<Note>,
    ) -> Result<Option<UnitCursor>, ConnectError> {
        let ReadMode::Incremental { cursor, overlap, key } = &request.mode else { return Ok(None) };
        let cursor = cursor.as_ref().ok_or_else(|| {
            refused(
                request,
                "an incremental read of a table needs a cursor",
                "set `cursor` to the column that grows with every change, or use `mode: full`",
            )
        })?;
        for name in std::iter::once(cursor).chain(key) {
            if self.column(name).is_none() {
                let near = ade_diagnostic::did_you_mean(name, self.columns.iter().map(|column| column.name.as_str()));
                let advice = near.unwrap_or_else(|| "correct `cursor` or `key`".to_owned());
                return Err(refused(request, &format!("it has no column `{name}`"), &advice));
            }
        }
        // Without a key there is nothing to tell changes by: say so before anything is read.
        drop(database.hasher(&request.from)?);
        let source = self.column(cursor).map(|column| &column.source_type);
        let kind = source.ok_or("is gone").and_then(CursorKind::of);
        let kind = kind.map_err(|unfit| unfit_cursor(request, cursor, unfit))?;
        // An overlap that the cursor cannot have is told at the first read, not the second.
        if let (Some(overlap), CursorKind::Date | CursorKind::Timestamp | CursorKind::Timestamptz) = (overlap, kind) {
            kind.back("", Some(*overlap)).map_err(|unfit| unfit_cursor(request, cursor, unfit))?;
        }
        let mut found =
            UnitCursor { column: cursor.clone(), kind, since: None, with_nulls: !key.is_empty(), last: None };
        match Position::parse(&request.from, request.position.as_ref())? {
            Some(position) if position.cursor == *cursor && position.kind == kind => {
                let since = kind.back(&position.value, *overlap);
                found.since = Some(since.map_err(|unfit| unfit_cursor(request, cursor, unfit))?);
                notes.extend(ahead(database, request, kind, &position.value));
                found.last = Some(position.value);
            }
            Some(position) => notes.push(Note {
                id: "cursor-changed",
                message: if position.cursor == *cursor {
                    format!(
                        "the cursor `{cursor}` of `{}` has another type than before: all of it is read again",
                        request.from
                    )
                } else {
                    format!(
                        "`{}` was read by cursor `{}` before, now by `{cursor}`: all of it is read again",
                        request.from, position.cursor
                    )
                },
            }),
            None => {}
        }
        Ok(Some(found))
    }
}

impl From<Column> for UnitColumn {
    fn from(column: Column) -> Self {
        Self { name: column.name, source_type: column.source_type }
    }
}

/// Whether the rows that the read would begin with are the very rows that the last read ended with.
async fn is_unchanged(
    session: &mut Session,
    database: &Database,
    request: &ReadRequest,
    unit: &Unit,
) -> Result<bool, ConnectError> {
    let Some(cursor) = &unit.cursor else { return Ok(false) };
    let Some(since) = &cursor.since else { return Ok(false) };
    let Some(position) = Position::parse(&request.from, request.position.as_ref())? else { return Ok(false) };
    Ok(digest(session, database, unit, cursor, since).await? == position.window)
}

/// The note for a cursor that lies more than a day after now: until then, no change would be found.
pub(crate) fn ahead(database: &Database, request: &ReadRequest, kind: CursorKind, value: &str) -> Option<Note> {
    let ReadMode::Incremental { cursor: Some(cursor), .. } = &request.mode else { return None };
    let days = (kind.time(value)? - database.now?).num_days();
    (days > 0).then(|| Note {
        id: "cursor-ahead",
        message: format!(
            "the highest value of the cursor `{cursor}` of `{}` lies {days} days after now: rows that change before that time \
             are not found; correct it in the source, then load with `--full-refresh`",
            request.from
        ),
    })
}

/// The error for a column that cannot serve as cursor.
pub(crate) fn unfit_cursor(request: &ReadRequest, cursor: &str, unfit: Unfit) -> ConnectError {
    let advice = "use another column as `cursor`, correct its values in the source, or use `mode: full`";
    refused(request, &format!("column `{cursor}` {unfit}"), advice)
}

fn refused(request: &ReadRequest, reason: &str, advice: &str) -> ConnectError {
    ConnectError::Request { from: request.from.clone(), reason: reason.to_owned(), advice: advice.to_owned() }
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
