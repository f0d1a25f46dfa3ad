//! How a CSV file is written.

use std::sync::Arc;

use super::layout::Layout;
use crate::files::options::FileOptions;
use crate::files::text::{Boundary, Quotes};

/// How a CSV file is written, with its delimiter known.
#[derive(Debug, Clone)]
pub(crate) struct Dialect {
    pub(crate) delimiter: u8,
    /// What ends a line: a line feed (a carriage return before it belongs to it), or a carriage return alone.
    pub(crate) line_end: u8,
    pub(crate) quote: Option<u8>,
    pub(crate) escape: Option<u8>,
    pub(crate) max_field_bytes: usize,
    nulls: Arc<[String]>,
    /// Where fields stand in the line, in place of all that.
    pub(super) layout: Option<Layout>,
}

impl Dialect {
    /// `first_line` decides on the delimiter where the options do not.
    pub(crate) fn new(options: &FileOptions, first_line: &[u8], line_end: u8) -> Self {
        Self {
            line_end,
            delimiter: options.delimiter.unwrap_or_else(|| most_frequent_delimiter(first_line, options.quote)),
            quote: options.quote,
            escape: options.escape,
            max_field_bytes: options.max_field_bytes,
            nulls: options.nulls.clone().into(),
            layout: None,
        }
    }

    /// Whether an unquoted text means NULL.
    pub(crate) fn is_null(&self, text: &str) -> bool {
        self.nulls.iter().any(|null| null == text)
    }

    /// Whether the empty text is the only one that means NULL.
    pub(crate) fn empty_is_null(&self) -> bool {
        matches!(&*self.nulls, [null] if null.is_empty())
    }

    pub(crate) fn boundary(&self) -> Boundary {
        match self.quote.filter(|_| self.layout.is_none()) {
            Some(quote) => Boundary::Quoted(Quotes::new(quote, self.escape, self.delimiter, self.line_end)),
            None => Boundary::Lines,
        }
    }
}

/// The candidate that stands most often outside quotes; of equals the first, and a comma where there is none.
fn most_frequent_delimiter(line: &[u8], quote: Option<u8>) -> u8 {
    const CANDIDATES: [u8; 4] = [b',', b';', b'\t', b'|'];
    let mut counts = [0_usize; CANDIDATES.len()];
    let mut is_quoted = false;
    for byte in line {
        if Some(*byte) == quote {
            is_quoted = !is_quoted;
        } else if let (false, Some(index)) = (is_quoted, CANDIDATES.iter().position(|candidate| candidate == byte)) {
            counts[index] += 1;
        }
    }
    let most = counts.iter().max().copied().unwrap_or(0);
    counts.iter().position(|count| *count == most).map_or(b',', |index| CANDIDATES[index])
}
