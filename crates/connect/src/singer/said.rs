//! What a tap writes beside its data, on its error stream: shown to whoever looks after it, without secrets and without what
//! looks like values of rows.
//!
//! Nobody knows what a tap writes there; some show the row that they stumbled on. So of each line only its words are kept: what
//! stands in quotes, brackets or braces or behind `=`, addresses and longer numbers are left out, unless it is a name that the
//! catalog has.

use std::collections::{HashSet, VecDeque};
use std::io::{BufRead, BufReader, Read};
use std::sync::{Arc, Mutex};

use crate::SaidLine;

/// Lines that the error of a tap's end quotes.
const LAST_LINES: usize = 12;
/// No more of a line is read at once, in bytes: what is longer counts as several.
const LONGEST_READ: u64 = 1 << 20;
/// A line is cut here.
const LONGEST: usize = 400;

/// What may be shown and what must not.
#[derive(Default)]
pub(crate) struct Scrub {
    /// Texts of the config that are secret: everything but names and switches.
    pub(crate) secrets: Vec<String>,
    /// Names of streams and columns.
    pub(crate) names: HashSet<String>,
}

/// The last lines that a tap wrote.
#[derive(Clone, Default)]
pub(crate) struct LastLines(Arc<Mutex<VecDeque<String>>>);

impl LastLines {
    fn add(&self, line: &str) {
        if let Ok(mut lines) = self.0.lock() {
            lines.push_back(line.to_owned());
            if lines.len() > LAST_LINES {
                lines.pop_front();
            }
        }
    }

    /// In one text, one below the other.
    pub(crate) fn text(&self) -> String {
        let lines = self.0.lock().map(|lines| lines.iter().cloned().collect::<Vec<_>>()).unwrap_or_default();
        lines.join("\n  ")
    }
}

/// Reads to the end, giving each line to `say`.
pub(crate) fn listen(stderr: impl Read, scrub: &Scrub, last: &LastLines, mut say: impl FnMut(SaidLine)) {
    let mut lines = BufReader::new(stderr);
    let mut line = Vec::new();
    loop {
        line.clear();
        match (&mut lines).take(LONGEST_READ).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let text = String::from_utf8_lossy(&line);
        if text.trim().is_empty() {
            continue;
        }
        let text = scrub.line(text.trim_end());
        last.add(&text);
        let is_warning = ["ERROR", "CRITICAL", "FATAL", "WARN", "Traceback", "Error:", "Exception"];
        let is_warning = is_warning.iter().any(|word| text.contains(word));
        say(SaidLine { text, is_warning });
    }
}

impl Scrub {
    /// A line without what must not be shown.
    pub(crate) fn line(&self, line: &str) -> String {
        let mut line = line.to_owned();
        for secret in &self.secrets {
            line = line.replace(secret.as_str(), "…");
        }
        let mut out = String::with_capacity(line.len());
        let mut rest = line.as_str();
        while let Some(first) = rest.chars().next() {
            let taken = match first {
                '"' | '\'' | '`' => self.quoted(rest, first, &mut out),
                '{' => bracketed(rest, '{', '}', &mut out),
                '[' => bracketed(rest, '[', ']', &mut out),
                '(' => bracketed(rest, '(', ')', &mut out),
                _ => self.word(rest, &mut out),
            };
            rest = &rest[taken..];
        }
        if out.chars().count() > LONGEST {
            out = out.chars().take(LONGEST).chain(['…']).collect();
        }
        out
    }

    /// Takes what stands in quotes. An apostrophe within a word is none.
    fn quoted(&self, rest: &str, quote: char, out: &mut String) -> usize {
        let is_apostrophe = quote == '\'' && out.ends_with(char::is_alphanumeric);
        let end = rest[1..].find(quote).map(|end| end + 1).filter(|_| !is_apostrophe);
        let Some(end) = end else {
            out.push(quote);
            return 1;
        };
        let inside = &rest[1..end];
        out.push(quote);
        out.push_str(if self.names.contains(inside) { inside } else { "…" });
        out.push(quote);
        end + 1
    }

    /// Takes a word, and blanks before it.
    fn word(&self, rest: &str, out: &mut String) -> usize {
        let blanks = rest.len() - rest.trim_start().len();
        out.push_str(&rest[..blanks]);
        let word = &rest[blanks..];
        let length = word.find(|letter: char| letter.is_whitespace() || "\"'`{[(".contains(letter));
        let length = length.unwrap_or(word.len());
        let word = &word[..length];
        let digits = longest_number(word);
        let is_time = word.contains(':') || word.matches('-').count() == 2;
        let is_value = word.contains('@') || (digits > 4 && !is_time) || digits > 6;
        match word.split_once('=').filter(|(_, value)| !value.is_empty()) {
            _ if is_value && !self.names.contains(word) => out.push('…'),
            Some((name, value)) if !self.names.contains(value) => {
                out.push_str(name);
                out.push_str("=…");
            }
            _ => out.push_str(word),
        }
        blanks + length
    }
}

/// Takes what stands in brackets, with what is nested in it. Short plain words such as `[INFO]` and numbers of lines stay.
fn bracketed(rest: &str, open: char, close: char, out: &mut String) -> usize {
    let mut depth = 0_usize;
    let end = rest.char_indices().find_map(|(at, letter)| {
        if letter == open {
            depth += 1;
        } else if letter == close {
            depth -= 1;
        }
        (depth == 0).then_some(at)
    });
    // What is not closed goes to the end of the line.
    let (inside, taken) = end.map_or((&rest[1..], rest.len()), |end| (&rest[1..end], end + 1));
    let is_plain = inside.len() <= 12 && inside.chars().all(|letter| letter.is_ascii_uppercase());
    out.push(open);
    out.push_str(if is_plain { inside } else { "…" });
    out.push(close);
    taken
}

/// How many digits stand in a row at most.
fn longest_number(word: &str) -> usize {
    word.split(|letter: char| !letter.is_ascii_digit()).map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &str) -> String {
        let names = ["users", "email"].map(str::to_owned).into_iter().collect();
        Scrub { secrets: vec!["hunter2".to_owned()], names }.line(line)
    }

    #[test]
    fn words_are_shown_and_values_are_not() {
        for (line, expected) in [
            ("INFO Syncing stream: users", "INFO Syncing stream: users"),
            ("KeyError: 'email'", "KeyError: 'email'"),
            ("KeyError: 'kanarina vogelsang'", "KeyError: '…'"),
            ("bad row {'email': 'a@b.example', 'x': {'y': 1}} here", "bad row {…} here"),
            ("login with hunter2 failed for jo@mail.example", "login with … failed for …"),
            ("card 4929123456781234, order 17", "card … order 17"),
            ("2026-01-02 03:04:05,123 [INFO] it doesn't matter", "2026-01-02 03:04:05,123 [INFO] it doesn't matter"),
            ("  File \"/usr/lib/tap.py\", line 12, in main", "  File \"…\", line 12, in main"),
            ("{broken", "{…}"),
            ("Key (email)=(kanarina) exists, name=kanarina, stream=users", "Key (…)=(…) exists, name=… stream=users"),
            ("in main() at call(3)", "in main() at call(…)"),
            ("grün [ä", "grün […]"),
        ] {
            assert_eq!(shown(line), expected, "{line}");
        }
        assert!(shown(&"word ".repeat(1_000)).chars().count() <= LONGEST + 1);
    }
}
