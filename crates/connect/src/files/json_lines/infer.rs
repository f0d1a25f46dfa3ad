//! Which columns a block has and what they hold.

use std::collections::HashMap;

use super::flat::Nested;
use super::object::{Kind, unescape};
use super::rows;
use crate::files::text::{Block, too_large};
use crate::value::{Evidence, Kinds};
use crate::{ConnectError, Place};

/// More keys than a table has columns: an object whose keys are values.
const MAX_KEYS: usize = 2_000;

/// The columns of some lines, in the order of their first appearance.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    names: Vec<String>,
    evidence: Vec<Evidence>,
    /// Of how many keys each name is made.
    keys: Vec<usize>,
    /// In how many rows each column is there and not NULL.
    values: Vec<u64>,
    pub(crate) rows: u64,
    places: HashMap<String, usize>,
}

impl Seen {
    fn place(&mut self, name: &str, keys: usize) -> usize {
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        let place = self.names.len();
        self.places.insert(name.to_owned(), place);
        self.names.push(name.to_owned());
        self.evidence.push(Evidence::default());
        self.keys.push(keys);
        self.values.push(0);
        place
    }

    /// Each column's name, evidence and number of values.
    pub(crate) fn into_columns(self) -> impl Iterator<Item = (String, Evidence, u64)> {
        self.names
            .into_iter()
            .zip(self.evidence)
            .zip(self.values)
            .map(|((name, evidence), values)| (name, evidence, values))
    }

    /// With what was seen after it.
    pub(crate) fn merge(&mut self, path: &str, other: &Self) -> Result<(), ConnectError> {
        for (index, name) in other.names.iter().enumerate() {
            let place = self.place(name, other.keys[index]);
            if self.keys[place] != other.keys[index] {
                return Err(clashing(path, self.rows, place));
            }
            self.evidence[place].merge(&other.evidence[index]);
            self.values[place] += other.values[index];
        }
        self.rows += other.rows;
        if self.names.len() > MAX_KEYS { Err(too_many_keys(path, self.rows)) } else { Ok(()) }
    }
}

/// What the rows of a block have.
pub(crate) fn infer(path: &str, block: &Block, nested: Nested, max_line_bytes: usize) -> Result<Seen, ConnectError> {
    let text = block.text(path)?;
    let mut seen = Seen::default();
    // Lines mostly have the same keys in the same order: guess before looking up.
    let mut order: Vec<usize> = Vec::new();
    let mut clash = None;
    for (start, end) in rows(block, text) {
        if end - start > max_line_bytes {
            return Err(too_large(Place::of(path).line(block.line(start)), "line", max_line_bytes));
        }
        let mut index = 0;
        nested
            .columns(text, start, end, |key, keys, member| {
                let guess = order.get(index).copied().filter(|place| seen.names[*place] == *key);
                let place = guess.unwrap_or_else(|| {
                    let place = seen.place(&key, keys);
                    order.truncate(index);
                    order.push(place);
                    place
                });
                index += 1;
                if seen.keys[place] != keys {
                    clash.get_or_insert(place);
                }
                if member.kind == Kind::Null {
                    return;
                }
                seen.values[place] += 1;
                let raw = text.get(member.start..member.end).unwrap_or_default();
                let evidence = &mut seen.evidence[place];
                match member.kind {
                    Kind::Null => {}
                    Kind::Number => evidence.see(raw.as_bytes()),
                    Kind::Boolean => evidence.add(Kinds::BOOLEAN),
                    Kind::String => evidence.see_time(raw.as_bytes()),
                    Kind::Escaped => evidence.see_time(unescape(raw).unwrap_or_default().as_bytes()),
                    Kind::Nested => evidence.add(Kinds::TEXT),
                }
            })
            .map_err(|problem| problem.error(path, block))?;
        seen.rows += 1;
        if let Some(place) = clash {
            return Err(clashing(path, block.line(start), place));
        }
        if seen.names.len() > MAX_KEYS {
            return Err(too_many_keys(path, block.line(start)));
        }
    }
    Ok(seen)
}

fn clashing(path: &str, line: u64, place: usize) -> ConnectError {
    ConnectError::Malformed {
        place: Box::new(Place::of(path).line(line)),
        reason: format!(
            "up to here, column {} in the order of their first appearance is a key with a dot in it as well as a key within another",
            place + 1
        ),
        advice: "have one of them renamed, or keep what is nested as JSON (`nested: json`)".to_owned(),
    }
}

fn too_many_keys(path: &str, line: u64) -> ConnectError {
    ConnectError::Malformed {
        place: Box::new(Place::of(path).line(line)),
        reason: format!("up to here there are more than {MAX_KEYS} different keys, too many for columns"),
        advice: "write what has values for keys as a nested object: it is kept as one column of JSON".to_owned(),
    }
}

/// The places of all lines that are not blank.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = (usize, usize)> {
    let mut start = 0;
    std::iter::from_fn(move || {
        while start < text.len() {
            let rest = &text.as_bytes()[start..];
            let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            let line = (start, start + length);
            start += length + 1;
            if !rest[..length].iter().all(u8::is_ascii_whitespace) {
                return Some(line);
            }
        }
        None
    })
}
