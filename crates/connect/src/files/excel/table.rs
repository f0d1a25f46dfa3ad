//! A sheet as a table: which one, where, and what its columns are called.

use std::sync::Arc;

use super::book::Book;
use super::range::{Range, letters};
use super::sheet::{Cell, Sheet, Wrong};
use crate::files::columns::check_names;
use crate::files::options::FileOptions;
use crate::files::store::FileHandle;
use crate::files::zip::{Archive, Words};
use crate::{ColumnForm, ConnectError, Place};

/// What is said of workbooks that cannot be read.
const WORKBOOK: Words = Words {
    no_archive: "it is no workbook, or it is cut off",
    advice: "save it as an Excel workbook (`.xlsx`) without a password, or as CSV",
};

/// A sheet that is read as a table.
pub(crate) struct Table {
    path: String,
    book: Book,
    sheet: Sheet,
    sheet_name: String,
    /// Other sheets that are shown.
    pub(crate) others: Vec<String>,
    pub(crate) names: Vec<String>,
    /// How the texts of each column are written; `None`: as usual.
    pub(crate) forms: Vec<Option<ColumnForm>>,
    first_column: usize,
    /// Whether an error in a cell is NULL.
    drops_errors: bool,
    /// A row that was read to see how many columns there are.
    kept: Option<(u64, Vec<(usize, Cell)>)>,
    cells: Vec<(usize, Cell)>,
}

/// Some rows of cells, each as wide as the table.
pub(crate) struct Rows {
    pub(super) cells: Vec<Option<Cell>>,
    /// Their numbers in the sheet, from 1.
    pub(crate) numbers: Vec<u64>,
}

impl Table {
    /// Opens the sheet that the options name, or else the first one that is shown.
    pub(crate) fn open(path: &str, handle: Arc<dyn FileHandle>, options: &FileOptions) -> Result<Self, ConnectError> {
        let book = Book::open(Archive::open(path, handle, WORKBOOK)?)?;
        let refused = |reason: String, advice: String| ConnectError::Request { from: path.to_owned(), reason, advice };
        let shown = book.sheets.iter().filter(|(.., is_shown)| *is_shown).map(|(name, ..)| name.clone());
        let shown: Vec<String> = shown.collect();
        let chosen = match &options.sheet {
            Some(name) => book.sheets.iter().find(|(known, ..)| known == name).ok_or_else(|| {
                refused(format!("it has no sheet `{name}`"), format!("set `sheet` to one of {}", shown.join(", ")))
            })?,
            None => book
                .sheets
                .iter()
                .find(|(.., is_shown)| *is_shown)
                .ok_or_else(|| refused("no sheet of it is shown".to_owned(), "set `sheet`".to_owned()))?,
        };
        let range = options.range.as_deref().map_or(Some(Range::ALL), Range::parse).ok_or_else(|| {
            refused("`range` is no place in a sheet".to_owned(), "write `B3`, or `B3:F100`".to_owned())
        })?;
        let range = Range { first_row: range.first_row + options.skip_lines, ..range };
        let sheet = Sheet::new(book.archive.part(&chosen.1)?, range);
        let sheet_name = chosen.0.clone();
        let others = shown.into_iter().filter(|name| *name != sheet_name).collect();
        let mut table = Self {
            path: path.to_owned(),
            sheet,
            sheet_name,
            others,
            names: Vec::new(),
            forms: Vec::new(),
            first_column: 0,
            drops_errors: options.drops_errors,
            kept: None,
            cells: Vec::new(),
            book,
        };
        table.read_names(options, range)?;
        Ok(table)
    }

    fn read_names(&mut self, options: &FileOptions, range: Range) -> Result<(), ConnectError> {
        let Some(row) = self.next_row()? else {
            return Err(self.malformed(
                None,
                "there is nothing in it, not even a header row",
                "correct `sheet` or `range`",
            ));
        };
        let cells = std::mem::take(&mut self.cells);
        let is_fixed = range != Range::ALL && options.range.is_some();
        let first = cells.first().map_or(0, |(column, _)| *column);
        let last = cells.last().map_or(0, |(column, _)| *column);
        self.first_column = if is_fixed { range.first_column } else { first };
        let end = if range.end_column == usize::MAX { last + 1 } else { range.end_column };
        let has_header = options.header && options.names.is_none();
        self.names = match &options.names {
            Some(names) => names.clone(),
            None => (self.first_column..end)
                .map(|column| {
                    let cell = cells.iter().find(|(known, _)| *known == column).filter(|_| has_header);
                    let name = cell.and_then(|(_, cell)| text_of(cell)).map(|name| name.trim().to_owned());
                    name.filter(|name| !name.is_empty())
                        .unwrap_or_else(|| format!("column_{}", column - self.first_column + 1))
                })
                .collect(),
        };
        check_names(&self.path, row + 1, &self.names)?;
        self.forms = self.names.iter().map(|name| options.forms.column(name)).collect();
        if !has_header {
            self.kept = Some((row, cells));
        }
        Ok(())
    }

    fn next_row(&mut self) -> Result<Option<u64>, ConnectError> {
        match self.sheet.next(&self.book, &mut self.cells) {
            Ok(row) => Ok(row),
            Err(Wrong::NotXml) => {
                Err(self.book.archive.broken("its sheet is no XML that can be read, or it is damaged"))
            }
            Err(Wrong::Cell(column, row)) => {
                Err(self.malformed(Some((column, row)), "the cell is broken", "have the workbook saved again"))
            }
        }
    }

    /// Up to `limit` more rows; none at the end.
    pub(crate) fn rows(&mut self, limit: usize) -> Result<Rows, ConnectError> {
        let width = self.names.len();
        let mut rows = Rows { cells: Vec::new(), numbers: Vec::new() };
        while rows.numbers.len() < limit {
            let row = match self.kept.take() {
                Some((row, cells)) => {
                    self.cells = cells;
                    row
                }
                None => match self.next_row()? {
                    Some(row) => row,
                    None => break,
                },
            };
            let first = rows.cells.len();
            rows.cells.resize(first + width, None);
            for (column, cell) in std::mem::take(&mut self.cells) {
                let place = column.checked_sub(self.first_column).filter(|place| *place < width);
                match (place, cell) {
                    (_, Cell::Error(_)) if self.drops_errors => {}
                    (Some(_), Cell::Error(error)) => {
                        let reason = format!("the cell holds an error ({})", error.trim());
                        return Err(self.malformed(
                            Some((column, row)),
                            &reason,
                            "correct its formula, or set `errors: null` to read errors as NULL",
                        ));
                    }
                    (Some(place), cell) => rows.cells[first + place] = Some(cell),
                    (None, _) => {
                        return Err(self.malformed(
                            Some((column, row)),
                            "something stands beside the columns of the header",
                            "give its column a name, or say with `range` where the table is (`A1:F500`)",
                        ));
                    }
                }
            }
            rows.numbers.push(row + 1);
        }
        Ok(rows)
    }

    fn malformed(&self, cell: Option<(usize, u64)>, reason: &str, advice: &str) -> ConnectError {
        let place = cell.map_or_else(String::new, |(column, row)| format!(", cell {}{}", letters(column), row + 1));
        ConnectError::Malformed {
            place: Box::new(Place::of(&self.path)),
            reason: format!("sheet `{}`{place}: {reason}", self.sheet_name),
            advice: advice.to_owned(),
        }
    }
}

/// The text of a cell, as it goes into a column.
pub(super) fn text_of(cell: &Cell) -> Option<String> {
    match cell {
        Cell::Text(text) | Cell::Number(text) | Cell::Time(text) => Some(text.clone()),
        Cell::Boolean(value) => Some(value.to_string()),
        Cell::Error(_) => None,
    }
}
