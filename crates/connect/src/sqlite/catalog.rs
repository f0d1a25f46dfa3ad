//! Tables, columns and keys as the database declares them.

use rusqlite::{Connection, Error};

use super::column_type::Declared;

/// A table or view.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) is_view: bool,
    /// Whether rows have SQLite's own number.
    pub(crate) has_rowid: bool,
    pub(crate) columns: Vec<Column>,
}

/// A column.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) name: String,
    /// As written in `create table`.
    pub(crate) source_type: String,
    pub(crate) declared: Declared,
    pub(crate) not_null: bool,
    /// Its place in the primary key, from 1.
    pub(crate) key_place: Option<i64>,
}

/// Keys of a table besides the primary key.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    pub(crate) unique: Vec<Vec<String>>,
    pub(crate) foreign: Vec<ForeignKey>,
    /// First columns of indexes.
    pub(crate) indexed: Vec<String>,
}

/// A name for SQL.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The names of all tables and views of the main database, SQLite's own left out.
pub(crate) fn names(connection: &Connection) -> Result<Vec<String>, Error> {
    let sql = "select name from pragma_table_list where schema = 'main' and type in ('table', 'view', 'virtual') \
               and name not like 'sqlite\\_%' escape '\\' order by name";
    connection.prepare(sql)?.query_map([], |row| row.get(0))?.collect()
}

/// The table that is called `name`, in any case as SQLite has it.
pub(crate) fn table(connection: &Connection, name: &str) -> Result<Option<Table>, Error> {
    let sql = "select name, type, wr from pragma_table_list where schema = 'main' and lower(name) = lower(?1)";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([name])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let (name, kind, without_rowid): (String, String, bool) = (row.get(0)?, row.get(1)?, row.get(2)?);
    let columns = columns(connection, &name)?;
    let takes_name = ["rowid", "_rowid_", "oid"]
        .iter()
        .all(|word| columns.iter().any(|column| column.name.eq_ignore_ascii_case(word)));
    let has_rowid = kind == "table" && !without_rowid && !takes_name;
    Ok(Some(Table { name, is_view: kind == "view", has_rowid, columns }))
}

fn columns(connection: &Connection, table: &str) -> Result<Vec<Column>, Error> {
    // Hidden columns (1) are arguments of virtual tables; 2 and 3 are computed ones.
    let sql = "select name, type, \"notnull\", pk from pragma_table_xinfo(?1) where hidden <> 1 order by cid";
    let mut statement = connection.prepare(sql)?;
    let columns = statement.query_map([table], |row| {
        let source_type: String = row.get(1)?;
        let key_place: i64 = row.get(3)?;
        Ok(Column {
            name: row.get(0)?,
            declared: Declared::parse(&source_type),
            source_type,
            not_null: row.get(2)?,
            key_place: (key_place > 0).then_some(key_place),
        })
    })?;
    columns.collect()
}

impl Table {
    /// The word by which a row's number can be selected: one that no column has taken. `None` also where a column *is* the
    /// row's number (<https://sqlite.org/lang_createtable.html#rowid>): then the number is a value, and values are in no message.
    pub(crate) fn rowid(&self) -> Option<&'static str> {
        if self.columns.iter().any(|column| column.key_place.is_some() && column.declared == Declared::Integer) {
            return None;
        }
        let is_free = |word: &str| !self.columns.iter().any(|column| column.name.eq_ignore_ascii_case(word));
        ["rowid", "_rowid_", "oid"].into_iter().find(|word| self.has_rowid && is_free(word))
    }

    /// The columns of the primary key, in key order.
    pub(crate) fn primary_key(&self) -> Vec<String> {
        let mut key: Vec<&Column> = self.columns.iter().filter(|column| column.key_place.is_some()).collect();
        key.sort_by_key(|column| column.key_place);
        key.into_iter().map(|column| column.name.clone()).collect()
    }

    pub(crate) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// What tells the rows of a table apart, for certain: its primary key, unless that holds NULL (SQLite allows it, and then the same
/// key may stand twice), else the narrowest of the unique keys whose columns are all declared `not null`, which is then no
/// longer among those of `keys`.
pub(crate) fn row_key(table: &Table, keys: &mut Keys, holds_null: &dyn Fn(&str) -> bool) -> Vec<String> {
    let primary = table.primary_key();
    if !primary.is_empty() && !primary.iter().any(|column| holds_null(column)) {
        return primary;
    }
    let is_sure = |name: &String| table.column(name).is_some_and(|column| column.not_null);
    let sure = keys.unique.iter().enumerate().filter(|(_, key)| key.iter().all(is_sure));
    let narrowest = sure.min_by_key(|(_, key)| key.len()).map(|(index, _)| index);
    narrowest.map(|index| keys.unique.remove(index)).unwrap_or_default()
}

/// Unique keys, references and indexed columns.
pub(crate) fn keys(connection: &Connection, table: &Table) -> Result<Keys, Error> {
    let mut keys = Keys::default();
    let sql = "select name, \"unique\", origin, partial from pragma_index_list(?1) order by seq";
    let mut statement = connection.prepare(sql)?;
    let indexes = statement.query_map([&table.name], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, bool>(1)?, row.get::<_, String>(2)?, row.get::<_, bool>(3)?))
    })?;
    for index in indexes {
        let (name, is_unique, origin, is_partial) = index?;
        let sql = "select name from pragma_index_info(?1) order by seqno";
        let columns: Vec<Option<String>> =
            connection.prepare(sql)?.query_map([&name], |row| row.get(0))?.collect::<Result<_, _>>()?;
        if let (Some(Some(first)), false) = (columns.first(), is_partial) {
            keys.indexed.push(first.clone());
        }
        // An index over an expression has a column without name.
        let columns: Option<Vec<String>> = columns.into_iter().collect();
        if let (true, false, true, Some(columns)) = (is_unique, is_partial, origin != "pk", columns) {
            keys.unique.push(columns);
        }
    }
    keys.indexed.extend(table.primary_key().into_iter().take(1));
    keys.foreign = foreign_keys(connection, table)?;
    Ok(keys)
}

/// Columns, table, columns there.
type ForeignKey = (Vec<String>, String, Vec<String>);

fn foreign_keys(connection: &Connection, table: &Table) -> Result<Vec<ForeignKey>, Error> {
    let sql = "select id, \"table\", \"from\", \"to\" from pragma_foreign_key_list(?1) order by id, seq";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([&table.name], |row| {
        Ok((
            row.get::<_, i64>(0)?,
            row.get::<_, String>(1)?,
            row.get::<_, String>(2)?,
            row.get::<_, Option<String>>(3)?,
        ))
    })?;
    let mut keys: Vec<ForeignKey> = Vec::new();
    let mut last = None;
    for row in rows {
        let (id, to_table, from, to) = row?;
        if last != Some(id) {
            keys.push((Vec::new(), to_table, Vec::new()));
            last = Some(id);
        }
        if let Some((columns, _, to_columns)) = keys.last_mut() {
            columns.push(from);
            to_columns.extend(to);
        }
    }
    // A reference that names no columns means the primary key there.
    for (_, to_table, to_columns) in &mut keys {
        if to_columns.is_empty() {
            *to_columns = self::table(connection, to_table)?.map(|table| table.primary_key()).unwrap_or_default();
        }
    }
    Ok(keys)
}
