//! Lines of RECORD messages into one batch.

use std::sync::Arc;

use arrow::array::RecordBatchOptions;
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;

use crate::files::{Kind, Member, members, members_within, unescape};
use crate::value::{ColumnBuilder, advice, shape};
use crate::{ConnectError, MISFITS, Misfits, Place, RejectedRecord, type_name};

/// A column that a table may list beside those of its stream: when the tap took the row from its source, as it says.
pub(crate) const EXTRACTED_AT: &str = "_sdc_extracted_at";

/// Rows whose members are found before their columns are built.
const CHUNK_ROWS: usize = 1_024;

/// Lines of one stream as they came.
#[derive(Debug, Default)]
pub(crate) struct RawRows {
    /// Each with its line break.
    pub(crate) data: Vec<u8>,
    /// Which lines of the tap's output, or of a file, they are, from 1.
    pub(crate) lines: Vec<u64>,
    /// The file that they stand in, where the tap wrote one: rows alone, without what tells a RECORD.
    pub(crate) file: Option<String>,
}

impl RawRows {
    pub(crate) fn push(&mut self, line: &[u8], number: u64) {
        self.data.extend_from_slice(line);
        self.data.push(b'\n');
        self.lines.push(number);
    }
}

const NOT_UTF8: &str = "its bytes are not UTF-8";

/// How rows of a stream are read.
#[derive(Debug, Clone)]
pub(crate) struct RowParser {
    /// The stream, for messages.
    pub(crate) from: String,
    /// The plan's.
    pub(crate) schema: SchemaRef,
    /// The columns whose misfits are told rather than an end.
    pub(crate) misfits: Vec<String>,
    /// Whether records that are no rows are given apart rather than an end.
    pub(crate) rejects: bool,
}

/// Where the content of one value is.
#[derive(Clone, Copy)]
enum Span {
    Null,
    Raw(usize, usize),
    Unescaped(usize, usize),
}

/// The values of some rows, row by row.
#[derive(Default)]
struct Chunk {
    spans: Vec<Span>,
    unescaped: String,
    rows: usize,
}

impl RowParser {
    /// All rows of a block, and records that are none where they are wanted apart.
    pub(crate) fn parse(&self, raw: &RawRows) -> Result<(RecordBatch, Vec<RejectedRecord>), ConnectError> {
        match self.rows(raw) {
            Err(ConnectError::Malformed { .. }) if self.rejects => {
                let (good, rejected) = self.parted(raw);
                Ok((self.rows(&good)?, rejected))
            }
            rows => Ok((rows?, Vec::new())),
        }
    }

    /// The lines that are rows, and the others as they came.
    fn parted(&self, raw: &RawRows) -> (RawRows, Vec<RejectedRecord>) {
        let mut good = RawRows { file: raw.file.clone(), ..RawRows::default() };
        let mut rejected = Vec::new();
        let mut finder = Finder::new(&self.schema, self.schema.fields().len(), raw.file.is_some());
        let mut chunk = Chunk::default();
        for (row, line) in raw.data.split(|byte| *byte == b'\n').take(raw.lines.len()).enumerate() {
            chunk.spans.clear();
            chunk.unescaped.clear();
            let found = match std::str::from_utf8(line) {
                Ok(text) => finder.find(text, (0, text.len()), &mut chunk),
                Err(_) => Err(NOT_UTF8),
            };
            match found {
                Ok(()) => good.push(line, raw.lines[row]),
                Err(reason) => rejected.push(RejectedRecord {
                    place: self.place(raw, row).to_string(),
                    rule: RejectedRecord::BROKEN,
                    reason: format!("not a row: {reason}"),
                    record: line.to_vec(),
                }),
            }
        }
        (good, rejected)
    }

    fn rows(&self, raw: &RawRows) -> Result<RecordBatch, ConnectError> {
        let text = std::str::from_utf8(&raw.data).map_err(|error| {
            let row = memchr::memchr_iter(b'\n', &raw.data[..error.valid_up_to()]).count();
            self.malformed(raw, row, NOT_UTF8)
        })?;
        let tells_misfits = self.schema.fields().last().is_some_and(|field| field.name() == MISFITS);
        let columns = self.schema.fields().len() - usize::from(tells_misfits);
        let mut builders = Vec::with_capacity(columns);
        for field in self.schema.fields().iter().take(columns) {
            let builder = ColumnBuilder::new(field.data_type(), raw.lines.len());
            builders.push(builder.ok_or_else(|| self.unsupported(field.name(), &type_name(field.data_type())))?);
        }
        let mut finder = Finder::new(&self.schema, columns, raw.file.is_some());
        let (mut misfits, mut chunk, mut before) = (Misfits::default(), Chunk::default(), 0);
        let mut start = 0;
        while before < raw.lines.len() {
            chunk.spans.clear();
            chunk.unescaped.clear();
            chunk.rows = 0;
            while chunk.rows < CHUNK_ROWS && before + chunk.rows < raw.lines.len() {
                let length = memchr::memchr(b'\n', &raw.data[start..]).unwrap_or(raw.data.len() - start);
                let row = before + chunk.rows;
                finder
                    .find(text, (start, start + length), &mut chunk)
                    .map_err(|reason| self.malformed(raw, row, reason))?;
                start += length + 1;
                chunk.rows += 1;
            }
            for (place, builder) in builders.iter_mut().enumerate() {
                let mut done = 0;
                // What is before a value that does not fit is in the builder.
                while let Err(wrong) = builder.extend(chunk.column(text, place, columns).skip(done)) {
                    let row = done + wrong;
                    if !self.misfits.contains(self.schema.field(place).name()) {
                        let value = chunk.column(text, place, columns).nth(row).flatten().unwrap_or_default();
                        return Err(self.wrong_value(raw, before + row, place, value));
                    }
                    misfits.add(before + row, place);
                    // NULL fits everything.
                    let _ = builder.extend(std::iter::once(None));
                    done = row + 1;
                }
            }
            before += chunk.rows;
        }
        let mut arrays = Vec::with_capacity(columns + 1);
        for builder in &mut builders {
            arrays.push(builder.finish().map_err(|_| self.no_batch())?);
        }
        if tells_misfits {
            arrays.push(misfits.take(before));
        }
        let options = RecordBatchOptions::new().with_row_count(Some(before));
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options).map_err(|_| self.no_batch())
    }

    fn place(&self, raw: &RawRows, row: usize) -> Place {
        let line = raw.lines.get(row).copied().unwrap_or_default();
        match &raw.file {
            Some(file) => Place::of(file).line(line),
            None => Place::of(format!("stream {} in the tap's output", self.from)).line(line),
        }
    }

    fn malformed(&self, raw: &RawRows, row: usize, reason: &str) -> ConnectError {
        ConnectError::Malformed {
            place: Box::new(self.place(raw, row)),
            reason: format!("not a row: {reason}"),
            advice:
                "the tap must write what the Singer specification says; look at its log, or for a later version of it"
                    .to_owned(),
        }
    }

    fn wrong_value(&self, raw: &RawRows, row: usize, place: usize, value: &str) -> ConnectError {
        let field = self.schema.field(place);
        ConnectError::Value {
            place: Box::new(self.place(raw, row).column(field.name())),
            expected: type_name(field.data_type()),
            found: shape(value),
            advice: advice(field.data_type(), value),
        }
    }

    fn unsupported(&self, column: &str, promised: &str) -> ConnectError {
        ConnectError::Request {
            from: self.from.clone(),
            reason: format!("column `{column}` is promised as {promised}, which JSON does not hold"),
            advice: "promise a type that is written as text, such as varchar, and convert it in a model".to_owned(),
        }
    }

    fn no_batch(&self) -> ConnectError {
        let reason = "its columns do not form a batch of the planned schema".to_owned();
        ConnectError::SourceFailed { object: self.from.clone(), reason }
    }
}

impl Chunk {
    fn column<'a>(&'a self, text: &'a str, place: usize, columns: usize) -> impl Iterator<Item = Option<&'a str>> {
        self.spans.iter().skip(place).step_by(columns.max(1)).map(move |span| match *span {
            Span::Null => None,
            Span::Raw(start, end) => text.get(start..end),
            Span::Unescaped(start, end) => self.unescaped.get(start..end),
        })
    }

    fn set(&mut self, at: usize, text: &str, member: Member) {
        self.spans[at] = match member.kind {
            Kind::Null => Span::Null,
            Kind::Boolean | Kind::Number | Kind::String | Kind::Nested => Span::Raw(member.start, member.end),
            Kind::Escaped => {
                let start = self.unescaped.len();
                let raw = text.get(member.start..member.end).unwrap_or_default();
                self.unescaped.push_str(&unescape(raw).unwrap_or_default());
                Span::Unescaped(start, self.unescaped.len())
            }
        };
    }
}

/// Finds the values of rows. Rows mostly have the same keys in the same order: a guess comes before looking up.
struct Finder<'a> {
    places: std::collections::HashMap<&'a str, usize>,
    columns: usize,
    extracted_at: Option<usize>,
    is_bare: bool,
    keys: Vec<String>,
    order: Vec<Option<usize>>,
}

impl<'a> Finder<'a> {
    fn new(schema: &'a SchemaRef, columns: usize, is_bare: bool) -> Self {
        let names = schema.fields().iter().take(columns).enumerate();
        let places = names.map(|(place, field)| (field.name().as_str(), place)).collect();
        let extracted_at = schema.index_of(EXTRACTED_AT).ok();
        Self { places, columns, extracted_at, is_bare, keys: Vec::new(), order: Vec::new() }
    }

    fn find(&mut self, text: &str, (start, end): (usize, usize), chunk: &mut Chunk) -> Result<(), &'static str> {
        let first = chunk.spans.len();
        chunk.spans.resize(first + self.columns, Span::Null);
        let (mut index, mut extracted) = (0, None);
        let Self { places, extracted_at, keys, order, .. } = self;
        let within = |key: std::borrow::Cow<'_, str>, member: Member| {
            if keys.get(index).is_none_or(|guess| *guess != *key) {
                keys.truncate(index);
                order.truncate(index);
                order.push(places.get(&*key).copied());
                keys.push(key.into_owned());
            }
            if let Some(place) = order[index] {
                chunk.set(first + place, text, member);
            }
            index += 1;
        };
        if self.is_bare {
            members(text, start, end, within).map_err(|problem| problem.reason)?;
        } else {
            let mut is_other = false;
            let is_there = members_within(text, (start, end), "record", within, |key, member| match &*key {
                "time_extracted" => extracted = Some(member),
                "record" => is_other = true,
                _ => {}
            });
            if !is_there.map_err(|problem| problem.reason)? || is_other {
                return Err("its record is missing, or not an object");
            }
        }
        if let (Some(place), Some(member)) = (*extracted_at, extracted)
            && matches!(chunk.spans[first + place], Span::Null)
        {
            chunk.set(first + place, text, member);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{Array, AsArray};
    use arrow::datatypes::{DataType, Field, Int64Type, Schema, TimeUnit};

    use super::*;

    fn parser(misfits: &[&str]) -> RowParser {
        let time = DataType::Timestamp(TimeUnit::Microsecond, Some(Arc::from("UTC")));
        let mut fields = vec![
            Field::new("id", DataType::Int64, true),
            Field::new("name", DataType::Utf8, true),
            Field::new(EXTRACTED_AT, time, true),
        ];
        if !misfits.is_empty() {
            fields.push(Misfits::field().as_ref().clone());
        }
        let misfits = misfits.iter().map(|name| (*name).to_owned()).collect();
        RowParser { from: "s".to_owned(), schema: Arc::new(Schema::new(fields)), misfits, rejects: false }
    }

    fn rows(lines: &[&str]) -> RawRows {
        let mut raw = RawRows::default();
        for (index, line) in lines.iter().enumerate() {
            raw.push(line.as_bytes(), index as u64 * 2 + 1);
        }
        raw
    }

    #[test]
    fn rows_are_read_wherever_their_keys_stand() {
        let raw = rows(&[
            r#"{"type":"RECORD","stream":"s","record":{"id":1,"name":"a\"b"},"time_extracted":"2026-01-02T03:04:05Z"}"#,
            r#"{"record": {"name": {"first": ["x"]}, "more": 1, "id": 2}, "stream": "s", "type": "RECORD"}"#,
            r#"{"type":"RECORD","stream":"s","record":{}}"#,
        ]);
        let batch = parser(&[]).rows(&raw).unwrap();
        assert_eq!(batch.column(0).as_primitive::<Int64Type>().iter().collect::<Vec<_>>(), [Some(1), Some(2), None]);
        let names: Vec<_> = batch.column(1).as_string::<i32>().iter().collect();
        assert_eq!(names, [Some("a\"b"), Some(r#"{"first": ["x"]}"#), None]);
        assert_eq!(batch.column(2).null_count(), 2);
    }

    #[test]
    fn a_value_that_does_not_fit_is_told_with_its_line_and_never_shown() {
        let lines: Vec<String> = (0..3_000)
            .map(|row| match row {
                5 | 1_500 | 1_501 => r#"{"type":"RECORD","stream":"s","record":{"id":"secret","name":"n"}}"#.to_owned(),
                _ => format!(r#"{{"type":"RECORD","stream":"s","record":{{"id":{row},"name":"n"}}}}"#),
            })
            .collect();
        let raw = rows(&lines.iter().map(String::as_str).collect::<Vec<_>>());
        let error = parser(&[]).parse(&raw).unwrap_err().to_string();
        assert!(error.contains("line 11, column `id`: expected bigint") && !error.contains("secret"), "{error}");
        let batch = parser(&["id"]).rows(&raw).unwrap();
        let misfits = Misfits::of(&batch);
        assert_eq!(misfits.rows(0).collect::<Vec<_>>(), [5, 1_500, 1_501]);
        let ids = batch.column(0).as_primitive::<Int64Type>();
        assert_eq!((ids.null_count(), ids.value(1_499), ids.value(1_502), ids.value(2_999)), (3, 1_499, 1_502, 2_999));
    }

    #[test]
    fn what_is_no_row_is_refused_with_its_line() {
        for broken in [
            r#"{"type":"RECORD","stream":"s","record":{"id":1}"#,
            r#"{"type":"RECORD","stream":"s","record":[1]}"#,
            r#"{"type":"RECORD","stream":"s","record":{"id":01}}"#,
            r#"{"type":"RECORD","stream":"s"}"#,
        ] {
            let error = parser(&[]).parse(&rows(&[r#"{"record":{}}"#, broken])).unwrap_err().to_string();
            assert!(error.contains("line 3: not a row"), "{error}");
            let parser = RowParser { rejects: true, ..parser(&[]) };
            let (rows, rejected) = parser.parse(&rows(&[r#"{"record":{}}"#, broken, r#"{"record":{}}"#])).unwrap();
            assert_eq!((rows.num_rows(), rejected.len()), (2, 1));
            assert!(rejected[0].place.ends_with("line 3") && rejected[0].record == broken.as_bytes());
        }
    }
}
