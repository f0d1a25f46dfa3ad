//! Fixed width: fields by their place in the line, counted in characters.

use std::sync::Arc;

use super::cells::Cells;
use crate::files::text::Block;
use crate::{ConnectError, Place};

/// Where the fields of a line stand.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    /// First character and the one after the last, of each field that is read.
    fields: Arc<[(usize, usize)]>,
    total: usize,
}

/// The name of a field that is not read.
pub(super) const FILLER: &str = "_";

/// Some lines, and where they are from.
pub(super) struct Lines<'a> {
    pub(super) path: &'a str,
    pub(super) block: &'a Block,
    pub(super) text: &'a str,
    pub(super) line_end: u8,
}

impl Layout {
    /// `names` of all fields, also of those that are not read; by default all are.
    pub(super) fn new(widths: &[usize], names: Option<&[String]>) -> Self {
        let mut total = 0;
        let mut fields = Vec::with_capacity(widths.len());
        for (index, width) in widths.iter().enumerate() {
            if names.and_then(|names| names.get(index)).is_none_or(|name| name != FILLER) {
                fields.push((total, total + width));
            }
            total += width;
        }
        Self { fields: fields.into(), total }
    }

    /// Up to `limit` rows from `position` on, after those in `cells`; empty lines are none. Gives where the next begins.
    pub(super) fn rows(
        &self,
        lines: &Lines<'_>,
        mut position: usize,
        limit: usize,
        cells: &mut Cells,
    ) -> Result<usize, ConnectError> {
        let bytes = lines.text.as_bytes();
        let mut rows = 0;
        while rows < limit && position < bytes.len() {
            let rest = &bytes[position..];
            let length = memchr::memchr(lines.line_end, rest).unwrap_or(rest.len());
            let content = if rest[..length].last() == Some(&b'\r') { length - 1 } else { length };
            if content > 0 {
                self.cut(lines, position, position + content, cells)?;
                rows += 1;
            }
            position = (position + length + 1).min(bytes.len());
        }
        Ok(position)
    }

    /// Spaces around a value are not part of it, and a line may end where only spaces would follow.
    fn cut(&self, lines: &Lines<'_>, start: usize, end: usize, cells: &mut Cells) -> Result<(), ConnectError> {
        let line = lines.text.get(start..end).unwrap_or_default();
        // The places of characters, where they are not those of bytes.
        let places: Option<Vec<usize>> =
            (!line.is_ascii()).then(|| line.char_indices().map(|(place, _)| place).collect());
        let byte = |character: usize| match &places {
            None => character.min(line.len()),
            Some(places) => places.get(character).copied().unwrap_or(line.len()),
        };
        for (first, after) in self.fields.iter() {
            let (from, to) = (byte(*first), byte(*after));
            let field = line.get(from..to).unwrap_or_default();
            let from = start + from + (field.len() - field.trim_start().len());
            cells.push(from, from + field.trim().len());
        }
        let beyond = line.get(byte(self.total)..).unwrap_or_default();
        if beyond.trim().is_empty() {
            return Ok(());
        }
        Err(ConnectError::Malformed {
            place: Box::new(Place::of(lines.path).line(lines.block.line(start))),
            reason: format!("the line is longer than the {} characters of `widths`", self.total),
            advice: "correct `widths`: one width in characters for each field, also for those that are not read"
                .to_owned(),
        })
    }
}
