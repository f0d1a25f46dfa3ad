//! What the log says of a table before it says what happened to its rows.

use super::logged_type::LoggedType;
use super::reader::{Reader, bit};

/// What the log says of a table before it says what happened to its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TableMap {
    /// The number by which the rows' events call it.
    pub(crate) id: u64,
    pub(crate) database: String,
    pub(crate) table: String,
    pub(crate) columns: Vec<LoggedColumn>,
    /// Their names, where the server tells them (`binlog_row_metadata = FULL`).
    pub(crate) names: Option<Vec<String>>,
}

/// A column as the log has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LoggedColumn {
    pub(crate) logged: LoggedType,
    pub(crate) is_nullable: bool,
}

/// Of the fields that may follow: the one with the columns' names.
const NAMES: u8 = 4;

impl TableMap {
    /// From the event without its header. `None`: it is none, or has a type that nobody knows.
    pub(crate) fn parse(event: &[u8]) -> Option<Self> {
        let mut reader = Reader(event);
        let id = reader.whole(6)?;
        let _flags = reader.bytes(2)?;
        let database = reader.name()?;
        let table = reader.name()?;
        let count = reader.length()?;
        let codes = reader.bytes(count)?;
        let beside_bytes = reader.length()?;
        let mut beside = reader.bytes(beside_bytes)?;
        let nullable = reader.bytes(count.div_ceil(8))?;
        let mut columns = Vec::with_capacity(count);
        for (place, code) in codes.iter().enumerate() {
            let logged = LoggedType::parse(*code, &mut beside)?;
            columns.push(LoggedColumn { logged, is_nullable: bit(nullable, place) });
        }
        let mut names = None;
        while let Some(field) = reader.byte() {
            let length = reader.length()?;
            let content = reader.bytes(length)?;
            if field == NAMES {
                names = Some(Reader(content).names()?);
            }
        }
        if names.as_ref().is_some_and(|names| names.len() != count) {
            return None;
        }
        Some(Self { id, database, table, columns, names })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_with_and_without_names() {
        let mut event = vec![7, 0, 0, 0, 0, 0, 1, 0];
        event.extend(b"\x03app\0\x05names\0");
        event.extend([3, 3, 15, 254, 4, 44, 1, 254, 9, 0b110]);
        let map = TableMap::parse(&event).unwrap();
        assert_eq!((map.id, map.database.as_str(), map.table.as_str(), map.names), (7, "app", "names", None));
        let types = [LoggedType::Integer(4), LoggedType::Varying(2), LoggedType::Fixed(9)];
        assert_eq!(map.columns.iter().map(|column| column.logged).collect::<Vec<_>>(), types);
        assert_eq!(map.columns.iter().map(|column| column.is_nullable).collect::<Vec<_>>(), [false, true, true]);
        // Signedness, which is no matter here, and the names.
        event.extend([1, 1, 0]);
        event.extend(b"\x04\x0a\x02id\x04text\x01c".iter().map(|byte| if *byte == 10 { 10 } else { *byte }));
        let map = TableMap::parse(&event).unwrap();
        assert_eq!(map.names.unwrap(), ["id", "text", "c"]);
        assert_eq!(TableMap::parse(&event[..event.len() - 1]), None);
    }
}
