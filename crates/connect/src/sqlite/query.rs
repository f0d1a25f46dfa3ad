//! The statements that read a table.

use rusqlite::Connection;

use super::catalog::quoted;
use super::cursor::CursorValue;
use super::database::Database;
use crate::ConnectError;

/// Rows of a table: what a unit reads, as plain data.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Query {
    /// As the database spells it.
    pub(crate) table: String,
    /// The word for a row's number, if rows have one.
    pub(crate) rowid: Option<String>,
    /// Those that the table has, by name.
    pub(crate) columns: Vec<String>,
    pub(crate) cursor: Option<String>,
    /// Read rows whose cursor is not less. Without it, all rows.
    pub(crate) since: Option<CursorValue>,
    /// With `since`: read also the rows without a cursor value, which may be new. Only where a key makes reading them again
    /// harmless.
    pub(crate) with_nulls: bool,
    /// The position that it continues.
    pub(crate) last: Option<CursorValue>,
}

impl Query {
    /// Selects the row's number (or NULL), the cursor (or NULL), then the columns.
    pub(crate) fn sql(&self) -> String {
        let rowid = self.rowid.as_deref().unwrap_or("null");
        let cursor = self.cursor.as_deref().map_or_else(|| "null".to_owned(), quoted);
        let columns = [rowid.to_owned(), cursor].into_iter().chain(self.columns.iter().map(|column| quoted(column)));
        let columns = columns.collect::<Vec<_>>().join(", ");
        let filter = match (&self.since, &self.cursor) {
            (Some(_), Some(column)) => {
                let column = quoted(column);
                let nulls = if self.with_nulls { format!(" or {column} is null") } else { String::new() };
                format!(" where {column} >= ?1{nulls}")
            }
            _ => String::new(),
        };
        format!("select {columns} from main.{}{filter}", quoted(&self.table))
    }

    pub(crate) fn parameters(&self) -> Vec<&CursorValue> {
        self.since.iter().filter(|_| self.cursor.is_some()).collect()
    }

    /// A digest of the rows from `since` on, for telling whether anything changed. It is keyed: it covers the raw values of
    /// all columns, also of those that never land, and it is stored in the lake.
    pub(crate) fn digest(&self, database: &Database, connection: &Connection) -> Result<String, ConnectError> {
        use rusqlite::types::ValueRef;
        let failed = |error| database.failed(&self.table, &error);
        let mut statement =
            connection.prepare(&self.sql()).map_err(|error| database.cannot_prepare(&self.table, &error))?;
        let count = statement.column_count();
        let mut rows = statement.query(rusqlite::params_from_iter(self.parameters())).map_err(failed)?;
        let mut hasher = database.hasher(&self.table)?;
        let _ = hasher.update(self.sql().as_bytes());
        while let Some(row) = rows.next().map_err(failed)? {
            for index in 0..count {
                // Kind and length go first, so that no two rows look alike.
                let (kind, bytes): (u8, &[u8]) = match row.get_ref(index).map_err(failed)? {
                    ValueRef::Null => (0, &[]),
                    ValueRef::Integer(value) => (1, &value.to_le_bytes()),
                    ValueRef::Real(value) => (2, &value.to_le_bytes()),
                    ValueRef::Text(text) => (3, text),
                    ValueRef::Blob(blob) => (4, blob),
                };
                let _ = hasher.update(&[kind]).update(&(bytes.len() as u64).to_le_bytes()).update(bytes);
            }
        }
        Ok(hasher.finalize().to_hex().to_string())
    }
}
