//! Tables and columns as the server's catalog has them.

use std::collections::HashMap;

use super::column_type::{ColumnType, Declared};
use super::server::Server;
use super::session::Session;
use crate::ConnectError;

/// A table or view.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub(crate) database: String,
    pub(crate) name: String,
    pub(crate) is_view: bool,
    /// Whether it keeps its history, too (MariaDB's `with system versioning`).
    pub(crate) is_versioned: bool,
    /// `InnoDB`; views have none.
    pub(crate) engine: Option<String>,
    /// About how many rows.
    pub(crate) rows: Option<u64>,
    /// Of its rows, without indexes.
    pub(crate) size_bytes: Option<u64>,
    pub(crate) comment: Option<String>,
    /// Those that the login may read.
    pub(crate) columns: Vec<Column>,
    /// Those that it may not.
    pub(crate) hidden: Vec<String>,
}

/// A column.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) name: String,
    /// As written in `create table`.
    pub(crate) source_type: String,
    pub(crate) kind: ColumnType,
    pub(crate) nullable: bool,
    /// Whether the server sets it with every change of the row.
    pub(crate) follows_changes: bool,
    /// Whether it is computed when it is read, and stored nowhere.
    pub(crate) is_generated: bool,
    /// Of text; enums and sets have one, too.
    pub(crate) character_set: Option<String>,
    pub(crate) comment: Option<String>,
}

impl Table {
    /// As a person writes it after `from:` in a connection to `database`.
    pub(crate) fn label(&self, database: &str) -> String {
        if self.database == database { self.name.clone() } else { format!("{}.{}", self.database, self.name) }
    }

    pub(crate) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Whether the transaction sees one moment of it. MyISAM, Aria, MEMORY and their like know no transactions.
    pub(crate) fn is_transactional(&self) -> bool {
        let known = ["innodb", "rocksdb", "tokudb", "ndbcluster", "ndb"];
        self.engine.as_ref().is_none_or(|engine| known.contains(&engine.to_ascii_lowercase().as_str()))
    }
}

/// A name for SQL.
pub(crate) fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

const KINDS: &str = "table_type in ('BASE TABLE', 'SYSTEM VERSIONED', 'VIEW')";

/// The tables and views of a database, by name; or the one that is called `name`.
pub(crate) async fn tables(
    server: &Server,
    session: &mut Session,
    database: &str,
    name: Option<&str>,
) -> Result<Vec<Table>, ConnectError> {
    type Row = (String, String, Option<String>, Option<u64>, Option<u64>, Option<String>);
    let object = name.unwrap_or(&server.name);
    let sql = format!(
        "select table_name, table_type, engine, table_rows, data_length, table_comment from information_schema.tables \
         where table_schema = ?{} and {KINDS} order by table_name",
        filter(name)
    );
    let found: Vec<Row> = session.all(server, object, &sql, parameters(database, name)).await?;
    let mut columns: HashMap<String, Vec<(Column, bool)>> = HashMap::new();
    for (table, column, is_readable) in self::columns(server, session, database, name).await? {
        columns.entry(table).or_default().push((column, is_readable));
    }
    let mut tables = Vec::new();
    for (name, kind, engine, rows, size_bytes, comment) in found {
        let is_view = kind == "VIEW";
        let mut table = Table {
            database: database.to_owned(),
            is_view,
            is_versioned: kind == "SYSTEM VERSIONED",
            engine,
            rows,
            size_bytes,
            // Both servers say `VIEW` of a view, and MySQL what is wrong with a broken one.
            comment: comment.filter(|comment| !comment.is_empty() && !is_view),
            columns: Vec::new(),
            hidden: Vec::new(),
            name,
        };
        for (column, is_readable) in columns.remove(&table.name).unwrap_or_default() {
            if is_readable { table.columns.push(column) } else { table.hidden.push(column.name) }
        }
        tables.push(table);
    }
    Ok(tables)
}

/// Table, column, whether it may be read.
type OfTable = (String, Column, bool);

async fn columns(
    server: &Server,
    session: &mut Session,
    database: &str,
    name: Option<&str>,
) -> Result<Vec<OfTable>, ConnectError> {
    type Row = (
        String,
        String,
        String,
        String,
        String,
        Option<u64>,
        Option<u64>,
        Option<u64>,
        String,
        String,
        String,
        Option<String>,
    );
    let sql = format!(
        "select table_name, column_name, data_type, column_type, is_nullable, numeric_precision, numeric_scale, \
         datetime_precision, column_comment, extra, privileges, character_set_name from information_schema.columns where table_schema = ?{} \
         order by table_name, ordinal_position",
        filter(name)
    );
    let rows: Vec<Row> = session.all(server, name.unwrap_or(&server.name), &sql, parameters(database, name)).await?;
    let column = |row: Row| {
        let (table, name, data_type, source_type, nullable, precision, scale, fraction, comment, extra, rights, set) =
            row;
        let extra = extra.to_ascii_lowercase();
        let declared = Declared { data_type: &data_type, column_type: &source_type, precision, scale, fraction };
        let column = Column {
            name,
            kind: ColumnType::parse(declared),
            nullable: nullable == "YES",
            follows_changes: extra.contains("on update current_timestamp"),
            is_generated: extra.contains("virtual generated"),
            character_set: set,
            comment: Some(comment).filter(|comment| !comment.is_empty()),
            source_type,
        };
        (table, column, rights.split(',').any(|right| right.eq_ignore_ascii_case("select")))
    };
    Ok(rows.into_iter().map(column).collect())
}

/// The table that `from` names (`table`, or `database.table`), or an error with the nearest name.
pub(crate) async fn find(server: &Server, session: &mut Session, from: &str) -> Result<Table, ConnectError> {
    let others = from.match_indices('.').map(|(dot, _)| (&from[..dot], &from[dot + 1..]));
    for (database, name) in std::iter::once((server.database.as_str(), from)).chain(others) {
        let mut found = tables(server, session, database, Some(name)).await?;
        // Servers on case-blind file systems find a table under another case, too: what they say is taken.
        found.sort_by_key(|table| table.name != name);
        if let Some(table) = found.into_iter().next() {
            return if table.columns.is_empty() { Err(unreadable(from)) } else { Ok(table) };
        }
    }
    let sql = format!("select table_name from information_schema.tables where table_schema = ? and {KINDS}");
    let names: Vec<String> = session.all(server, from, &sql, (server.database.as_str(),)).await?;
    Err(ConnectError::NotFound {
        what: "table",
        from: from.to_owned(),
        within: format!("database `{}`, as far as this login may see", server.name),
        hint: ade_diagnostic::did_you_mean(from, names.iter().map(String::as_str)),
    })
}

fn unreadable(from: &str) -> ConnectError {
    ConnectError::Request {
        from: from.to_owned(),
        reason: "this login may read none of its columns".to_owned(),
        advice: format!("ask the database's owner for `grant select on {from} to …`"),
    }
}

fn filter(name: Option<&str>) -> &'static str {
    if name.is_some() { " and table_name = ?" } else { "" }
}

fn parameters(database: &str, name: Option<&str>) -> Vec<mysql_async::Value> {
    std::iter::once(database).chain(name).map(mysql_async::Value::from).collect()
}
