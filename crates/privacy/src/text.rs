//! Arrays of every type as text, and text back into arrays.
//!
//! Numbers are written in plain decimal, dates and times in ISO 8601, structs, maps and lists as compact JSON.

use std::sync::Arc;

use arrow::{
    array::{Array, ArrayAccessor, ArrayRef, AsArray, BinaryArray, GenericStringArray, OffsetSizeTrait, StringArray},
    buffer::{NullBuffer, OffsetBuffer, ScalarBuffer},
    compute::cast,
    datatypes::{DataType, Field, Float16Type, Float32Type, Float64Type},
    json::writer::{EncoderOptions, make_encoder},
};

use crate::transform::Failure;

/// The text type for results that come from values of `input`: the layout of text stays, everything else is `Utf8`.
pub(crate) fn text_type(input: &DataType) -> DataType {
    match input {
        DataType::LargeUtf8 | DataType::Utf8View => input.clone(),
        _ => DataType::Utf8,
    }
}

/// The array as text or bytes: one of the three layouts of text, or `Binary` for bytes of every layout.
pub(crate) fn readable(array: &ArrayRef) -> Result<ArrayRef, Failure> {
    match array.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Binary => Ok(Arc::clone(array)),
        DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            cast(array, &DataType::Binary).map_err(|_| Failure::TooLarge)
        }
        DataType::Float16 => Ok(floats(array.as_primitive::<Float16Type>().iter().map(|v| v.map(f32::from)))),
        DataType::Float32 => Ok(floats(array.as_primitive::<Float32Type>().iter())),
        DataType::Float64 => Ok(floats(array.as_primitive::<Float64Type>().iter())),
        DataType::Struct(_) | DataType::Map(..) => json(array),
        _ => cast(array, &DataType::Utf8).map_err(|_| Failure::TooLarge),
    }
}

/// The shortest decimal text that reads back as the same float; whole numbers without a point, never an exponent.
fn floats<T: std::fmt::Display>(values: impl Iterator<Item = Option<T>>) -> ArrayRef {
    Arc::new(values.map(|value| value.map(|value| value.to_string())).collect::<StringArray>())
}

fn json(array: &ArrayRef) -> Result<ArrayRef, Failure> {
    let field = Arc::new(Field::new("value", array.data_type().clone(), true));
    let options = EncoderOptions::default();
    let mut encoder = make_encoder(&field, array, &options).map_err(|_| Failure::Arrow)?;
    let (mut values, mut ends) = (Vec::new(), vec![0]);
    for row in 0..array.len() {
        if array.is_valid(row) {
            encoder.encode(row, &mut values);
        }
        ends.push(i32::try_from(values.len()).map_err(|_| Failure::TooLarge)?);
    }
    let array = StringArray::try_new(offsets(ends), values.into(), array.nulls().cloned());
    Ok(Arc::new(array.map_err(|_| Failure::Arrow)?))
}

fn offsets<O: OffsetSizeTrait>(ends: Vec<O>) -> OffsetBuffer<O> {
    OffsetBuffer::new(ScalarBuffer::from(ends))
}

/// Text collected row by row; rows without text are empty.
#[derive(Debug, Default)]
pub(crate) struct TextColumn {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl TextColumn {
    /// The texts of all rows, one after the other, and where each ends; `ends` begins with zero.
    pub(crate) fn new(bytes: Vec<u8>, ends: Vec<usize>) -> Self {
        Self { bytes, ends }
    }

    pub(crate) fn with_capacity(rows: usize, bytes: usize) -> Self {
        let mut ends = Vec::with_capacity(rows + 1);
        ends.push(0);
        Self { bytes: Vec::with_capacity(bytes), ends }
    }

    /// The text of the row that is being written is appended here.
    pub(crate) fn bytes(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Ends the row.
    pub(crate) fn end_row(&mut self) {
        self.ends.push(self.bytes.len());
    }

    /// The column as an array of a text type.
    pub(crate) fn finish(self, data_type: &DataType, nulls: Option<NullBuffer>) -> Result<ArrayRef, Failure> {
        if *data_type == DataType::LargeUtf8 {
            return Ok(Arc::new(self.array::<i64>(nulls)?));
        }
        let array = self.array::<i32>(nulls)?;
        if *data_type == DataType::Utf8View {
            return cast(&array, data_type).map_err(|_| Failure::TooLarge);
        }
        Ok(Arc::new(array))
    }

    fn array<O: OffsetSizeTrait>(self, nulls: Option<NullBuffer>) -> Result<GenericStringArray<O>, Failure> {
        if O::from_usize(self.bytes.len()).is_none() {
            return Err(Failure::TooLarge);
        }
        let ends: Vec<O> = self.ends.into_iter().map(O::usize_as).collect();
        GenericStringArray::try_new(offsets(ends), self.bytes.into(), nulls).map_err(|_| Failure::Arrow)
    }
}

/// Maps the text of each value. `write` appends the new text and says whether there is one; otherwise the row becomes NULL.
/// Bytes that are not UTF-8 are read with replacement characters.
pub(crate) fn map_text(
    array: &ArrayRef,
    mut write: impl FnMut(&str, &mut String) -> bool,
) -> Result<ArrayRef, Failure> {
    let texts = readable(array)?;
    let output = text_type(array.data_type());
    match texts.data_type() {
        DataType::LargeUtf8 => map_each(&texts.as_string::<i64>(), &output, write),
        DataType::Utf8View => map_each(&texts.as_string_view(), &output, write),
        DataType::Binary => {
            let bytes: &BinaryArray = texts.as_binary();
            let lossy: StringArray = bytes.iter().map(|value| value.map(String::from_utf8_lossy)).collect();
            map_each(&&lossy, &output, &mut write)
        }
        _ => map_each(&texts.as_string::<i32>(), &output, write),
    }
}

fn map_each<'a, A: ArrayAccessor<Item = &'a str>>(
    texts: &A,
    output: &DataType,
    mut write: impl FnMut(&str, &mut String) -> bool,
) -> Result<ArrayRef, Failure> {
    let mut scratch = String::new();
    let mut column = TextColumn::with_capacity(texts.len(), texts.len() * 8);
    let mut valid = Vec::with_capacity(texts.len());
    for row in 0..texts.len() {
        scratch.clear();
        let kept = texts.is_valid(row) && write(texts.value(row), &mut scratch);
        if kept {
            column.bytes().extend_from_slice(scratch.as_bytes());
        }
        column.end_row();
        valid.push(kept);
    }
    let nulls = NullBuffer::from(valid);
    column.finish(output, (nulls.null_count() > 0).then_some(nulls))
}
