//! What the app's server has not got yet.
//!
//! The generator works in a SQLite file of its own, in which triggers note the rows that it adds, changes and removes. The
//! notes go when the server has what they say, so a delivery that fails is made up for by the next one, and one that is made
//! twice changes nothing.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, types::ValueRef};

use crate::{APP_SCHEMA, AppSystem, MarketplaceError, simulation::TABLES, state::State};

/// Rows in one statement.
const ROWS: usize = 500;

/// Names of the app's tables.
const NAMES: [&str; 7] = ["markets", "stores", "skus", "customers", "orders", "order_items", "deleted_rows"];

/// What the app's server has not got yet, as SQL for PostgreSQL.
#[derive(Debug)]
pub struct AppDelivery {
    connection: Connection,
    path: PathBuf,
    state: State,
    /// How many days the server has, if it has any.
    delivered: Option<u64>,
    /// The table whose rows come next, and the last of them that came.
    next: (usize, i64),
}

impl AppDelivery {
    /// For the data below `target/data`; `None` if the app's database is there, too.
    pub fn open(target: &Path) -> Result<Option<Self>, MarketplaceError> {
        let state = State::read(target)?;
        if state.app == AppSystem::Sqlite {
            return Ok(None);
        }
        let path = target.join("data").join(state.app.file());
        let opened = Connection::open(&path).and_then(|connection| {
            let days = connection.query_row("select max(days) from delivered", [], |row| row.get(0))?;
            Ok((connection, days))
        });
        match opened {
            Ok((connection, delivered)) => Ok(Some(Self { connection, path, state, delivered, next: (0, 0) })),
            Err(source) => Err(MarketplaceError::Database { path, source }),
        }
    }

    /// Whether the server has nothing yet: [`Self::creation`] comes first.
    pub fn is_first(&self) -> bool {
        self.delivered.is_none()
    }

    /// What the schema's comment says before the delivery, and after it: the server has this very data, and no other demo's.
    pub fn marks(&self) -> (Option<String>, String) {
        (self.delivered.map(|days| self.mark(days)), self.mark(self.state.next_day))
    }

    fn mark(&self, days: u64) -> String {
        let world = self.state.world;
        format!("ade demo: seed {}, scale {}, {days} days from {}", world.seed, world.scale, world.first_day)
    }

    /// Statements that make the schema and its tables.
    pub fn creation() -> String {
        let tables = TABLES.replace(" integer", " bigint").replace(" double", " double precision");
        format!("create schema {APP_SCHEMA};\nset local search_path to {APP_SCHEMA};\n{tables}")
    }

    /// The statements that come next, for some hundred rows; `None` after the last. They belong into one transaction.
    pub fn next_statements(&mut self) -> Result<Option<String>, MarketplaceError> {
        let failed = |source| MarketplaceError::Database { path: self.path.clone(), source };
        loop {
            let (place, last) = self.next;
            let Some(table) = NAMES.get(place) else { return Ok(None) };
            let (statements, last) = rows(&self.connection, table, last).map_err(failed)?;
            self.next = match last {
                Some(last) => (place, last),
                None => (place + 1, 0),
            };
            if !statements.is_empty() {
                return Ok(Some(statements));
            }
        }
    }

    /// Statements that end the delivery.
    pub fn end(&self) -> String {
        format!("comment on schema {APP_SCHEMA} is '{}';", self.marks().1)
    }

    /// The server has it all.
    pub fn done(self) -> Result<(), MarketplaceError> {
        let days = self.state.next_day;
        let noted = self.connection.execute_batch(&format!(
            "begin; delete from touched; delete from delivered; insert into delivered values ({days}); commit;"
        ));
        noted.map_err(|source| MarketplaceError::Database { path: self.path, source })
    }
}

/// Has the rows noted that are touched from now on.
pub(crate) fn note_rows(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "create table touched (table_name text not null, row_id integer not null, primary key (table_name, row_id)) without rowid;
         create table delivered (days integer not null);",
    )?;
    for table in NAMES {
        for (event, row) in [("insert", "new"), ("update", "new"), ("delete", "old")] {
            connection.execute_batch(&format!(
                "create trigger touched_{table}_{event} after {event} on {table} begin \
                 insert or ignore into touched values ('{table}', {row}.id); end;"
            ))?;
        }
    }
    Ok(())
}

/// Statements for the next touched rows of a table behind the id `last`, and the id of the last of them.
fn rows(connection: &Connection, table: &str, last: i64) -> rusqlite::Result<(String, Option<i64>)> {
    let mut query = connection.prepare_cached(&format!(
        "select t.row_id, x.* from touched t left join {table} x on x.id = t.row_id \
         where t.table_name = ?1 and t.row_id > ?2 order by t.row_id limit {ROWS}"
    ))?;
    let columns: Vec<(String, bool)> = query
        .columns()
        .iter()
        .skip(1)
        .map(|column| (column.name().to_owned(), column.decl_type() == Some("boolean")))
        .collect();
    let mut found = query.query((table, last))?;
    let (mut present, mut gone, mut last) = (Vec::new(), Vec::new(), None);
    while let Some(row) = found.next()? {
        let id: i64 = row.get(0)?;
        last = Some(id);
        if row.get_ref(1)? == ValueRef::Null {
            gone.push(id.to_string());
            continue;
        }
        let values = columns.iter().enumerate();
        let values = values.map(|(place, (_, is_boolean))| Ok(literal(row.get_ref(place + 1)?, *is_boolean)));
        present.push(format!("({})", values.collect::<rusqlite::Result<Vec<_>>>()?.join(", ")));
    }
    let mut statements = Vec::new();
    if !gone.is_empty() {
        statements.push(format!("delete from {APP_SCHEMA}.{table} where id in ({});", gone.join(", ")));
    }
    if !present.is_empty() {
        let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
        let new: Vec<String> = names.iter().map(|name| format!("excluded.{name}")).collect();
        statements.push(format!(
            "insert into {APP_SCHEMA}.{table} ({names}) values\n{}\non conflict (id) do update set ({names}) = ({});",
            present.join(",\n"),
            new.join(", "),
            names = names.join(", "),
        ));
    }
    Ok((statements.join("\n"), last))
}

/// A value as PostgreSQL reads it.
fn literal(value: ValueRef<'_>, is_boolean: bool) -> String {
    match value {
        ValueRef::Null => "null".to_owned(),
        ValueRef::Integer(number) if is_boolean => (number != 0).to_string(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => format!("{number:?}"),
        ValueRef::Text(text) | ValueRef::Blob(text) => {
            format!("'{}'", String::from_utf8_lossy(text).replace('\'', "''"))
        }
    }
}
