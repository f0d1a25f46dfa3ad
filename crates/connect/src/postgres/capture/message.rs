//! What the output plugin `pgoutput` says, one message at a time.
//!
//! PostgreSQL's manual, 55.9 “Logical Replication Message Formats”, protocol versions 1 and 2 without streaming of
//! transactions that are still running: they come whole, in the order in which they committed. Values come as text.

use super::lsn::Lsn;
use crate::capture::{Cell, Row};

/// Times are told from the beginning of the year 2000.
const YEAR_2000_US: i64 = 946_684_800_000_000;

/// One message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Message {
    /// A transaction begins; its changes follow.
    Begin {
        /// Where the record of its commit stands in the log.
        commit: Lsn,
        /// The lower 32 bits of its number.
        xid: u32,
        /// When it committed by the server's clock: microseconds since 1970, in UTC.
        time_us: i64,
    },
    /// It is complete.
    Commit {
        /// Where it ends in the log.
        end: Lsn,
    },
    /// What a table looks like from here on.
    Relation(Relation),
    /// A new row.
    Insert { table: u32, row: Row },
    /// A row that takes the place of another. `old` has the key that it had, or all of its values.
    Update { table: u32, old: Option<Row>, row: Row },
    /// A row that is no more: its key, or all of its values.
    Delete { table: u32, old: Row },
    /// Tables that were emptied.
    Truncate { tables: Vec<u32> },
    /// What has nothing to do with rows (origins, types, messages of programs).
    Other,
}

/// What a table looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Relation {
    /// The table's number.
    pub(crate) table: u32,
    pub(crate) schema: String,
    pub(crate) name: String,
    /// In the order of the values of its rows.
    pub(crate) columns: Vec<RelationColumn>,
}

impl Relation {
    /// Where a column is among the values of a row.
    pub(crate) fn place(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RelationColumn {
    pub(crate) name: String,
    /// Whether it is part of what a deletion says of its row.
    pub(crate) is_identity: bool,
    /// The type's number, and what is in parentheses behind it.
    pub(crate) data_type: u32,
    pub(crate) modifier: i32,
}

impl Message {
    /// Reads one. `None`: it is not one that PostgreSQL sends.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        let message = match reader.byte()? {
            b'B' => {
                let commit = Lsn(reader.long()?);
                let time_us = i64::from_be_bytes(reader.bytes()?).saturating_add(YEAR_2000_US);
                Self::Begin { commit, xid: reader.int()?, time_us }
            }
            b'C' => {
                let _flags_and_commit = (reader.byte()?, reader.long()?);
                let end = Lsn(reader.long()?);
                let _time = reader.long()?;
                Self::Commit { end }
            }
            b'R' => Self::Relation(reader.relation()?),
            b'I' => {
                let table = reader.int()?;
                (reader.byte()? == b'N').then_some(())?;
                Self::Insert { table, row: reader.row()? }
            }
            b'U' => {
                let table = reader.int()?;
                let (old, kind) = match reader.byte()? {
                    b'K' | b'O' => (Some(reader.row()?), reader.byte()?),
                    kind => (None, kind),
                };
                (kind == b'N').then_some(())?;
                Self::Update { table, old, row: reader.row()? }
            }
            b'D' => {
                let table = reader.int()?;
                matches!(reader.byte()?, b'K' | b'O').then_some(())?;
                Self::Delete { table, old: reader.row()? }
            }
            b'T' => {
                let count = reader.int()?;
                let _options = reader.byte()?;
                Self::Truncate { tables: (0..count).map(|_| reader.int()).collect::<Option<_>>()? }
            }
            b'O' | b'Y' | b'M' => return Some(Self::Other),
            _ => return None,
        };
        reader.0.is_empty().then_some(message)
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn bytes<const COUNT: usize>(&mut self) -> Option<[u8; COUNT]> {
        let (bytes, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*bytes)
    }

    fn byte(&mut self) -> Option<u8> {
        self.bytes().map(u8::from_be_bytes)
    }

    fn short(&mut self) -> Option<u16> {
        self.bytes().map(u16::from_be_bytes)
    }

    fn int(&mut self) -> Option<u32> {
        self.bytes().map(u32::from_be_bytes)
    }

    fn long(&mut self) -> Option<u64> {
        self.bytes().map(u64::from_be_bytes)
    }

    fn name(&mut self) -> Option<String> {
        let end = memchr::memchr(0, self.0)?;
        let name = String::from_utf8(self.0[..end].to_vec()).ok()?;
        self.0 = &self.0[end + 1..];
        Some(name)
    }

    fn relation(&mut self) -> Option<Relation> {
        let table = self.int()?;
        let schema = self.name()?;
        let name = self.name()?;
        let _identity = self.byte()?;
        let count = self.short()?;
        let column = |reader: &mut Self| {
            let is_identity = reader.byte()? & 1 == 1;
            let name = reader.name()?;
            Some(RelationColumn {
                name,
                is_identity,
                data_type: reader.int()?,
                modifier: reader.bytes().map(i32::from_be_bytes)?,
            })
        };
        let columns = (0..count).map(|_| column(self)).collect::<Option<_>>()?;
        // The schema of the system catalog is sent as nothing.
        let schema = if schema.is_empty() { "pg_catalog".to_owned() } else { schema };
        Some(Relation { table, schema, name, columns })
    }

    fn row(&mut self) -> Option<Row> {
        let count = self.short()?;
        (0..count).map(|_| self.cell()).collect()
    }

    fn cell(&mut self) -> Option<Cell> {
        match self.byte()? {
            b'n' => Some(Cell::Null),
            b'u' => Some(Cell::Unchanged),
            b't' => {
                let length = usize::try_from(self.int()?).ok()?;
                let (text, rest) = self.0.split_at_checked(length)?;
                self.0 = rest;
                Some(Cell::Text(text.into()))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str) -> Vec<u8> {
        let length = u32::try_from(value.len()).unwrap().to_be_bytes();
        [b"t", length.as_slice(), value.as_bytes()].concat()
    }

    fn cell(value: &str) -> Cell {
        Cell::Text(value.as_bytes().into())
    }

    #[test]
    fn transactions_and_their_ends() {
        let second = 1_000_000_i64.to_be_bytes();
        let begin = [b"B".as_slice(), &0x16_b374_d800_u64.to_be_bytes(), &second, &77_u32.to_be_bytes()].concat();
        let (commit, time_us) = ("16/B374D800".parse().unwrap(), 946_684_801_000_000);
        assert_eq!(Message::parse(&begin), Some(Message::Begin { commit, xid: 77, time_us }));
        let commit = [b"C\0".as_slice(), &[0; 8], &0x16_b374_d848_u64.to_be_bytes(), &[0; 8]].concat();
        assert_eq!(Message::parse(&commit), Some(Message::Commit { end: "16/B374D848".parse().unwrap() }));
    }

    #[test]
    fn rows_with_nulls_and_values_that_are_not_sent() {
        let row = [b"\0\x03".as_slice(), &text("1"), b"n", b"u"].concat();
        let cells: Row = [cell("1"), Cell::Null, Cell::Unchanged].into();
        let insert = [b"I\0\0\0\x09N".as_slice(), &row].concat();
        assert_eq!(Message::parse(&insert), Some(Message::Insert { table: 9, row: cells.clone() }));
        let update = [b"U\0\0\0\x09N".as_slice(), &row].concat();
        assert_eq!(Message::parse(&update), Some(Message::Update { table: 9, old: None, row: cells.clone() }));
        let key = [b"\0\x03".as_slice(), &text("0"), b"n", b"n"].concat();
        let old: Row = [cell("0"), Cell::Null, Cell::Null].into();
        for kind in [b"K", b"O"] {
            let update = [b"U\0\0\0\x09".as_slice(), kind, &key, b"N", &row].concat();
            let expected = Message::Update { table: 9, old: Some(old.clone()), row: cells.clone() };
            assert_eq!(Message::parse(&update), Some(expected));
            let delete = [b"D\0\0\0\x09".as_slice(), kind, &key].concat();
            assert_eq!(Message::parse(&delete), Some(Message::Delete { table: 9, old: old.clone() }));
        }
    }

    #[test]
    fn tables_and_truncations() {
        let relation = [
            b"R\0\0\0\x09".as_slice(),
            b"app\0orders\0d\0\x01",
            b"\x01id\0",
            &23_u32.to_be_bytes(),
            &(-1_i32).to_be_bytes(),
        ]
        .concat();
        let expected = Relation {
            table: 9,
            schema: "app".to_owned(),
            name: "orders".to_owned(),
            columns: vec![RelationColumn { name: "id".to_owned(), is_identity: true, data_type: 23, modifier: -1 }],
        };
        assert_eq!(Message::parse(&relation), Some(Message::Relation(expected)));
        let truncate = b"T\0\0\0\x02\0\0\0\0\x09\0\0\0\x0a";
        assert_eq!(Message::parse(truncate), Some(Message::Truncate { tables: vec![9, 10] }));
        assert_eq!(Message::parse(b"Y\0\0\0\x09app\0mood\0"), Some(Message::Other));
    }

    #[test]
    fn what_is_cut_short_or_goes_on_is_not_a_message() {
        let row = [b"\0\x02".as_slice(), &text("1"), &text("some text")].concat();
        let insert = [b"I\0\0\0\x09N".as_slice(), &row].concat();
        for length in 0..insert.len() {
            assert_eq!(Message::parse(&insert[..length]), None, "{length}");
        }
        assert_eq!(Message::parse(&[insert.as_slice(), b"x"].concat()), None);
        assert_eq!(Message::parse(b"?"), None);
    }
}
