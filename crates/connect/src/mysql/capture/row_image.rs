//! Rows of the log, split into their values.

use super::reader::{Reader, bit};
use super::table_map::LoggedColumn;
use crate::capture::{Cell, Row};

/// What happened to rows: for each the values from before, and those from then on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RowChange {
    Inserted,
    Updated,
    Deleted,
}

/// The flag of rows that were changed without a look at foreign keys.
const NO_REFERENCES: u64 = 2;

/// An event about rows of one table.
#[derive(Debug)]
pub(crate) struct LoggedRows {
    /// The table, as its map called it.
    pub(crate) table: u64,
    pub(crate) change: RowChange,
    /// Whether foreign keys were not looked at.
    pub(crate) ignores_references: bool,
    /// How many columns the table has.
    width: usize,
    /// Which of them the first image of a row has, and which the second (of updates).
    present: [Vec<u8>; 2],
    data: Vec<u8>,
}

/// The image of a row before and after a change.
type Images = (Option<Row>, Option<Row>);

impl LoggedRows {
    /// From an event without its header. `extra`: whether it may have additions in front (version 2); `unpacked` makes
    /// the rows of what is written behind the columns.
    pub(crate) fn parse(
        event: &[u8],
        change: RowChange,
        extra: bool,
        unpacked: impl FnOnce(&[u8]) -> Option<Vec<u8>>,
    ) -> Option<Self> {
        let mut reader = Reader(event);
        let table = reader.whole(6)?;
        let flags = reader.whole(2)?;
        if extra {
            let length = usize::try_from(reader.whole(2)?).ok()?;
            let _additions = reader.bytes(length.checked_sub(2)?)?;
        }
        let width = reader.length()?;
        let first = reader.bytes(width.div_ceil(8))?.to_vec();
        let second = if change == RowChange::Updated { reader.bytes(width.div_ceil(8))?.to_vec() } else { Vec::new() };
        let ignores_references = flags & NO_REFERENCES != 0;
        Some(Self { table, change, ignores_references, width, present: [first, second], data: unpacked(reader.0)? })
    }

    /// The rows, given the columns that the table's map tells. `None`: they do not fit them.
    pub(crate) fn images(&self, columns: &[LoggedColumn]) -> Option<Vec<Images>> {
        if columns.len() != self.width {
            return None;
        }
        let mut rest = self.data.as_slice();
        let mut rows = Vec::new();
        while !rest.is_empty() {
            let first = image(columns, &self.present[0], &mut rest)?;
            rows.push(match self.change {
                RowChange::Inserted => (None, Some(first)),
                RowChange::Deleted => (Some(first), None),
                RowChange::Updated => (Some(first), Some(image(columns, &self.present[1], &mut rest)?)),
            });
        }
        Some(rows)
    }
}

/// One row: a bit for each column that is there, set where it is NULL, then the values. What is not there is not known.
fn image(columns: &[LoggedColumn], present: &[u8], rest: &mut &[u8]) -> Option<Row> {
    let count = (0..columns.len()).filter(|place| bit(present, *place)).count();
    let (nulls, values) = rest.split_at_checked(count.div_ceil(8))?;
    *rest = values;
    let mut cells = Vec::with_capacity(columns.len());
    let mut seen = 0;
    for (place, column) in columns.iter().enumerate() {
        if !bit(present, place) {
            cells.push(Cell::Unchanged);
            continue;
        }
        let is_null = bit(nulls, seen);
        seen += 1;
        cells.push(if is_null { Cell::Null } else { Cell::Text(column.logged.take(rest)?.into()) });
    }
    Some(cells.into())
}

#[cfg(test)]
mod tests {
    use super::super::logged_type::LoggedType;
    use super::*;

    #[test]
    fn values_of_rows() {
        let column = |logged| LoggedColumn { logged, is_nullable: true };
        let columns = [column(LoggedType::Integer(1)), column(LoggedType::Varying(1)), column(LoggedType::Integer(2))];
        let mut event = vec![9, 0, 0, 0, 0, 0, 0, 0, 3, 0b111, 0b011];
        // 1, NULL, 2 becomes 1, “ab”; then 3, “”, NULL becomes NULL, “c”.
        event.extend([0b010, 1, 2, 0, 0b00, 1, 2, b'a', b'b']);
        event.extend([0b100, 3, 0, 0b01, 1, b'c']);
        let whole = |data: &[u8]| Some(data.to_vec());
        let rows = LoggedRows::parse(&event, RowChange::Updated, false, whole).unwrap();
        assert_eq!(rows.table, 9);
        let text = |text: &[u8]| Cell::Text(text.into());
        let expected: Vec<Images> = vec![
            (
                Some([text(&[1]), Cell::Null, text(&[2, 0])].into()),
                Some([text(&[1]), text(b"ab"), Cell::Unchanged].into()),
            ),
            (Some([text(&[3]), text(b""), Cell::Null].into()), Some([Cell::Null, text(b"c"), Cell::Unchanged].into())),
        ];
        assert_eq!(rows.images(&columns), Some(expected));
        assert_eq!(rows.images(&columns[..2]), None);
        event.pop();
        let rows = LoggedRows::parse(&event, RowChange::Updated, false, whole).unwrap();
        assert_eq!(rows.images(&columns), None);
    }
}
