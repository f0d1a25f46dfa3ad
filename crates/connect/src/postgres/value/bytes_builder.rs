//! Texts and bytes into one Arrow array, as one run of bytes.

use std::sync::Arc;

use arrow::array::{ArrayRef, BinaryArray, NullBufferBuilder, StringArray};
use arrow::buffer::{Buffer, OffsetBuffer, ScalarBuffer};
use arrow::error::ArrowError;

/// Texts or bytes. That texts are UTF-8 is looked at once for all of them.
pub(crate) struct BytesBuilder {
    offsets: Vec<i32>,
    values: Vec<u8>,
    nulls: NullBufferBuilder,
    rows: usize,
}

impl BytesBuilder {
    pub(crate) fn new(rows: usize) -> Self {
        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0);
        Self { offsets, values: Vec::new(), nulls: NullBufferBuilder::new(rows), rows }
    }

    pub(crate) fn append(&mut self, bytes: &[u8]) {
        self.values.extend_from_slice(bytes);
        self.end();
    }

    /// Appends what `write` adds to the bytes.
    pub(crate) fn append_with(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.values);
        self.end();
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "`finish` refuses what is longer")]
    fn end(&mut self) {
        self.offsets.push(self.values.len() as i32);
        self.nulls.append_non_null();
    }

    pub(crate) fn append_null(&mut self) {
        let last = self.offsets.last().copied().unwrap_or_default();
        self.offsets.push(last);
        self.nulls.append_null();
    }

    pub(crate) fn finish_text(&mut self) -> Result<ArrayRef, ArrowError> {
        let (offsets, values, nulls) = self.take()?;
        Ok(Arc::new(StringArray::try_new(offsets, values, nulls)?))
    }

    pub(crate) fn finish_binary(&mut self) -> Result<ArrayRef, ArrowError> {
        let (offsets, values, nulls) = self.take()?;
        Ok(Arc::new(BinaryArray::try_new(offsets, values, nulls)?))
    }

    fn take(&mut self) -> Result<(OffsetBuffer<i32>, Buffer, Option<arrow::buffer::NullBuffer>), ArrowError> {
        let fresh = Self::new(self.rows);
        let mut old = std::mem::replace(self, fresh);
        // The next batch will be much like this one.
        self.values.reserve(old.values.len());
        if i32::try_from(old.values.len()).is_err() {
            return Err(ArrowError::OffsetOverflowError(old.values.len()));
        }
        let nulls = old.nulls.finish();
        Ok((OffsetBuffer::new(ScalarBuffer::from(old.offsets)), Buffer::from_vec(old.values), nulls))
    }
}
