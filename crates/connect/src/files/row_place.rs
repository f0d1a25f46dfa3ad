//! Where a row is that was read a while ago: its line, found again. Only messages ask, so rows carry no lines with them.

use std::sync::Arc;

use super::options::Format;
use super::read::Reader;
use super::unit::{FilesUnit, UnitFile};
use super::{avro, csv, excel, json_lines, parquet};
use crate::{ConnectError, Place};

impl Reader {
    /// The place of the `row`th row of a unit, from 0; `None` when it has not got so many.
    pub(crate) fn place_of_row(&self, unit: &FilesUnit, row: u64) -> Result<Option<Place>, ConnectError> {
        let mut row = row;
        for file in &unit.files {
            let found = match self.options.format(&file.path)? {
                Format::Csv | Format::FixedWidth => self.line_of_csv(file, &mut row)?,
                Format::Json | Format::JsonLines => self.line_of_json(file, &mut row)?,
                Format::Avro => self.row_of_avro(file, &mut row)?,
                Format::Excel => self.row_of_excel(file, &mut row)?,
                Format::Parquet => self.row_of_parquet(file, &mut row)?,
            };
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// Counts `row` down by the rows of the file that come before; gives the place when it is one of them.
    fn line_of_csv(&self, file: &UnitFile, row: &mut u64) -> Result<Option<Place>, ConnectError> {
        let (header, block, mut reader) =
            csv::open(&file.path, self.content(file)?, &self.options, self.extent.block_bytes())?;
        let mut next = Some((block, header.body));
        while let Some((block, start)) = next {
            if let Some(line) = csv::line_of_row(&file.path, &header, &block, start, row)? {
                return Ok(Some(Place::of(&file.path).line(line)));
            }
            next = reader.next_block()?.map(|block| (block, 0));
        }
        Ok(None)
    }

    fn line_of_json(&self, file: &UnitFile, row: &mut u64) -> Result<Option<Place>, ConnectError> {
        let mut reader = json_lines::open(&file.path, self.content(file)?, &self.options, self.extent.block_bytes())?;
        while let Some(block) = reader.next_block()? {
            for (start, _) in json_lines::rows(&block, block.text(&file.path)?) {
                if *row == 0 {
                    return Ok(Some(Place::of(&file.path).line(block.line(start))));
                }
                *row -= 1;
            }
        }
        Ok(None)
    }

    /// Rows of Avro have no lines.
    fn row_of_avro(&self, file: &UnitFile, row: &mut u64) -> Result<Option<Place>, ConnectError> {
        let mut container = avro::Container::open(&file.path, self.content(file)?)?;
        let mut rows = 0;
        while let Some(piece) = container.next_piece()? {
            rows += piece.rows;
            if *row < rows {
                return Ok(Some(Place::of(&file.path).row(*row + 1)));
            }
        }
        *row -= rows;
        Ok(None)
    }

    /// The number that Excel shows beside the row.
    fn row_of_excel(&self, file: &UnitFile, row: &mut u64) -> Result<Option<Place>, ConnectError> {
        let mut table = excel::Table::open(&file.path, self.store.open(&file.path)?, &self.options)?;
        loop {
            let rows = table.rows(self.batch_rows.max(1))?;
            if rows.numbers.is_empty() {
                return Ok(None);
            }
            match usize::try_from(*row).ok().and_then(|row| rows.numbers.get(row)) {
                Some(number) => return Ok(Some(Place::of(&file.path).row(*number))),
                None => *row -= rows.numbers.len() as u64,
            }
        }
    }

    /// Rows of Parquet have no lines.
    fn row_of_parquet(&self, file: &UnitFile, row: &mut u64) -> Result<Option<Place>, ConnectError> {
        let rows = parquet::footer(&file.path, Arc::clone(&self.store.open(&file.path)?))?.rows();
        if *row < rows {
            return Ok(Some(Place::of(&file.path).row(*row + 1)));
        }
        *row -= rows;
        Ok(None)
    }
}
