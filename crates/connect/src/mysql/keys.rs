//! Keys, indexes and references of tables.

use std::collections::HashMap;

use super::server::Server;
use super::session::Session;
use crate::{ConnectError, ForeignKey};

/// Keys, indexes and references of one table.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    pub(crate) primary: Vec<String>,
    /// Besides the primary key.
    pub(crate) unique: Vec<Vec<String>>,
    pub(crate) foreign: Vec<ForeignKey>,
    /// First columns of indexes.
    pub(crate) indexed: Vec<String>,
}

/// Those of all tables of a database, by the table's name.
pub(crate) async fn keys(
    server: &Server,
    session: &mut Session,
    database: &str,
) -> Result<HashMap<String, Keys>, ConnectError> {
    let mut keys: HashMap<String, Keys> = HashMap::new();
    for (table, index, columns) in indexes(server, session, database).await? {
        let keys = keys.entry(table).or_default();
        if let Some(Some(first)) = columns.first() {
            keys.indexed.push(first.clone());
        }
        // An index over an expression has a column without name.
        let Some(columns) = columns.into_iter().collect::<Option<Vec<String>>>() else { continue };
        match index {
            Index::Primary => keys.primary = columns,
            Index::Unique => keys.unique.push(columns),
            Index::Other => {}
        }
    }
    for (table, reference) in references(server, session, database).await? {
        keys.entry(table).or_default().foreign.push(reference);
    }
    Ok(keys)
}

enum Index {
    Primary,
    Unique,
    Other,
}

/// Table, what it is, columns in order.
type OfIndex = (String, Index, Vec<Option<String>>);

async fn indexes(server: &Server, session: &mut Session, database: &str) -> Result<Vec<OfIndex>, ConnectError> {
    type Row = (String, String, i64, Option<String>);
    let sql = "select table_name, index_name, non_unique, column_name from information_schema.statistics \
               where table_schema = ? order by table_name, index_name, seq_in_index";
    let rows: Vec<Row> = session.all(server, database, sql, (database,)).await?;
    let mut indexes: Vec<OfIndex> = Vec::new();
    let mut last: Option<(String, String)> = None;
    for (table, index, non_unique, column) in rows {
        if last.as_ref().is_none_or(|last| last.0 != table || last.1 != index) {
            let kind = match non_unique {
                0 if index == "PRIMARY" => Index::Primary,
                0 => Index::Unique,
                _ => Index::Other,
            };
            indexes.push((table.clone(), kind, Vec::new()));
            last = Some((table, index));
        }
        if let Some((.., columns)) = indexes.last_mut() {
            columns.push(column);
        }
    }
    Ok(indexes)
}

async fn references(
    server: &Server,
    session: &mut Session,
    database: &str,
) -> Result<Vec<(String, ForeignKey)>, ConnectError> {
    type Row = (String, String, String, String, String, String);
    let sql = "select table_name, constraint_name, column_name, referenced_table_schema, referenced_table_name, \
               referenced_column_name from information_schema.key_column_usage \
               where table_schema = ? and referenced_table_name is not null \
               order by table_name, constraint_name, ordinal_position";
    let rows: Vec<Row> = session.all(server, database, sql, (database,)).await?;
    let mut references: Vec<(String, ForeignKey)> = Vec::new();
    let mut last: Option<(String, String)> = None;
    for (table, constraint, column, to_database, to_table, to_column) in rows {
        if last.as_ref().is_none_or(|last| last.0 != table || last.1 != constraint) {
            let to_table = if to_database == database { to_table } else { format!("{to_database}.{to_table}") };
            let reference = ForeignKey { columns: Vec::new(), to_table, to_columns: Vec::new() };
            references.push((table.clone(), reference));
            last = Some((table, constraint));
        }
        if let Some((_, reference)) = references.last_mut() {
            reference.columns.push(column);
            reference.to_columns.push(to_column);
        }
    }
    Ok(references)
}
