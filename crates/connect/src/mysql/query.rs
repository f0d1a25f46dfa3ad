//! The statements that read a table.

use mysql_async::Value;
use serde::{Deserialize, Serialize};

use super::catalog::quoted;
use super::column_type::ColumnType;
use super::cursor::{CursorKind, CursorValue};
use super::digest::Digest;
use super::failure::failed;
use super::server::Server;
use super::session::Session;
use crate::ConnectError;

/// Rows of a table: what a unit reads, as plain data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Query {
    pub(crate) database: String,
    /// As the server spells it.
    pub(crate) table: String,
    /// Those that the table has, by name.
    pub(crate) columns: Vec<(String, ColumnType)>,
    pub(crate) cursor: Option<Cursor>,
    /// Read rows whose cursor is not less. Without it, all rows.
    pub(crate) since: Option<CursorValue>,
    /// With `since`: read also the rows whose cursor says nothing, which may be new. Only where a key makes reading them
    /// again harmless.
    pub(crate) with_nulls: bool,
    /// The position that it continues.
    pub(crate) last: Option<CursorValue>,
    /// At most so many rows.
    pub(crate) limit: Option<u64>,
}

/// The column by which changes are found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Cursor {
    pub(crate) name: String,
    pub(crate) column: ColumnType,
    pub(crate) kind: CursorKind,
}

/// Before every date that is one.
const NO_DATES: Value = Value::Date(1, 1, 1, 0, 0, 0, 0);

impl Query {
    /// Selects the cursor (or NULL), then the columns.
    pub(crate) fn sql(&self) -> String {
        let cursor = self.cursor.as_ref().map_or_else(|| "null".to_owned(), |cursor| quoted(&cursor.name));
        let columns = std::iter::once(cursor).chain(self.columns.iter().map(|(name, _)| quoted(name)));
        let columns = columns.collect::<Vec<_>>().join(", ");
        let filter = match (&self.since, &self.cursor) {
            (Some(_), Some(cursor)) => format!(" where {}", self.filter(cursor)),
            _ => String::new(),
        };
        let limit = self.limit.map(|rows| format!(" limit {rows}")).unwrap_or_default();
        format!("select {columns} from {}.{}{filter}{limit}", quoted(&self.database), quoted(&self.table))
    }

    fn filter(&self, cursor: &Cursor) -> String {
        let column = quoted(&cursor.name);
        let since = match (cursor.kind, cursor.column) {
            // A text would make both sides doubles.
            (CursorKind::Number, ColumnType::Decimal(precision, scale)) => {
                format!("{column} >= cast(? as decimal({precision}, {scale}))")
            }
            // By code point, whatever the collation.
            (CursorKind::Text, _) => {
                format!("cast(convert({column} using utf8mb4) as binary) >= cast(? as binary)")
            }
            _ => format!("{column} >= ?"),
        };
        match (self.with_nulls, cursor.kind) {
            (false, _) => since,
            (true, CursorKind::Number | CursorKind::Text) => format!("({since} or {column} is null)"),
            (true, CursorKind::Date | CursorKind::Time) => format!("({since} or {column} is null or {column} < ?)"),
        }
    }

    pub(crate) fn parameters(&self) -> Vec<Value> {
        let (Some(since), Some(cursor)) = (&self.since, &self.cursor) else { return Vec::new() };
        let is_time = matches!(cursor.kind, CursorKind::Date | CursorKind::Time);
        let no_dates = (self.with_nulls && is_time).then_some(NO_DATES);
        since.parameter().into_iter().chain(no_dates).collect()
    }

    /// A digest of the rows from `since` on, for telling whether anything changed, in whatever order the server gives them. It
    /// is keyed: it covers the raw values of all columns, also of those that never land, and it is stored in the lake.
    pub(crate) async fn digest(&self, server: &Server, session: &mut Session) -> Result<String, ConnectError> {
        let failed = |error| failed(&server.name, &self.table, &error);
        let key = server.position_key.as_ref().ok_or_else(|| ConnectError::no_position_key(&self.table))?;
        let mut digest = Digest::new(key);
        let sql = self.sql();
        let mut rows = session.rows(&sql, self.parameters()).await.map_err(failed)?;
        while let Some(row) = rows.next().await.map_err(failed)? {
            digest.add(&row);
        }
        Ok(digest.finish(&sql))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_are_kept_apart() {
        let cursor = |column, kind| Some(Cursor { name: "at`".to_owned(), column, kind });
        let mut query = Query {
            database: "a`b".to_owned(),
            table: "t".to_owned(),
            columns: vec![("c`, d".to_owned(), ColumnType::Text)],
            cursor: None,
            since: None,
            with_nulls: false,
            last: None,
            limit: Some(3),
        };
        assert_eq!(query.sql(), "select null, `c``, d` from `a``b`.`t` limit 3");
        query.limit = None;
        query.cursor = cursor(ColumnType::Date, CursorKind::Date);
        query.since = Some(CursorValue { kind: CursorKind::Date, value: "2024-01-02".to_owned() });
        query.with_nulls = true;
        assert_eq!(
            query.sql(),
            "select `at```, `c``, d` from `a``b`.`t` where (`at``` >= ? or `at``` is null or `at``` < ?)"
        );
        assert_eq!(query.parameters(), [Value::Date(2024, 1, 2, 0, 0, 0, 0), NO_DATES]);
        query.with_nulls = false;
        query.cursor = cursor(ColumnType::Decimal(12, 2), CursorKind::Number);
        query.since = Some(CursorValue { kind: CursorKind::Number, value: "1.50".to_owned() });
        assert!(query.sql().ends_with(" where `at``` >= cast(? as decimal(12, 2))"));
        assert_eq!(query.parameters(), [Value::from("1.50")]);
    }
}
