//! Blocks into batches.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;

use super::flat::Nested;
use super::object::{Kind, Member, unescape};
use super::rows;
use crate::files::columns::{Batches, value_error};
use crate::files::parallel::{Give, Stop};
use crate::files::text::Block;
use crate::{ConnectError, Place};

/// Lines whose members are found before their columns are built.
const CHUNK_ROWS: usize = 1_024;

/// Parses the blocks of one file.
pub(crate) struct Parser {
    path: String,
    schema: SchemaRef,
    places: HashMap<String, usize>,
    nested: Nested,
    batch_rows: usize,
}

/// Where the content of one value is.
#[derive(Clone, Copy)]
enum Span {
    Null,
    Block(usize, usize),
    Unescaped(usize, usize),
}

/// The values of some lines.
struct Rows {
    spans: Vec<Span>,
    unescaped: String,
    starts: Vec<usize>,
}

impl Parser {
    pub(crate) fn new(path: &str, schema: &SchemaRef, nested: Nested, batch_rows: usize) -> Self {
        let places = schema.fields().iter().enumerate().map(|(place, field)| (field.name().clone(), place)).collect();
        Self { path: path.to_owned(), schema: Arc::clone(schema), places, nested, batch_rows: batch_rows.max(1) }
    }

    /// Parses a block and gives its batches.
    pub(crate) fn parse(&self, block: &Block, results: &dyn Give<RecordBatch>) -> Result<(), Stop> {
        let text = block.text(&self.path)?;
        let columns = self.schema.fields().len();
        let mut batches = Batches::new(&self.path, &self.schema, self.batch_rows)?;
        let mut found = Rows { spans: Vec::new(), unescaped: String::new(), starts: Vec::new() };
        let mut order: Vec<Option<usize>> = Vec::new();
        let mut keys: Vec<String> = Vec::new();
        let mut places = rows(block, text).into_iter();
        loop {
            found.spans.clear();
            found.unescaped.clear();
            found.starts.clear();
            for (start, end) in places.by_ref().take(CHUNK_ROWS.min(batches.room())) {
                let first = found.spans.len();
                found.spans.resize(first + columns, Span::Null);
                found.starts.push(start);
                let mut index = 0;
                self.nested
                    .columns(text, start, end, |key, _, member| {
                        // Lines mostly have the same keys in the same order: guess before looking up.
                        if keys.get(index).is_none_or(|guess| *guess != *key) {
                            keys.truncate(index);
                            order.truncate(index);
                            order.push(self.places.get(&*key).copied());
                            keys.push(key.into_owned());
                        }
                        if let Some(place) = order[index] {
                            found.spans[first + place] = span(text, member, &mut found.unescaped);
                        }
                        index += 1;
                    })
                    .map_err(|problem| problem.error(&self.path, block))?;
            }
            let count = found.starts.len();
            if count == 0 {
                return batches.finish(results);
            }
            let mut wrong: Option<(usize, usize)> = None;
            for (place, builder) in batches.builders().iter_mut().enumerate() {
                if let Err(row) = builder.extend(found.column(text, place, columns))
                    && wrong.is_none_or(|(first, _)| row < first)
                {
                    wrong = Some((row, place));
                }
            }
            if let Some((row, place)) = wrong {
                return Err(Stop::Failed(self.wrong_value(block, text, &found, row, place)));
            }
            batches.add(count, results)?;
        }
    }

    #[cfg(feature = "kafka")]
    /// All rows of a block as one batch; there must be no more of them than a batch may have.
    pub(crate) fn whole(&self, block: &Block) -> Result<RecordBatch, ConnectError> {
        let batches = std::cell::RefCell::new(Vec::new());
        match self.parse(block, &batches) {
            Ok(()) | Err(Stop::Unheard) => {}
            Err(Stop::Failed(error)) => return Err(error),
        }
        Ok(batches.into_inner().pop().unwrap_or_else(|| RecordBatch::new_empty(Arc::clone(&self.schema))))
    }

    fn wrong_value(&self, block: &Block, text: &str, rows: &Rows, row: usize, place: usize) -> ConnectError {
        let field = self.schema.field(place);
        let value = rows.column(text, place, self.schema.fields().len()).nth(row).flatten().unwrap_or_default();
        let line = block.line(rows.starts[row]);
        value_error(Place::of(&self.path).line(line).column(field.name()), field.data_type(), value)
    }
}

impl Rows {
    fn column<'a>(&'a self, text: &'a str, place: usize, columns: usize) -> impl Iterator<Item = Option<&'a str>> {
        self.spans.iter().skip(place).step_by(columns.max(1)).map(move |span| match *span {
            Span::Null => None,
            Span::Block(start, end) => text.get(start..end),
            Span::Unescaped(start, end) => self.unescaped.get(start..end),
        })
    }
}

fn span(text: &str, member: Member, unescaped: &mut String) -> Span {
    match member.kind {
        Kind::Null => Span::Null,
        Kind::Boolean | Kind::Number | Kind::String | Kind::Nested => Span::Block(member.start, member.end),
        Kind::Escaped => {
            let start = unescaped.len();
            let raw = text.get(member.start..member.end).unwrap_or_default();
            unescaped.push_str(&unescape(raw).unwrap_or_default());
            Span::Unescaped(start, unescaped.len())
        }
    }
}
