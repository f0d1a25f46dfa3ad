//! The rows of a sheet, one after the other.

use super::book::{Book, PartReader};
use super::number_format::Meaning;
use super::range::{self, Range};
use super::xml::{NotXml, Told, Xml, attribute};

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Text(String),
    /// As it is written in the file.
    Number(String),
    Boolean(bool),
    /// In ISO 8601.
    Time(String),
    /// An error of a formula, such as `#N/A`.
    Error(String),
}

/// The rows of a sheet within a range.
pub(super) struct Sheet {
    xml: Xml<PartReader>,
    range: Range,
    /// Of the last row that was given, from 0.
    row: Option<u64>,
    text: String,
    is_over: bool,
}

/// Why a sheet cannot be read on.
#[derive(Debug)]
pub(super) enum Wrong {
    NotXml,
    /// A cell, by its place, that refers to what is not there.
    Cell(usize, u64),
}

impl From<NotXml> for Wrong {
    fn from(_: NotXml) -> Self {
        Self::NotXml
    }
}

impl Sheet {
    pub(super) fn new(part: PartReader, range: Range) -> Self {
        Self { xml: Xml::new(part), range, row: None, text: String::new(), is_over: false }
    }

    /// The next row that has a cell within the range: its number from 0, and the cells with their columns' numbers.
    pub(super) fn next(&mut self, book: &Book, cells: &mut Vec<(usize, Cell)>) -> Result<Option<u64>, Wrong> {
        cells.clear();
        if self.is_over {
            return Ok(None);
        }
        loop {
            let tag = match self.xml.next(&mut self.text)? {
                Told::Open(tag, is_closed) if tag.local_name().as_ref() == b"row" && !is_closed => tag,
                // What comes after the rows is not of interest.
                Told::Close(name) if name == b"sheetData" => return self.end(),
                Told::End => return Err(Wrong::NotXml),
                _ => continue,
            };
            let number = attribute(&tag, "r").and_then(|number| number.parse::<u64>().ok()?.checked_sub(1));
            let row = number.unwrap_or_else(|| self.row.map_or(0, |row| row + 1));
            self.row = Some(row);
            self.cells(book, row, cells)?;
            if row >= self.range.end_row {
                cells.clear();
                return self.end();
            }
            if row >= self.range.first_row && !cells.is_empty() {
                return Ok(Some(row));
            }
            cells.clear();
        }
    }

    /// Reads to the end: only there it is known that nothing is damaged.
    fn end(&mut self) -> Result<Option<u64>, Wrong> {
        while !matches!(self.xml.next(&mut self.text)?, Told::End) {
            self.text.clear();
        }
        self.is_over = true;
        Ok(None)
    }

    /// The cells of a row up to its end.
    fn cells(&mut self, book: &Book, row: u64, cells: &mut Vec<(usize, Cell)>) -> Result<(), Wrong> {
        let mut next_column = 0;
        loop {
            let (kind, style, column) = match self.xml.next(&mut self.text)? {
                Told::Open(tag, is_closed) if tag.local_name().as_ref() == b"c" => {
                    let place = attribute(&tag, "r").and_then(|place| range::cell(&place));
                    let column = place.map_or(next_column, |(column, _)| column);
                    next_column = column + 1;
                    if is_closed {
                        continue;
                    }
                    (attribute(&tag, "t"), attribute(&tag, "s"), column)
                }
                Told::Close(name) if name == b"row" => return Ok(()),
                Told::End => return Err(Wrong::NotXml),
                _ => continue,
            };
            let value = self.value()?;
            if !(self.range.first_column..self.range.end_column).contains(&column) {
                continue;
            }
            let style = style.and_then(|style| style.parse::<usize>().ok());
            let meaning = style.and_then(|style| book.meanings.get(style)).copied().unwrap_or(Meaning::Number);
            let Some(value) = value.filter(|value| !value.is_empty()) else { continue };
            let cell = match kind.as_deref() {
                Some("s") => {
                    let text = value.trim().parse().ok().and_then(|number| book.text(number));
                    Cell::Text(text.ok_or(Wrong::Cell(column, row))?.to_owned())
                }
                Some("str" | "inlineStr") => Cell::Text(value),
                Some("b") => Cell::Boolean(value.trim() == "1"),
                Some("e") => Cell::Error(value),
                Some("d") => Cell::Time(value),
                _ => number(value.trim(), meaning, book.is_1904).ok_or(Wrong::Cell(column, row))?,
            };
            // A text of nothing is as an empty cell.
            if cell != Cell::Text(String::new()) {
                cells.push((column, cell));
            }
        }
    }

    /// The value of a cell up to its end: not its formula.
    fn value(&mut self) -> Result<Option<String>, Wrong> {
        let mut value: Option<String> = None;
        let mut is_aloud = false;
        loop {
            self.text.clear();
            match self.xml.next(&mut self.text)? {
                Told::Open(tag, is_closed) => is_aloud |= tag.local_name().as_ref() == b"rPh" && !is_closed,
                Told::Close(name) => match name.as_slice() {
                    b"v" | b"t" if !is_aloud => value.get_or_insert_default().push_str(&self.text),
                    b"rPh" => is_aloud = false,
                    b"c" => return Ok(value),
                    _ => {}
                },
                Told::End => return Err(Wrong::NotXml),
            }
        }
    }
}

const DAY_MS: f64 = 86_400_000.0;

/// A number, or the date or time that it stands for.
fn number(text: &str, meaning: Meaning, is_1904: bool) -> Option<Cell> {
    let value: f64 = text.parse().ok().filter(|value: &f64| value.is_finite())?;
    if meaning == Meaning::Number || !(0.0..=2_958_466.0).contains(&value) {
        return Some(Cell::Number(text.to_owned()));
    }
    // Excel keeps milliseconds at most; what is beyond comes from doubles.
    #[expect(clippy::cast_possible_truncation, reason = "days up to the year 9999 in milliseconds")]
    let total_ms = (value * DAY_MS).round() as i64;
    let (days, ms) = (total_ms.div_euclid(86_400_000), total_ms.rem_euclid(86_400_000));
    let clock = |hours: i64| {
        let (minutes, seconds, rest) = (ms / 60_000 % 60, ms / 1_000 % 60, ms % 1_000);
        let fraction = if rest == 0 { String::new() } else { format!(".{rest:03}") };
        format!("{hours:02}:{minutes:02}:{seconds:02}{fraction}")
    };
    if meaning == Meaning::Time && days < 367 {
        return Some(Cell::Time(clock(days * 24 + ms / 3_600_000)));
    }
    // In the calendar of 1900, the 60th day is one that there never was: 29 February 1900.
    let epoch = chrono::NaiveDate::from_ymd_opt(
        if is_1904 { 1904 } else { 1899 },
        if is_1904 { 1 } else { 12 },
        if is_1904 { 1 } else { 31 },
    )?;
    let days = if is_1904 || days < 60 { days } else { days - 1 };
    let date = epoch.checked_add_signed(chrono::TimeDelta::try_days(days)?)?;
    Some(Cell::Time(if ms == 0 { date.to_string() } else { format!("{date}T{}", clock(ms / 3_600_000)) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_that_excel_shows() {
        let time = |text: &str| Some(Cell::Time(text.to_owned()));
        for (value, meaning, is_1904, expected) in [
            ("1", Meaning::Date, false, time("1900-01-01")),
            ("59", Meaning::Date, false, time("1900-02-28")),
            ("61", Meaning::Date, false, time("1900-03-01")),
            ("46053", Meaning::Date, false, time("2026-01-31")),
            ("46053.5", Meaning::Date, false, time("2026-01-31T12:00:00")),
            ("46053.000011574", Meaning::Date, false, time("2026-01-31T00:00:01")),
            ("0", Meaning::Date, true, time("1904-01-01")),
            ("44591", Meaning::Date, true, time("2026-01-31")),
            ("0.25", Meaning::Time, false, time("06:00:00")),
            ("1.5", Meaning::Time, false, time("36:00:00")),
            ("46053.25", Meaning::Time, false, time("2026-01-31T06:00:00")),
            ("-1", Meaning::Date, false, Some(Cell::Number("-1".to_owned()))),
            ("1e3", Meaning::Number, false, Some(Cell::Number("1e3".to_owned()))),
            ("x", Meaning::Number, false, None),
        ] {
            assert_eq!(number(value, meaning, is_1904), expected, "{value} {meaning:?}");
        }
    }
}
