//! From a request to a unit, a schema and drift.

use arrow::datatypes::{DataType, Field};
use rusqlite::Connection;

use super::catalog::{Column, Table, names, table};
use super::cursor::{CursorValue, Unfit};
use super::database::Database;
use super::epochs;
use super::evidence::ColumnEvidence;
use super::position::Position;
use super::query::Query;
use super::value_builder::ValueBuilder;
use crate::table_plan::{PlannedColumn, PlannedCursor, planned_columns};
use crate::value::Epoch;
use crate::{ConnectError, Note, ReadMode, ReadPlan, ReadRequest, ReadUnit, Settings, type_name};

/// Plans a read. Looks at all rows where a column's type is not promised.
pub(crate) fn plan(
    database: &Database,
    connection: &Connection,
    request: &ReadRequest,
) -> Result<ReadPlan, ConnectError> {
    let table = find(database, connection, &request.from)?;
    let promised = |name: &str| request.promised.as_ref().and_then(|schema| schema.field_with_name(name).ok());
    let unknown: Vec<&Column> = table
        .columns
        .iter()
        .filter(|column| request.wants(&column.name))
        .filter(|column| promised(&column.name).is_none_or(|field| *field.data_type() == DataType::Null))
        .collect();
    let (evidence, counted) = look_at(database, connection, &table, &unknown, &request.options)?;
    let inferred = |name: &str| {
        let place = unknown.iter().position(|column| column.name == name)?;
        Some(evidence[place].data_type())
    };

    let columns: Vec<PlannedColumn<'_>> = table
        .columns
        .iter()
        .enumerate()
        .map(|(position, column)| PlannedColumn { position, name: &column.name, source_type: &column.source_type })
        .collect();
    let natural = |name: &str| inferred(name).unwrap_or(DataType::Utf8);
    // SQLite types values, not columns: what does not fit is told when it is read.
    let (fields, drift) = planned_columns(request, &table.name, &columns, natural, |_, _| None);
    check_types(request, &fields)?;

    let mut notes = Vec::new();
    let query = query(database, request, &table, &mut notes)?;
    let unit = if is_unchanged(database, connection, request, &query)? {
        None
    } else {
        Some(ReadUnit {
            label: if query.since.is_some() { format!("{} (changes)", table.name) } else { table.name.clone() },
            replaces_batch: None,
            size_bytes: None,
            rows: counted.filter(|_| query.since.is_none()).or_else(|| count(connection, &table, &query)),
            drift: drift.clone(),
            detail: serde_json::to_value(&query).unwrap_or_default(),
        })
    };
    Ok(ReadPlan::of_table(request, fields, unit, drift, notes))
}

/// The table that `from` names, or an error with the nearest name.
pub(crate) fn find(database: &Database, connection: &Connection, from: &str) -> Result<Table, ConnectError> {
    let failed = |error| database.failed(from, &error);
    if let Some(table) = table(connection, from).map_err(failed)? {
        return Ok(table);
    }
    let names = names(connection).map_err(failed)?;
    Err(ConnectError::NotFound {
        what: "table",
        from: from.to_owned(),
        within: format!("database `{}`", database.name),
        hint: ade_diagnostic::did_you_mean(from, names.iter().map(String::as_str)),
    })
}

/// What all values of some columns have in common, and the number of rows where they were counted.
pub(crate) fn look_at(
    database: &Database,
    connection: &Connection,
    table: &Table,
    columns: &[&Column],
    options: &Settings,
) -> Result<(Vec<ColumnEvidence>, Option<u64>), ConnectError> {
    let mut evidence: Vec<ColumnEvidence> =
        columns.iter().map(|column| ColumnEvidence::new(column.declared, epochs::of(options, &column.name))).collect();
    if columns.is_empty() {
        return Ok((evidence, None));
    }
    let failed = |error| database.failed(&table.name, &error);
    let query = all_rows(table, columns.iter().map(|column| column.name.clone()).collect());
    let mut statement =
        connection.prepare(&query.sql()).map_err(|error| database.cannot_prepare(&table.name, &error))?;
    let mut rows = statement.query([]).map_err(failed)?;
    let mut count = 0;
    while let Some(row) = rows.next().map_err(failed)? {
        count += 1;
        for (index, evidence) in evidence.iter_mut().enumerate() {
            evidence.see(row.get_ref(index + 2).map_err(failed)?);
        }
    }
    Ok((evidence, Some(count)))
}

/// Every row of a table.
pub(crate) fn all_rows(table: &Table, columns: Vec<String>) -> Query {
    let rowid = table.rowid().map(str::to_owned);
    Query { table: table.name.clone(), rowid, columns, cursor: None, since: None, with_nulls: false, last: None }
}

fn query(
    database: &Database,
    request: &ReadRequest,
    table: &Table,
    notes: &mut Vec<Note>,
) -> Result<Query, ConnectError> {
    let names = table.columns.iter().map(|column| column.name.as_str());
    let columns = names.clone().filter(|name| request.wants(name)).map(str::to_owned).collect();
    let mut query = all_rows(table, columns);
    let Some(planned) = PlannedCursor::of(request, &names.collect::<Vec<_>>())? else { return Ok(query) };
    let cursor = planned.column;
    query.cursor = Some(cursor.to_owned());
    query.with_nulls = planned.has_key;
    match Position::parse(&request.from, request.position.as_ref())? {
        Some(position) if position.cursor == cursor => {
            let since = position.value.back(planned.overlap).map_err(|unfit| unfit_cursor(request, cursor, unfit))?;
            notes.extend(ahead(database, request, &position.value));
            query.since = Some(since);
            query.last = Some(position.value);
        }
        Some(position) => notes.push(planned.changed(request, &position.cursor)),
        None => {}
    }
    Ok(query)
}

/// The note for a cursor that lies more than a day after now: until then, no change would be found.
pub(crate) fn ahead(database: &Database, request: &ReadRequest, value: &CursorValue) -> Option<Note> {
    let ReadMode::Incremental { cursor: Some(cursor), .. } = &request.mode else { return None };
    Note::cursor_ahead(cursor, &request.from, value.time()?, database.now?)
}

/// Whether the rows that the read would begin with are the very rows that the last read ended with.
fn is_unchanged(
    database: &Database,
    connection: &Connection,
    request: &ReadRequest,
    query: &Query,
) -> Result<bool, ConnectError> {
    let Some(position) = Position::parse(&request.from, request.position.as_ref())?.filter(|_| query.since.is_some())
    else {
        return Ok(false);
    };
    Ok(query.digest(database, connection)? == position.window)
}

/// The digest of the rows with which the next read will begin, if the one before ended at `value`.
pub(crate) fn window(
    database: &Database,
    connection: &Connection,
    request: &ReadRequest,
    query: &Query,
    value: &CursorValue,
) -> Result<String, ConnectError> {
    let ReadMode::Incremental { cursor: Some(cursor), overlap, .. } = &request.mode else { return Ok(String::new()) };
    let since = value.back(*overlap).map_err(|unfit| unfit_cursor(request, cursor, unfit))?;
    Query { since: Some(since), last: None, ..query.clone() }.digest(database, connection)
}

/// How many rows a table has. Counting goes over its smallest index. A view would do all of its work for it.
fn count(connection: &Connection, table: &Table, query: &Query) -> Option<u64> {
    if table.is_view || query.since.is_some() {
        return None;
    }
    let sql = format!("select count(*) from main.{}", super::catalog::quoted(&query.table));
    let rows: i64 = connection.query_row(&sql, [], |row| row.get(0)).ok()?;
    u64::try_from(rows).ok()
}

fn check_types(request: &ReadRequest, fields: &[Field]) -> Result<(), ConnectError> {
    match fields.iter().find(|field| ValueBuilder::new(field.data_type(), 0, Epoch::Unsaid).is_none()) {
        None => Ok(()),
        Some(field) => {
            let reason = format!(
                "column `{}` is promised as {}, which SQLite has not got",
                field.name(),
                type_name(field.data_type())
            );
            Err(request.refused(&reason, "promise a type that it has, such as varchar, and convert it in a model"))
        }
    }
}

/// The error for a column that cannot serve as cursor.
pub(crate) fn unfit_cursor(request: &ReadRequest, cursor: &str, unfit: Unfit) -> ConnectError {
    let advice = "use another column as `cursor`, correct its values in the source, or use `mode: full`";
    request.refused(&format!("column `{cursor}` {unfit}"), advice)
}
