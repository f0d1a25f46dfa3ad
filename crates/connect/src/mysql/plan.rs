//! From a request to a unit, a schema and drift. Types come from the catalog: no row is looked at.

use arrow::datatypes::{DataType, Field};

use super::catalog::{Table, find};
use super::column_type::ColumnType;
use super::cursor::{CursorKind, CursorValue, Unfit};
use super::position::Position;
use super::query::{Cursor, Query};
use super::server::Server;
use super::session::Session;
use crate::column_drift::ColumnDrift;
use crate::table_plan::{PlannedColumn, PlannedCursor, planned_columns};
use crate::{ConnectError, Note, ReadMode, ReadPlan, ReadRequest, ReadUnit};

/// Plans a read.
pub(crate) async fn plan(
    server: &Server,
    session: &mut Session,
    request: &ReadRequest,
) -> Result<ReadPlan, ConnectError> {
    let table = find(server, session, &request.from).await?;
    plan_of(server, session, request, &table).await
}

/// Plans a read of a table that is known.
pub(crate) async fn plan_of(
    server: &Server,
    session: &mut Session,
    request: &ReadRequest,
    table: &Table,
) -> Result<ReadPlan, ConnectError> {
    let (fields, drift) = columns(request, table);
    let mut notes = remarks(table, &request.from, &fields);
    let query = query(server, request, table, &mut notes)?;
    let unit = if is_unchanged(server, session, request, &query).await? {
        None
    } else {
        let is_all = query.since.is_none();
        Some(ReadUnit {
            label: if is_all { request.from.clone() } else { format!("{} (changes)", request.from) },
            replaces_batch: None,
            size_bytes: table.size_bytes.filter(|_| is_all),
            rows: table.rows.filter(|_| is_all),
            drift: drift.clone(),
            detail: serde_json::to_value(&query).unwrap_or_default(),
        })
    };
    Ok(ReadPlan::of_table(request, fields, unit, drift, notes))
}

/// The schema, and where it is not what was promised.
fn columns(request: &ReadRequest, table: &Table) -> (Vec<Field>, ColumnDrift) {
    let columns: Vec<PlannedColumn<'_>> = table
        .columns
        .iter()
        .enumerate()
        .map(|(position, column)| PlannedColumn { position, name: &column.name, source_type: &column.source_type })
        .collect();
    let kind = |name: &str| table.column(name).map(|column| column.kind);
    let natural = |name: &str| kind(name).map_or(DataType::Utf8, ColumnType::data_type);
    let misfit =
        |name: &str, promised: &DataType| kind(name).filter(|kind| !kind.fits(promised)).map(ColumnType::data_type);
    planned_columns(request, &request.from, &columns, natural, misfit)
}

/// What a person should know about a table before its rows are read with `fields`.
pub(crate) fn remarks(table: &Table, from: &str, fields: &[Field]) -> Vec<Note> {
    let mut notes = Vec::new();
    let mut note = |id, message| notes.push(Note { id, message });
    if let Some(engine) = table.engine.as_ref().filter(|_| !table.is_transactional()) {
        let message = format!(
            "`{from}` is stored by {engine}, which knows no transactions: its rows are not of the moment of the other tables, \
             and rows that change while it is read may be missing or come twice"
        );
        note("not-of-one-moment", message);
    }
    if !table.hidden.is_empty() {
        let hidden = table.hidden.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        note(
            "columns-not-granted",
            format!("this login may not read {hidden} of `{from}`: they are taken as not there"),
        );
    }
    for field in fields {
        let Some(column) = table.column(field.name()) else { continue };
        match column.kind {
            ColumnType::Decimal(precision, _) if precision > 38 && *field.data_type() == DataType::Utf8 => note(
                "decimal-as-text",
                format!(
                    "column `{}` of `{from}` is {}, of more digits than decimals have here: it is read as text; promise \
                     `decimal(38, …)` if its values are smaller",
                    column.name, column.source_type
                ),
            ),
            ColumnType::Geometry => note(
                "geometry-as-bytes",
                format!(
                    "column `{}` of `{from}` is {}: it is read as the bytes that the server stores, four of the reference \
                     system and then WKB",
                    column.name, column.source_type
                ),
            ),
            _ => {}
        }
    }
    notes
}

/// Every row of a table.
pub(crate) fn all_rows(table: &Table, columns: Vec<(String, ColumnType)>) -> Query {
    Query {
        database: table.database.clone(),
        table: table.name.clone(),
        columns,
        cursor: None,
        since: None,
        with_nulls: false,
        last: None,
        limit: None,
    }
}

fn query(server: &Server, request: &ReadRequest, table: &Table, notes: &mut Vec<Note>) -> Result<Query, ConnectError> {
    let columns = table.columns.iter().filter(|column| request.wants(&column.name));
    let mut query = all_rows(table, columns.map(|column| (column.name.clone(), column.kind)).collect());
    let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    let Some(planned) = PlannedCursor::of(request, &names)? else { return Ok(query) };
    let name = planned.column;
    let Some(column) = table.column(name).map(|column| column.kind) else { return Ok(query) };
    let kind = CursorKind::of(column).map_err(|unfit| unfit_cursor(request, name, unfit))?;
    query.cursor = Some(Cursor { name: name.to_owned(), column, kind });
    query.with_nulls = planned.has_key;
    match Position::parse(&request.from, request.position.as_ref())? {
        Some(position) if position.cursor == name && position.value.kind == kind => {
            let since = position.value.back(planned.overlap).map_err(|unfit| unfit_cursor(request, name, unfit))?;
            notes.extend(ahead(server, request, &position.value));
            query.since = Some(since);
            query.last = Some(position.value);
        }
        Some(position) => notes.push(planned.changed(request, &position.cursor)),
        None => {}
    }
    Ok(query)
}

/// The note for a cursor that lies more than a day after now: until then, no change would be found.
pub(crate) fn ahead(server: &Server, request: &ReadRequest, value: &CursorValue) -> Option<Note> {
    let ReadMode::Incremental { cursor: Some(cursor), .. } = &request.mode else { return None };
    Note::cursor_ahead(cursor, &request.from, value.time()?, server.now?)
}

/// Whether the rows that the read would begin with are the very rows that the last read ended with.
async fn is_unchanged(
    server: &Server,
    session: &mut Session,
    request: &ReadRequest,
    query: &Query,
) -> Result<bool, ConnectError> {
    let position = Position::parse(&request.from, request.position.as_ref())?;
    match position.filter(|_| query.since.is_some()) {
        Some(position) => Ok(query.digest(server, session).await? == position.window),
        None => Ok(false),
    }
}

/// The digest of the rows with which the next read will begin, if the one before ended at `value`.
pub(crate) async fn window(
    server: &Server,
    session: &mut Session,
    request: &ReadRequest,
    query: &Query,
    value: &CursorValue,
) -> Result<String, ConnectError> {
    let ReadMode::Incremental { cursor: Some(cursor), overlap, .. } = &request.mode else { return Ok(String::new()) };
    let since = value.back(*overlap).map_err(|unfit| unfit_cursor(request, cursor, unfit))?;
    Query { since: Some(since), last: None, ..query.clone() }.digest(server, session).await
}

/// The error for a column that cannot serve as cursor.
fn unfit_cursor(request: &ReadRequest, cursor: &str, unfit: Unfit) -> ConnectError {
    let advice = "use another column as `cursor`, or use `mode: full`";
    request.refused(&format!("column `{cursor}` {unfit}"), advice)
}
