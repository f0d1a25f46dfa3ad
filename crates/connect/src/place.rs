//! Where in a source something is.

use std::fmt;

use serde::Serialize;

/// Where in a source something is: an object and as much more as is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Place {
    /// A file (relative to its connection) or a table of the source.
    pub object: String,
    /// Line in the file, from 1.
    pub line: Option<u64>,
    /// Byte in its line (after decompression), from 1.
    pub byte: Option<u64>,
    /// Row by its number, from 1, where there are no lines.
    pub row: Option<u64>,
    /// SQLite's own number of the row.
    pub rowid: Option<i64>,
    /// PostgreSQL's own place of the row, `(block,number)`, for as long as nobody changes it: `where ctid = '(0,1)'`.
    pub ctid: Option<String>,
    /// Column by name.
    pub column: Option<String>,
}

impl Place {
    /// The object as a whole.
    pub fn of(object: impl Into<String>) -> Self {
        Self { object: object.into(), ..Self::default() }
    }

    /// The same on a line.
    pub fn line(mut self, line: u64) -> Self {
        self.line = Some(line);
        self
    }

    /// The same at a byte.
    pub fn byte(mut self, byte: u64) -> Self {
        self.byte = Some(byte);
        self
    }

    /// The same in a row.
    pub fn row(mut self, row: u64) -> Self {
        self.row = Some(row);
        self
    }

    /// The same in a row of SQLite.
    pub fn rowid(mut self, rowid: i64) -> Self {
        self.rowid = Some(rowid);
        self
    }

    /// The same in a row of PostgreSQL.
    pub fn ctid(mut self, ctid: impl Into<String>) -> Self {
        self.ctid = Some(ctid.into());
        self
    }

    /// The same in a column.
    pub fn column(mut self, column: impl Into<String>) -> Self {
        self.column = Some(column.into());
        self
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "`{}`", self.object)?;
        if let Some(line) = self.line {
            write!(formatter, ", line {line}")?;
        }
        if let Some(row) = self.row {
            write!(formatter, ", row {row}")?;
        }
        if let Some(rowid) = self.rowid {
            write!(formatter, ", rowid {rowid}")?;
        }
        if let Some(ctid) = &self.ctid {
            write!(formatter, ", ctid {ctid}")?;
        }
        if let Some(byte) = self.byte {
            write!(formatter, ", byte {byte}")?;
        }
        if let Some(column) = &self.column {
            write!(formatter, ", column `{column}`")?;
        }
        Ok(())
    }
}
