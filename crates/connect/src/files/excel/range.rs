//! Places in a sheet, as people write them: `B3`, `B3:F100`.

/// Some columns and rows of a sheet, from 0; the ends are not part of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) first_column: usize,
    pub(crate) end_column: usize,
    pub(crate) first_row: u64,
    pub(crate) end_row: u64,
}

impl Range {
    /// A whole sheet.
    pub(crate) const ALL: Self = Self { first_column: 0, end_column: usize::MAX, first_row: 0, end_row: u64::MAX };

    /// From the place of one corner on, or between two.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (first, last) = match text.split_once(':') {
            Some((first, last)) => (first, Some(cell(last)?)),
            None => (text, None),
        };
        let (first_column, first_row) = cell(first)?;
        let (end_column, end_row) = last.map_or((usize::MAX, u64::MAX), |(column, row)| (column + 1, row + 1));
        (first_column < end_column && first_row < end_row).then_some(Self {
            first_column,
            end_column,
            first_row,
            end_row,
        })
    }
}

/// Column and row of a place, from 0.
pub(super) fn cell(text: &str) -> Option<(usize, u64)> {
    let text = text.trim();
    let letters = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    let column = column(text.as_bytes().get(..letters)?)?;
    let row: u64 = text.get(letters..)?.parse().ok()?;
    Some((column, row.checked_sub(1)?))
}

/// `A` is 0, `Z` is 25, `AA` is 26.
pub(super) fn column(letters: &[u8]) -> Option<usize> {
    if letters.is_empty() || letters.len() > 3 {
        return None;
    }
    let value = |sum: usize, letter: &u8| sum * 26 + usize::from(letter.to_ascii_uppercase() - b'A') + 1;
    Some(letters.iter().fold(0, value) - 1)
}

/// The other way round.
pub(super) fn letters(column: usize) -> String {
    let mut rest = column + 1;
    let mut letters = Vec::new();
    while rest > 0 {
        letters.push(char::from(b'A' + u8::try_from((rest - 1) % 26).unwrap_or(0)));
        rest = (rest - 1) / 26;
    }
    letters.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_as_they_are_written() {
        for (text, place) in [("A1", (0, 0)), ("Z9", (25, 8)), ("aa10", (26, 9)), ("XFD1048576", (16_383, 1_048_575))] {
            assert_eq!(cell(text), Some(place));
            assert_eq!(letters(place.0), text.trim_end_matches(char::is_numeric).to_uppercase());
        }
        for text in ["", "A", "1", "A0", "ABCD1", "É1", "A1b"] {
            assert_eq!(cell(text), None, "{text}");
        }
        let range = Range { first_column: 1, end_column: 6, first_row: 2, end_row: 100 };
        assert_eq!(Range::parse("B3:F100"), Some(range));
        assert_eq!(Range::parse("B3").map(|range| range.end_row), Some(u64::MAX));
        assert_eq!(Range::parse("F3:B9"), None);
    }
}
