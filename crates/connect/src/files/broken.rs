//! Records of text files that no row can be made of, taken out of a block before it is read.
//!
//! The line ends of such a record stay, so that lines count as before; what is left is blank, and blank lines are no rows.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::csv;
use super::json_lines::{self, Nested};
use super::text::{Block, newlines};
use crate::{ConnectError, Place, RejectedRecord};

/// Where the threads that parse put records, block by block.
#[derive(Clone, Default)]
pub(crate) struct Rejected {
    blocks: Arc<Mutex<BTreeMap<u64, Vec<RejectedRecord>>>>,
    numbers: Arc<AtomicU64>,
}

impl Rejected {
    /// The number of the next block. Blocks get theirs in their order.
    pub(crate) fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    /// Takes the records of a block. A batch without rows tells whoever listens.
    pub(crate) fn add(&self, number: u64, records: Vec<RejectedRecord>) {
        self.blocks.lock().unwrap_or_else(PoisonError::into_inner).insert(number, records);
    }

    /// Those of the first block that were not taken yet.
    pub(crate) fn take(&self) -> Vec<RejectedRecord> {
        let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        blocks.pop_first().map(|(_, records)| records).unwrap_or_default()
    }
}

/// A block of JSON lines without those that are no objects. Parts of a document stay as they are.
pub(crate) fn of_json_lines(path: &str, block: Block, nested: Nested) -> (Block, Vec<RejectedRecord>) {
    if block.rows.is_some() {
        return (block, Vec::new());
    }
    let mut found = Vec::new();
    let mut start = 0;
    for line in block.data.split_inclusive(|byte| *byte == b'\n') {
        let range = start..start + line.len();
        start = range.end;
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let problem = match std::str::from_utf8(line) {
            Err(_) => Some(NOT_TEXT.to_owned()),
            Ok(text) => json_lines::problem(path, text, nested).map(reason),
        };
        found.extend(problem.map(|why| (range, why)));
    }
    taken_out(path, block, found)
}

/// A block of CSV, or of lines of fixed width, from `start` on without records that are not like the header. Files of one column
/// have no such.
pub(crate) fn of_csv(path: &str, block: Block, start: usize, header: &csv::Header) -> (Block, Vec<RejectedRecord>) {
    if header.names.len() < 2 {
        return (block, Vec::new());
    }
    let (readable, no_text) = readable(&block);
    let mut found = Vec::new();
    for (range, problem) in csv::records(path, &readable, start, header) {
        let is_text = !no_text.iter().any(|place| range.contains(place));
        let why = if is_text { problem } else { Some(NOT_TEXT.to_owned()) };
        found.extend(why.map(|why| (range, why)));
    }
    taken_out(path, block, found)
}

/// The same block with something else where bytes are no text, so that records can be told apart all the same; and where those
/// bytes are.
pub(crate) fn readable(block: &Block) -> (Block, Vec<usize>) {
    let mut data = block.data.clone();
    let mut no_text = Vec::new();
    while let Err(error) = std::str::from_utf8(&data) {
        let from = error.valid_up_to();
        let to = error.error_len().map_or(data.len(), |length| from + length);
        data[from..to].fill(b'?');
        no_text.push(from);
    }
    (Block { data, first_line: block.first_line, line_end: block.line_end, rows: None }, no_text)
}

const NOT_TEXT: &str = "some of its bytes are no text in the file's encoding";

/// What is wrong, without where.
pub(crate) fn reason(error: ConnectError) -> String {
    match error {
        ConnectError::Malformed { reason, .. } => reason,
        other => other.to_string(),
    }
}

fn taken_out(path: &str, mut block: Block, found: Vec<(Range<usize>, String)>) -> (Block, Vec<RejectedRecord>) {
    if found.is_empty() {
        return (block, Vec::new());
    }
    let mut kept = Vec::with_capacity(block.data.len());
    let mut records = Vec::with_capacity(found.len());
    let mut end = 0;
    // Lines are counted on from one record to the next: in a block there may be nothing but such.
    let (mut line, mut counted) = (block.first_line, 0);
    for (range, reason) in found {
        let record = &block.data[range.clone()];
        line += newlines(&block.data[counted..range.start], block.line_end);
        counted = range.start;
        records.push(RejectedRecord {
            place: Place::of(path).line(line).to_string().replace('`', ""),
            rule: RejectedRecord::BROKEN,
            reason,
            record: record.trim_ascii_end().to_vec(),
        });
        kept.extend_from_slice(&block.data[end..range.start]);
        kept.extend(record.iter().filter(|byte| **byte == block.line_end));
        end = range.end;
    }
    kept.extend_from_slice(&block.data[end..]);
    block.data = kept;
    (block, records)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_count_as_before() {
        let text = b"{\"a\":1}\n{\"a\":\n\n{\"a\":2}\n\xFF\n{\"a\":3}".to_vec();
        let block = Block { data: text, first_line: 5, line_end: b'\n', rows: None };
        let (clean, records) = of_json_lines("t.jsonl", block, Nested::Json);
        assert_eq!(clean.data, b"{\"a\":1}\n\n\n{\"a\":2}\n\n{\"a\":3}");
        let told: Vec<&str> = records.iter().map(|record| record.place.as_str()).collect();
        assert_eq!(told, ["t.jsonl, line 6", "t.jsonl, line 9"]);
        assert_eq!(records[1].record, b"\xFF");
    }
}
