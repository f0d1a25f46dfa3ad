//! Arrays of one dimension into lists.

use std::sync::Arc;

use arrow::array::{ArrayRef, ListArray, NullBufferBuilder};
use arrow::buffer::{OffsetBuffer, ScalarBuffer};
use arrow::datatypes::Field;
use arrow::error::ArrowError;

use super::{Misfit, ValueBuilder};
use crate::postgres::reading::Reading;

/// Arrays of one dimension.
pub(super) struct ListBuilder {
    offsets: Vec<i32>,
    nulls: NullBufferBuilder,
    elements: ValueBuilder,
    count: usize,
    rows: usize,
}

impl ListBuilder {
    pub(super) fn new(element: &Reading, rows: usize) -> Self {
        let offsets = vec![0];
        Self {
            offsets,
            nulls: NullBufferBuilder::new(rows),
            elements: ValueBuilder::new(element, rows),
            count: 0,
            rows,
        }
    }

    pub(super) fn append_null(&mut self) {
        self.end();
        self.nulls.append_null();
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "`finish` refuses what is longer")]
    fn end(&mut self) {
        self.offsets.push(self.count as i32);
    }

    /// PostgreSQL's `array_send`: dimensions, whether there are NULLs, the elements' type; for each dimension its length and
    /// lower bound; then the elements, each with its length (-1: NULL). Gives how many elements were infinite.
    pub(super) fn append_binary(&mut self, bytes: &[u8]) -> Result<u64, Misfit> {
        let broken = || Misfit::broken(bytes.len());
        let (head, mut rest) = bytes.split_first_chunk::<12>().ok_or_else(broken)?;
        match i32::from_be_bytes([head[0], head[1], head[2], head[3]]) {
            0 => {}
            1 => {
                let (dimension, elements) = rest.split_first_chunk::<8>().ok_or_else(broken)?;
                rest = elements;
                let length = i32::from_be_bytes([dimension[0], dimension[1], dimension[2], dimension[3]]);
                for _ in 0..length {
                    let (length, after) = rest.split_first_chunk::<4>().ok_or_else(broken)?;
                    rest = after;
                    match usize::try_from(i32::from_be_bytes(*length)) {
                        Err(_) => self.elements.append_null(),
                        Ok(length) => {
                            let (element, after) = rest.split_at_checked(length).ok_or_else(broken)?;
                            rest = after;
                            self.elements.append_binary(element)?;
                        }
                    }
                    self.count += 1;
                }
            }
            count => return Err(Misfit::dimensions(count)),
        }
        self.end();
        self.nulls.append_non_null();
        Ok(self.elements.take_infinite())
    }

    /// PostgreSQL's manual, 8.15.6 “Array Input and Output Syntax”. Gives how many elements were infinite.
    pub(super) fn append_text(&mut self, text: &[u8]) -> Result<u64, Misfit> {
        let broken = || Misfit::text(text.len());
        // Bounds other than 1 stand in front: `[2:4]={…}`.
        let start = match text.first() {
            Some(b'[') => text.iter().position(|byte| *byte == b'=').ok_or_else(broken)? + 1,
            _ => 0,
        };
        let mut rest = text.get(start..).and_then(|text| text.strip_prefix(b"{")).ok_or_else(broken)?;
        let mut element = Vec::new();
        while !rest.starts_with(b"}") {
            element.clear();
            let quoted = rest.first() == Some(&b'"');
            match rest.first() {
                Some(b'{') => {
                    let depth = text[start..].iter().take_while(|byte| **byte == b'{').count();
                    return Err(Misfit::dimensions(i32::try_from(depth).unwrap_or(i32::MAX)));
                }
                Some(b'"') => rest = unquote(&rest[1..], &mut element).ok_or_else(broken)?,
                _ => {
                    let end = rest.iter().position(|byte| matches!(byte, b',' | b'}')).ok_or_else(broken)?;
                    element.extend_from_slice(&rest[..end]);
                    rest = &rest[end..];
                }
            }
            if !quoted && element == b"NULL" {
                self.elements.append_null();
            } else {
                self.elements.append_text(&element)?;
            }
            self.count += 1;
            rest = rest.strip_prefix(b",").unwrap_or(rest);
            if rest.is_empty() {
                return Err(broken());
            }
        }
        self.end();
        self.nulls.append_non_null();
        Ok(self.elements.take_infinite())
    }

    pub(super) fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        let offsets = std::mem::replace(&mut self.offsets, vec![0]);
        let mut nulls = std::mem::replace(&mut self.nulls, NullBufferBuilder::new(self.rows));
        if i32::try_from(self.count).is_err() {
            return Err(ArrowError::OffsetOverflowError(self.count));
        }
        self.count = 0;
        let elements = self.elements.finish()?;
        let field = Arc::new(Field::new_list_field(elements.data_type().clone(), true));
        let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
        Ok(Arc::new(ListArray::try_new(field, offsets, elements, nulls.finish())?))
    }
}

/// What stands up to the closing quote, without the escapes, and what follows the quote.
fn unquote<'a>(mut text: &'a [u8], into: &mut Vec<u8>) -> Option<&'a [u8]> {
    loop {
        match text {
            [b'"', rest @ ..] => return Some(rest),
            [b'\\', byte, rest @ ..] | [byte, rest @ ..] => {
                into.push(*byte);
                text = rest;
            }
            [] => return None,
        }
    }
}
