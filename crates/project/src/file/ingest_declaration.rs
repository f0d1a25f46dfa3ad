//! `ingest:` of a source table.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::OneOrMany;
use crate::resource::{IngestMode, Overlap, Sweep};
use crate::yaml::{Node, Spanned};

/// How a table comes into the lake. Every other key is an option of the connection's type, checked by its connector;
/// for files: `format`, `compression`, `delimiter`, `header`, `null`, …
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[schemars(title = "`ingest`")]
pub struct IngestDeclaration {
    /// Table, or glob of files, inside the connection. Default: the table's name.
    pub from: Option<Spanned<String>>,
    /// `full` (default): each run replaces everything. `incremental`: each run adds what changed. `capture`: each run brings
    /// what the log of the database says has changed, deletions too.
    pub mode: Option<Spanned<IngestMode>>,
    /// Column that grows with every change of a row.
    pub cursor: Option<Spanned<String>>,
    /// How far before the last position each run begins again: `1 hour`, or a number for number cursors.
    #[schemars(with = "Option<OverlapDeclaration>")]
    pub overlap: Option<Node>,
    /// Columns that identify a row: a row with a known key replaces the older one.
    #[serde(default)]
    pub key: OneOrMany<Spanned<String>>,
    /// Incremental tables: how often the keys are compared with the source's, to find out which rows it has deleted:
    /// `never` (default), `every` run, or a duration such as `1 day`.
    #[schemars(with = "Option<String>")]
    pub sweep: Option<Node>,
}

impl IngestDeclaration {
    /// The keys that are not options of a connector.
    pub const KEYS: [&'static str; 6] = ["from", "mode", "cursor", "overlap", "key", "sweep"];
}

/// Reads `overlap:`: a duration such as `1 hour`, or a number that is not negative.
pub fn parse_overlap(node: &Node) -> Option<Overlap> {
    match node.as_number() {
        Some(number) => number.as_i64().filter(|amount| *amount >= 0).map(Overlap::Amount),
        None => duration(node.as_text()?).map(Overlap::Time),
    }
}

/// Reads `sweep:`: `never`, `every`, or a duration such as `1 day`.
pub fn parse_sweep(node: &Node) -> Option<Sweep> {
    match node.as_text()? {
        "never" => Some(Sweep::Never),
        "every" => Some(Sweep::Every),
        text => duration(text).map(Sweep::After),
    }
}

/// Reads `90 seconds`, `1 hour`, `2d`, `1 day 12 hours`.
fn duration(text: &str) -> Option<Duration> {
    let mut total = Duration::ZERO;
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|character: char| !character.is_ascii_digit())?;
        let count: u64 = rest[..digits].parse().ok()?;
        rest = rest[digits..].trim_start();
        let letters = rest.find(|character: char| !character.is_ascii_alphabetic()).unwrap_or(rest.len());
        let seconds = match rest[..letters].to_ascii_lowercase().as_str() {
            "s" | "sec" | "second" | "seconds" => 1,
            "m" | "min" | "minute" | "minutes" => 60,
            "h" | "hour" | "hours" => 3600,
            "d" | "day" | "days" => 86_400,
            "w" | "week" | "weeks" => 604_800,
            _ => return None,
        };
        total = total.checked_add(Duration::from_secs(count.checked_mul(seconds)?))?;
        rest = rest[letters..].trim_start_matches([' ', ',']);
    }
    Some(total)
}

/// Either way of writing an overlap.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
#[schemars(untagged)]
enum OverlapDeclaration {
    /// A number of the cursor's unit.
    Amount(u64),
    /// A duration.
    Time(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, seconds) in
            [("1 hour", 3600), ("90s", 90), ("2 Days", 172_800), ("1 day 12 hours", 129_600), ("0 h", 0)]
        {
            assert_eq!(duration(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "hour", "1", "1 fortnight", "-1 hour", "1.5 hours", "99999999999999999999 s"] {
            assert_eq!(duration(text), None, "{text}");
        }
    }
}
