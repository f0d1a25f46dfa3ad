//! Rows as `COPY … (FORMAT binary)` sends them, into batches.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatchOptions, new_null_array};
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;

use super::reading::Reading;
use super::value::{Misfit, ValueBuilder};
use crate::{MISFITS, Misfits};

/// PostgreSQL's manual, COPY, “Binary Format”.
const SIGNATURE: &[u8; 11] = b"PGCOPY\n\xff\r\n\0";

/// Rows of one table, one batch at a time.
pub(crate) struct Rows {
    schema: SchemaRef,
    /// For each field of the schema, which of the selected columns it is; none: the table has not got it.
    places: Vec<Option<usize>>,
    builders: Vec<ValueBuilder>,
    /// For each of them the field of which it is told that a value does not fit; none: that is an error.
    told: Vec<Option<usize>>,
    misfits: Misfits,
    /// Whether a last column says of each row whether its cursor is NULL.
    has_flag: bool,
    /// Of a batch: how many rows and bytes it may have at most, and has.
    row_limit: usize,
    byte_limit: usize,
    count: usize,
    bytes: usize,
    /// Whether the head of the COPY was seen.
    begun: bool,
    /// How many rows had no cursor value.
    pub(crate) nulls: u64,
}

/// Why a row cannot be taken.
pub(crate) enum RowError {
    /// A value of this column (of those selected) does not fit.
    Misfit(usize, Misfit),
    /// It is not of the form of the format.
    Broken,
}

impl Rows {
    /// Batches of at most `most_rows` rows, and not much more than `most_bytes` bytes.
    pub(crate) fn new(
        schema: &SchemaRef,
        selected: &[(String, String, Reading)],
        misfits: &[String],
        has_flag: bool,
        most_rows: usize,
        most_bytes: usize,
    ) -> Self {
        let place = |name: &String| selected.iter().position(|(column, ..)| column == name);
        let told = |name: &String| schema.index_of(name).ok().filter(|_| misfits.contains(name));
        let most_rows = most_rows.max(1);
        Self {
            schema: Arc::clone(schema),
            places: schema.fields().iter().map(|field| place(field.name())).collect(),
            builders: selected.iter().map(|(.., reading)| ValueBuilder::new(reading, most_rows.min(1_024))).collect(),
            told: selected.iter().map(|(column, ..)| told(column)).collect(),
            misfits: Misfits::default(),
            has_flag,
            row_limit: most_rows,
            byte_limit: most_bytes,
            count: 0,
            bytes: 0,
            begun: false,
            nulls: 0,
        }
    }

    /// Another COPY begins.
    pub(crate) fn begin(&mut self) {
        self.begun = false;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Whether it is time for a batch.
    pub(crate) fn is_full(&self) -> bool {
        self.count >= self.row_limit || self.bytes >= self.byte_limit
    }

    /// Takes what one message of the COPY holds: a row, with the head before the first one; or the end. Gives how many rows.
    pub(crate) fn append(&mut self, mut message: &[u8]) -> Result<usize, RowError> {
        if !self.begun {
            let head = message.strip_prefix(SIGNATURE).ok_or(RowError::Broken)?;
            let (extension, rest) =
                head.get(4..).and_then(|rest| rest.split_first_chunk::<4>()).ok_or(RowError::Broken)?;
            let length = usize::try_from(u32::from_be_bytes(*extension)).map_err(|_| RowError::Broken)?;
            message = rest.get(length..).ok_or(RowError::Broken)?;
            self.begun = true;
        }
        let mut rows = 0;
        while !message.is_empty() {
            let (count, values) = message.split_first_chunk::<2>().ok_or(RowError::Broken)?;
            match i16::from_be_bytes(*count) {
                -1 => return Ok(rows),
                count if usize::try_from(count) == Ok(self.builders.len() + usize::from(self.has_flag)) => {}
                _ => return Err(RowError::Broken),
            }
            let rest = self.row(values)?;
            self.bytes += message.len() - rest.len();
            self.count += 1;
            rows += 1;
            message = rest;
        }
        Ok(rows)
    }

    /// The values of a row, each with its length before it (-1: NULL). Gives what follows them.
    fn row<'a>(&mut self, mut values: &'a [u8]) -> Result<&'a [u8], RowError> {
        for (index, builder) in self.builders.iter_mut().enumerate() {
            let (length, rest) = values.split_first_chunk::<4>().ok_or(RowError::Broken)?;
            let length = u32::from_be_bytes(*length);
            if length == u32::MAX {
                builder.append_null();
                values = rest;
                continue;
            }
            let (value, rest) = rest.split_at_checked(length as usize).ok_or(RowError::Broken)?;
            if let Err(misfit) = builder.append_binary(value) {
                let place = self.told[index].filter(|_| !misfit.is_broken());
                self.misfits.add(self.count, place.ok_or(RowError::Misfit(index, misfit))?);
                builder.append_null();
            }
            values = rest;
        }
        if self.has_flag {
            let (flag, rest) = values.split_first_chunk::<5>().ok_or(RowError::Broken)?;
            self.nulls += u64::from(flag[4] == 1);
            values = rest;
        }
        Ok(values)
    }

    /// What has been taken since the last batch. The error is the place of a column whose texts are not UTF-8.
    pub(crate) fn batch(&mut self) -> Result<RecordBatch, Option<usize>> {
        let count = std::mem::take(&mut self.count);
        self.bytes = 0;
        let mut arrays = Vec::with_capacity(self.builders.len());
        for (index, builder) in self.builders.iter_mut().enumerate() {
            arrays.push(builder.finish().map_err(|_| Some(index))?);
        }
        let misfits = self.misfits.take(count);
        let array = |(place, field): (&Option<usize>, &Arc<arrow::datatypes::Field>)| match place {
            Some(place) => ArrayRef::clone(&arrays[*place]),
            None if field.name() == MISFITS => ArrayRef::clone(&misfits),
            None => new_null_array(field.data_type(), count),
        };
        let columns = self.places.iter().zip(self.schema.fields()).map(array).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(count));
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options).map_err(|_| None)
    }

    /// How many dates and times of each selected column were infinite since this was asked last.
    pub(crate) fn take_infinite(&mut self) -> impl Iterator<Item = u64> {
        self.builders.iter_mut().map(ValueBuilder::take_infinite)
    }
}
