//! What the log says of a table before it says what happened to its rows.

use super::logged_type::LoggedType;

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

/// Whether a bit is set in bytes, of which the first has the first eight.
pub(crate) fn bit(bits: &[u8], place: usize) -> bool {
    bits.get(place / 8).is_some_and(|byte| byte >> (place % 8) & 1 == 1)
}

/// Reads an event from its front.
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(bytes)
    }

    /// A whole number of so many bytes, the least first.
    pub(crate) fn whole(&mut self, bytes: usize) -> Option<u64> {
        Some(self.bytes(bytes)?.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    /// A length in one to nine bytes.
    pub(crate) fn length(&mut self) -> Option<usize> {
        let number = match self.byte()? {
            252 => self.whole(2)?,
            253 => self.whole(3)?,
            254 => self.whole(8)?,
            short @ 0..=250 => u64::from(short),
            251 | 255 => return None,
        };
        usize::try_from(number).ok()
    }

    /// A text behind its length, with a zero behind it.
    fn name(&mut self) -> Option<String> {
        let length = usize::from(self.byte()?);
        let text = self.bytes(length)?;
        let _zero = self.byte()?;
        String::from_utf8(text.to_vec()).ok()
    }

    fn names(&mut self) -> Option<Vec<String>> {
        let mut names = Vec::new();
        while !self.0.is_empty() {
            let length = self.length()?;
            names.push(String::from_utf8(self.bytes(length)?.to_vec()).ok()?);
        }
        Some(names)
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
