//! SQLite as a database that sqllogictest can talk to.

use rusqlite::Connection;
use rusqlite::types::ValueRef;
use sqllogictest::{DBOutput, DefaultColumnType};

/// A database in memory. It has no types of values beyond numbers, text and bytes: numbers are
/// printed without a trailing `.0`, as PostgreSQL prints double precision.
pub(crate) struct SqliteDatabase {
    connection: Connection,
}

impl SqliteDatabase {
    pub(crate) fn new() -> Self {
        Self { connection: Connection::open_in_memory().expect("memory") }
    }
}

impl sqllogictest::DB for SqliteDatabase {
    type Error = rusqlite::Error;
    type ColumnType = DefaultColumnType;

    fn run(&mut self, sql: &str) -> Result<DBOutput<DefaultColumnType>, rusqlite::Error> {
        let mut statement = self.connection.prepare(sql)?;
        let columns = statement.column_count();
        if columns == 0 {
            return Ok(DBOutput::StatementComplete(statement.execute([])? as u64));
        }
        let mut found = statement.query([])?;
        let mut rows = Vec::new();
        while let Some(row) = found.next()? {
            rows.push((0..columns).map(|index| row.get_ref(index).map(cell)).collect::<Result<Vec<_>, _>>()?);
        }
        Ok(DBOutput::Rows { types: vec![DefaultColumnType::Any; columns], rows })
    }

    fn engine_name(&self) -> &'static str {
        "sqlite"
    }
}

fn cell(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "NULL".to_owned(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text([]) => "(empty)".to_owned(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
        ValueRef::Blob(bytes) => format!("{bytes:02x?}"),
    }
}
