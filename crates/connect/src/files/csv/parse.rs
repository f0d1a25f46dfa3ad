//! Blocks into batches.

use std::ops::Range;
use std::sync::Arc;

use arrow::datatypes::{DataType, FieldRef, SchemaRef};
use arrow::record_batch::RecordBatch;

use super::cells::{Cell, Cells};
use super::header::Header;
use super::infer::chunk_rows;
use super::scanner::{Scanner, ragged};
use crate::files::broken::reason;
use crate::files::columns::{Batches, form_error, value_error};
use crate::files::parallel::{Results, Stop};
use crate::files::text::Block;
use crate::value::{ColumnBuilder, is_text};
use crate::{ColumnForm, ConnectError, Place};

/// The line of a row, given as the number of rows before it from `start` of a block on. When the block has not got it, `row` is
/// less by the rows that it has.
pub(crate) fn line_of_row(
    path: &str,
    header: &Header,
    block: &Block,
    start: usize,
    row: &mut u64,
) -> Result<Option<u64>, ConnectError> {
    let mut scanner = Scanner::new(path, block, &header.dialect, start)?;
    let mut cells = Cells::new(header.names.len());
    loop {
        // Blank lines before a row are not part of it, but where they are rows.
        let begin = if header.names.len() == 1 { scanner.position() } else { scanner.row_start() };
        scanner.rows(1, &mut cells)?;
        if cells.rows() == 0 {
            return Ok(None);
        }
        if *row == 0 {
            return Ok(Some(block.line(begin)));
        }
        *row -= 1;
    }
}

/// The records of a block from `start` on: where each is, and what is wrong with it.
pub(crate) fn records(path: &str, block: &Block, start: usize, header: &Header) -> Vec<(Range<usize>, Option<String>)> {
    let columns = header.names.len();
    // Any number of fields, but where fields have their places.
    let mut cells = Cells::new(if header.dialect.layout.is_some() { columns } else { 0 });
    let mut found = Vec::new();
    let mut at = start;
    'again: while at < block.data.len() {
        let Ok(mut scanner) = Scanner::new(path, block, &header.dialect, at) else { return found };
        loop {
            let begin = scanner.row_start();
            match scanner.rows(1, &mut cells) {
                Ok(()) if cells.spans.is_empty() => return found,
                Ok(()) => {
                    let fields = cells.spans.len();
                    let problem = (fields != columns).then(|| ragged(columns, fields));
                    found.push((begin..scanner.position(), problem));
                }
                Err(error) => {
                    // Nobody knows where it ends: with its line.
                    let rest = &block.data[begin..];
                    let length = memchr::memchr(header.dialect.line_end, rest).map_or(rest.len(), |end| end + 1);
                    found.push((begin..begin + length, Some(reason(error))));
                    at = begin + length;
                    continue 'again;
                }
            }
        }
    }
    found
}

/// Parses the blocks of one file.
pub(crate) struct Parser {
    path: String,
    header: Header,
    schema: SchemaRef,
    /// For each field of the schema, which field of a record it is; `None`: the file has not got it.
    places: Vec<Option<usize>>,
    /// For each field of the schema, how its texts are written; `None`: as usual.
    forms: Vec<Option<ColumnForm>>,
    batch_rows: usize,
}

impl Parser {
    pub(crate) fn new(path: &str, header: Header, schema: &SchemaRef, batch_rows: usize) -> Self {
        let place = |name: &String| header.names.iter().position(|known| known == name);
        let places: Vec<Option<usize>> = schema.fields().iter().map(|field| place(field.name())).collect();
        let form = |(field, place): (&FieldRef, &Option<usize>)| {
            let form = place.and_then(|place| header.forms[place].clone());
            form.filter(|form| form.is_of(field.data_type()))
        };
        let forms = schema.fields().iter().zip(&places).map(form).collect();
        Self { path: path.to_owned(), header, schema: Arc::clone(schema), places, forms, batch_rows: batch_rows.max(1) }
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    /// Parses a block from `start` on and gives its batches.
    pub(crate) fn parse(&self, block: &Block, start: usize, results: &Results<RecordBatch>) -> Result<(), Stop> {
        let mut scanner = Scanner::new(&self.path, block, &self.header.dialect, start)?;
        let mut cells = Cells::new(self.header.names.len());
        let mut batches = Batches::new(&self.path, &self.schema, self.batch_rows)?;
        let chunk_rows = chunk_rows(self.header.names.len());
        loop {
            let chunk = scanner.position();
            scanner.rows(chunk_rows.min(batches.room()), &mut cells)?;
            let rows = cells.rows();
            if rows == 0 {
                return batches.finish(results);
            }
            let mut wrong: Option<(usize, usize)> = None;
            for (index, (builder, place)) in batches.builders().iter_mut().zip(&self.places).enumerate() {
                let data_type = self.schema.field(index).data_type();
                let appended = match &self.forms[index] {
                    Some(form) => self.append_in(form, builder, data_type, *place, &cells, scanner.text()),
                    None => self.append(builder, is_text(data_type), *place, &cells, scanner.text()),
                };
                if let Err(row) = appended
                    && wrong.is_none_or(|(first, _)| row < first)
                {
                    wrong = Some((row, index));
                }
            }
            if let Some((row, index)) = wrong {
                return Err(Stop::Failed(self.wrong_value(block, chunk, row, index)));
            }
            batches.add(rows, results)?;
        }
    }

    fn append(
        &self,
        builder: &mut ColumnBuilder,
        is_text: bool,
        place: Option<usize>,
        cells: &Cells,
        text: &str,
    ) -> Result<(), usize> {
        let Some(place) = place else {
            return builder.extend((0..cells.rows()).map(|_| None));
        };
        let dialect = &self.header.dialect;
        let cells = cells.column(text, place);
        let plain_nulls = dialect.empty_is_null();
        // One loop for each case: this is the innermost of all.
        match (is_text, plain_nulls) {
            (true, true) => {
                builder.extend(cells.map(|cell| (cell.is_quoted || !cell.text.is_empty()).then_some(cell.text)))
            }
            (true, false) => {
                builder.extend(cells.map(|cell| (cell.is_quoted || !dialect.is_null(cell.text)).then_some(cell.text)))
            }
            (false, true) => builder.extend(cells.map(|cell| (!cell.text.is_empty()).then_some(cell.text))),
            (false, false) => builder
                .extend(cells.map(|cell| (!cell.text.is_empty() && !dialect.is_null(cell.text)).then_some(cell.text))),
        }
    }

    /// The same of texts that are written as `form` says.
    fn append_in(
        &self,
        form: &ColumnForm,
        builder: &mut ColumnBuilder,
        data_type: &DataType,
        place: Option<usize>,
        cells: &Cells,
        text: &str,
    ) -> Result<(), usize> {
        let Some(place) = place else { return self.append(builder, false, None, cells, text) };
        let dialect = &self.header.dialect;
        let texts = cells
            .column(text, place)
            .map(|cell| (!cell.text.is_empty() && !dialect.is_null(cell.text)).then_some(cell.text));
        builder.extend(form.usual(data_type, texts).iter())
    }

    /// The error for a value, found again: `row` rows after `chunk`.
    fn wrong_value(&self, block: &Block, chunk: usize, row: usize, index: usize) -> ConnectError {
        let find = || -> Result<ConnectError, ConnectError> {
            let mut scanner = Scanner::new(&self.path, block, &self.header.dialect, chunk)?;
            let mut cells = Cells::new(self.header.names.len());
            let mut line = 0;
            for _ in 0..=row {
                // Blank lines before the row are not part of it.
                line = block.line(scanner.row_start());
                scanner.rows(1, &mut cells)?;
            }
            let field = self.schema.field(index);
            let field_place = self.places[index].unwrap_or(0);
            let cell = cells.all(scanner.text()).nth(field_place).unwrap_or(Cell { text: "", is_quoted: false });
            let place = Place::of(&self.path).line(line).column(field.name());
            let error = if self.forms[index].is_some() { form_error } else { value_error };
            Ok(error(place, field.data_type(), cell.text))
        };
        find().unwrap_or_else(|error| error)
    }
}
