//! What tables a database has.

use arrow::datatypes::DataType;
use rusqlite::Connection;
use serde_json::Value;

use super::catalog::{Column, Keys, Table, keys, names, row_key, table};
use super::database::Database;
use super::epochs::MILLISECONDS;
use super::evidence::ColumnEvidence;
use super::plan::look_at;
use crate::cursor_name::cursor_rank;
use crate::lake_name::lake_name;
use crate::{ColumnInfo, ConnectError, CursorProposal, ForeignKey, RowCount, Settings, TableInfo, TableKind};

/// Every table and view, with types that hold all of their values. One that cannot be read (a broken view) is listed
/// without columns, with the reason.
pub(crate) fn browse(database: &Database, connection: &Connection) -> Result<Vec<TableInfo>, ConnectError> {
    let failed = |error| database.failed(&database.name, &error);
    let mut tables = Vec::new();
    for name in names(connection).map_err(failed)? {
        let info = table(connection, &name)
            .map_err(|error| database.cannot_prepare(&name, &error))
            .and_then(|table| table.map(|table| describe(database, connection, &table)).transpose());
        match info {
            Ok(info) => tables.extend(info),
            Err(error) => tables.push(unreadable(&name, &error)),
        }
    }
    Ok(tables)
}

fn describe(database: &Database, connection: &Connection, table: &Table) -> Result<TableInfo, ConnectError> {
    let columns: Vec<_> = table.columns.iter().collect();
    let (evidence, rows) = look_at(database, connection, table, &columns, &Settings::default())?;
    let named = |(column, evidence): (&&Column, &ColumnEvidence)| {
        evidence.in_milliseconds().map(|_| Value::from(column.name.clone()))
    };
    let millis: Vec<Value> = columns.iter().zip(&evidence).filter_map(named).collect();
    let evidence: Vec<ColumnEvidence> =
        evidence.into_iter().map(|evidence| evidence.in_milliseconds().unwrap_or(evidence)).collect();
    let mut keys = keys(connection, table).map_err(|error| database.failed(&table.name, &error))?;
    let holds_null = |name: &str| {
        table.columns.iter().zip(&evidence).any(|(column, evidence)| column.name == name && evidence.nulls > 0)
    };
    let nulls: Vec<String> = table.primary_key().into_iter().filter(|column| holds_null(column)).collect();
    let broken = (!nulls.is_empty()).then(|| {
        format!(
            "its primary key holds NULL in {}, which SQLite allows: such a key tells no rows apart",
            nulls.join(", ")
        )
    });
    let primary_key = row_key(table, &mut keys, &holds_null);
    let info = |(column, evidence): (&super::catalog::Column, &ColumnEvidence)| ColumnInfo {
        name: column.name.clone(),
        source_type: column.source_type.clone(),
        data_type: if may_have_fractions(column, evidence, &keys) { DataType::Float64 } else { evidence.data_type() },
        // A primary key of SQLite may hold NULL unless it is the row's number or declared otherwise: look.
        nullable: !(column.not_null || (column.key_place.is_some() && evidence.nulls == 0)),
        comment: None,
    };
    let columns: Vec<ColumnInfo> = table.columns.iter().zip(&evidence).map(info).collect();
    let mixed = table.columns.iter().zip(&evidence).filter(|(_, evidence)| evidence.is_mixed());
    let units = table.columns.iter().zip(&evidence).filter(|(_, evidence)| evidence.has_several_units());
    let units = units.map(|(column, _)| {
        format!(
            "numbers of column `{}` are seconds and milliseconds, or milliseconds around 1970; if they are the latter, list it \
             under `{MILLISECONDS}`",
            column.name
        )
    });
    let whole =
        table.columns.iter().zip(&evidence).filter(|(column, evidence)| may_have_fractions(column, evidence, &keys));
    let whole = whole.map(|(column, _)| {
        format!(
            "column `{}` is declared as {} and holds whole numbers only so far; `data_type: decimal(18, 2)` is exact where it \
             is money, `bigint` where it counts",
            column.name,
            column.source_type.to_lowercase()
        )
    });
    let notes = mixed
        .map(|(column, _)| format!("column `{}` holds values of several kinds; it is read as text", column.name))
        .chain(units)
        .chain(broken)
        .chain(whole)
        .collect();
    Ok(TableInfo {
        name: lake_name(&table.name),
        from: table.name.clone(),
        kind: if table.is_view { TableKind::View } else { TableKind::Table },
        cursors: cursors(&columns, &evidence, &keys),
        columns,
        primary_key,
        unique_keys: keys.unique,
        indexed: keys.indexed.into_iter().collect(),
        foreign_keys: keys.foreign.into_iter().map(foreign_key).collect(),
        rows: rows.map(RowCount::Exact),
        size_bytes: None,
        comment: None,
        options: if millis.is_empty() { Vec::new() } else { vec![(MILLISECONDS.to_owned(), Value::Array(millis))] },
        notes,
    })
}

/// Whether a column is declared as a number without digits, which may have a fraction tomorrow, and only has whole values
/// today. Keys are whole by nature.
fn may_have_fractions(column: &Column, evidence: &ColumnEvidence, keys: &Keys) -> bool {
    let word = column.source_type.trim().to_ascii_uppercase();
    let is_key = column.key_place.is_some()
        || keys.unique.iter().any(|key| key.contains(&column.name))
        || keys.foreign.iter().any(|(columns, _, _)| columns.contains(&column.name));
    matches!(word.as_str(), "NUMERIC" | "DECIMAL" | "NUMBER" | "DEC")
        && !is_key
        && evidence.data_type() == DataType::Int64
}

fn unreadable(name: &str, error: &ConnectError) -> TableInfo {
    TableInfo {
        notes: vec![format!("cannot be read: {error}")],
        ..TableInfo::new(lake_name(name), name, TableKind::View)
    }
}

fn foreign_key((columns, to_table, to_columns): (Vec<String>, String, Vec<String>)) -> ForeignKey {
    ForeignKey { columns, to_table, to_columns }
}

/// Columns whose name says that they grow with every change, if they hold times in every row: what changed in a row without
/// one could not be told.
fn cursors(columns: &[ColumnInfo], evidence: &[ColumnEvidence], keys: &Keys) -> Vec<CursorProposal> {
    let mut found: Vec<(usize, CursorProposal)> = columns
        .iter()
        .zip(evidence)
        .filter(|(_, evidence)| evidence.nulls == 0)
        .filter_map(|(column, _)| {
            let rank = cursor_rank(&column.name)?;
            let is_time = column.data_type.is_temporal() || column.data_type.is_integer();
            let indexed = keys.indexed.contains(&column.name);
            let reason = if indexed {
                "its name says that it changes with the row; indexed"
            } else {
                "its name says that it changes with the row; not indexed, so every read looks at all rows"
            };
            let proposal = || {
                let (column, reason) = (column.name.clone(), reason.to_owned());
                // All rows have been looked at.
                (rank, CursorProposal { column, reason, indexed, has_gaps: false })
            };
            is_time.then(proposal)
        })
        .collect();
    found.sort_by_key(|(rank, proposal)| (!proposal.indexed, *rank));
    found.into_iter().map(|(_, proposal)| proposal).collect()
}
