//! What tables a database has.

use arrow::datatypes::Field;

use super::catalog::{Table, find, tables};
use super::keys::{Keys, keys};
use super::plan::remarks;
use super::server::Server;
use super::session::Session;
use crate::cursor_name::cursor_rank;
use crate::lake_name::lake_name;
use crate::{ColumnInfo, ConnectError, CursorProposal, RowCount, TableInfo, TableKind};

/// Every table and view of the connection's database that the login may read, from the catalog alone.
pub(crate) async fn browse(server: &Server, session: &mut Session) -> Result<Vec<TableInfo>, ConnectError> {
    let tables = tables(server, session, &server.database, None).await?;
    let mut keys = keys(server, session, &server.database).await?;
    let readable = tables.into_iter().filter(|table| !table.columns.is_empty() || table.is_view);
    let mut found: Vec<TableInfo> =
        readable.map(|table| describe(server, keys.remove(&table.name).unwrap_or_default(), table)).collect();
    TableInfo::number_names(&mut found);
    Ok(found)
}

/// What `from` names, also in another database.
pub(crate) async fn browse_one(
    server: &Server,
    session: &mut Session,
    from: &str,
) -> Result<Option<TableInfo>, ConnectError> {
    let table = match find(server, session, from).await {
        Ok(table) => table,
        Err(ConnectError::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut keys = keys(server, session, &table.database).await?;
    Ok(Some(describe(server, keys.remove(&table.name).unwrap_or_default(), table)))
}

fn describe(server: &Server, keys: Keys, table: Table) -> TableInfo {
    let from = table.label(&server.database);
    let fields: Vec<Field> =
        table.columns.iter().map(|column| Field::new(&column.name, column.kind.data_type(), true)).collect();
    let mut notes: Vec<String> = remarks(&table, &from, &fields).into_iter().map(|note| note.message).collect();
    if table.columns.is_empty() {
        notes.push("cannot be read: the view refers to what is gone, or to what its owner may not read".to_owned());
    }
    let mut info = TableInfo {
        name: lake_name(&table.name),
        kind: if table.is_view { TableKind::View } else { TableKind::Table },
        cursors: cursors(&table, &keys),
        primary_key: keys.primary,
        unique_keys: keys.unique,
        indexed: keys.indexed,
        foreign_keys: keys.foreign,
        rows: table.rows.map(RowCount::Estimated),
        size_bytes: table.size_bytes,
        comment: table.comment,
        options: Vec::new(),
        columns: table
            .columns
            .into_iter()
            .map(|column| ColumnInfo {
                data_type: column.kind.data_type(),
                name: column.name,
                source_type: column.source_type,
                nullable: column.nullable,
                comment: column.comment,
            })
            .collect(),
        notes,
        from,
    };
    info.promote_unique_key();
    info
}

/// Columns that the server sets with every change, then those whose name says that they grow with it.
fn cursors(table: &Table, keys: &Keys) -> Vec<CursorProposal> {
    let mut found = Vec::new();
    for column in &table.columns {
        let by_name = cursor_rank(&column.name).filter(|_| {
            let data_type = column.kind.data_type();
            data_type.is_temporal() || data_type.is_integer()
        });
        let rank = match (column.follows_changes, by_name) {
            (true, rank) => rank.unwrap_or(usize::MAX),
            (false, Some(rank)) => rank,
            (false, None) => continue,
        };
        let indexed = keys.indexed.contains(&column.name);
        let why = if column.follows_changes {
            "the server sets it with every change of the row"
        } else {
            "its name says that it changes with the row"
        };
        let index = if indexed { "indexed" } else { "not indexed, so every read looks at all rows" };
        let gaps = if column.nullable { "; rows where it is NULL would be read again each time" } else { "" };
        let reason = format!("{why}; {index}{gaps}");
        let proposal = CursorProposal { column: column.name.clone(), reason, indexed, has_gaps: column.nullable };
        found.push(((!column.follows_changes, !indexed, rank), proposal));
    }
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, proposal)| proposal).collect()
}
