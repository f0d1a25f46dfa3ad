//! The keys and values of one line.

use std::borrow::Cow;

use serde::de::IgnoredAny;

use crate::ConnectError;
use crate::files::text::Block;

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Null,
    Boolean,
    Number,
    /// A string; the span is what stands between the quotes.
    String,
    /// A string with escapes; the span includes the quotes.
    Escaped,
    /// An object or list.
    Nested,
}

/// A value of an object: its kind and its place in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) kind: Kind,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// What is wrong with a line, and where in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) offset: usize,
    pub(crate) reason: &'static str,
}

impl Problem {
    pub(crate) fn error(self, path: &str, block: &Block) -> ConnectError {
        let is_list = self.reason == NOT_AN_OBJECT && block.data.get(self.offset) == Some(&b'[');
        let advice = if is_list {
            "if the file is a list of objects, and not one per line, set `format: json`"
        } else {
            "correct the line in what writes the file"
        };
        ConnectError::Malformed {
            place: Box::new(block.place(path, self.offset)),
            reason: format!("not a line of JSON: {}", self.reason),
            advice: advice.to_owned(),
        }
    }
}

const NOT_AN_OBJECT: &str = "expected an object";

/// Goes through the members of the object in `text[start..end]` and calls `member` with each key and value.
pub(crate) fn members<'a>(
    text: &'a str,
    start: usize,
    end: usize,
    mut member: impl FnMut(Cow<'a, str>, Member),
) -> Result<(), Problem> {
    let mut cursor = Cursor { bytes: &text.as_bytes()[..end], text, position: start };
    cursor.object(|cursor, key| {
        let value = cursor.value()?;
        member(key, value);
        Ok(())
    })?;
    cursor.blanks();
    if cursor.position < end { Err(cursor.problem("something follows the object")) } else { Ok(()) }
}

/// The same for an object around another one, which is the value of its key `inner`: its members go to `within`, those of the
/// object around it to `member`. Each byte is looked at once. Tells whether there is such an object within.
pub(crate) fn members_within<'a>(
    text: &'a str,
    (start, end): (usize, usize),
    inner: &str,
    mut within: impl FnMut(Cow<'a, str>, Member),
    mut member: impl FnMut(Cow<'a, str>, Member),
) -> Result<bool, Problem> {
    let mut cursor = Cursor { bytes: &text.as_bytes()[..end], text, position: start };
    let mut is_there = false;
    cursor.object(|cursor, key| {
        if key == inner && cursor.peek() == Some(b'{') {
            is_there = true;
            return cursor.object(|cursor, key| {
                let value = cursor.value()?;
                within(key, value);
                Ok(())
            });
        }
        let value = cursor.value()?;
        member(key, value);
        Ok(())
    })?;
    cursor.blanks();
    if cursor.position < end { Err(cursor.problem("something follows the object")) } else { Ok(is_there) }
}

/// How many bytes there are before the first that may mean something within a string: a quote, a backslash or a control
/// character. Looks at eight bytes at a time ("Bit Twiddling Hacks": determine if a word has a byte less than n) and leaves the
/// last few to the caller.
fn plain_length(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES * 0x80;
    let mut length = 0;
    for word in bytes.chunks_exact(8) {
        let word = u64::from_le_bytes(word.try_into().unwrap_or_default());
        let (quote, backslash) = (word ^ (ONES * u64::from(b'"')), word ^ (ONES * u64::from(b'\\')));
        // A byte that is found sets its highest bit; a borrow may set it in bytes behind that one, never before it.
        let control = word.wrapping_sub(ONES * 0x20) & !word;
        let found =
            (control | (quote.wrapping_sub(ONES) & !quote) | (backslash.wrapping_sub(ONES) & !backslash)) & HIGH;
        if found != 0 {
            return length + found.trailing_zeros() as usize / 8;
        }
        length += 8;
    }
    length
}

/// A string with escapes, its quotes included, as text.
pub(crate) fn unescape(quoted: &str) -> Option<String> {
    serde_json::from_str(quoted).ok()
}

struct Cursor<'a> {
    bytes: &'a [u8],
    text: &'a str,
    position: usize,
}

impl<'a> Cursor<'a> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.position).copied()
    }

    fn problem(&self, reason: &'static str) -> Problem {
        Problem { offset: self.position, reason }
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.position += 1;
        }
    }

    fn expect(&mut self, byte: u8, reason: &'static str) -> Result<(), Problem> {
        if self.peek() == Some(byte) {
            self.position += 1;
            return Ok(());
        }
        Err(self.problem(reason))
    }

    /// Goes through the object that begins here; `value` is called where each value begins, with its key.
    fn object(&mut self, mut value: impl FnMut(&mut Self, Cow<'a, str>) -> Result<(), Problem>) -> Result<(), Problem> {
        self.blanks();
        self.expect(b'{', NOT_AN_OBJECT)?;
        self.blanks();
        if self.peek() == Some(b'}') {
            self.position += 1;
            return Ok(());
        }
        loop {
            self.blanks();
            let key = self.string()?;
            let key = self.unescape(key)?;
            self.blanks();
            self.expect(b':', "expected `:` after a key")?;
            self.blanks();
            value(self, key)?;
            self.blanks();
            match self.peek() {
                Some(b',') => self.position += 1,
                Some(b'}') => {
                    self.position += 1;
                    return Ok(());
                }
                _ => return Err(self.problem("expected `,` or `}` after a value")),
            }
        }
    }

    fn unescape(&self, key: Member) -> Result<Cow<'a, str>, Problem> {
        let raw = self.text.get(key.start..key.end).unwrap_or_default();
        if key.kind == Kind::String {
            return Ok(Cow::Borrowed(raw));
        }
        unescape(raw).map(Cow::Owned).ok_or(Problem { offset: key.start, reason: "a string has an invalid escape" })
    }

    fn value(&mut self) -> Result<Member, Problem> {
        match self.peek() {
            Some(b'"') => {
                let string = self.string()?;
                // Escapes are looked at here, so that every later step can rely on them.
                let _ = if string.kind == Kind::Escaped { Some(self.unescape(string)?) } else { None };
                Ok(string)
            }
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b'{' | b'[') => self.nested(),
            Some(b't') => self.word("true", Kind::Boolean),
            Some(b'f') => self.word("false", Kind::Boolean),
            Some(b'n') => self.word("null", Kind::Null),
            _ => Err(self.problem("expected a value")),
        }
    }

    fn word(&mut self, word: &'static str, kind: Kind) -> Result<Member, Problem> {
        let start = self.position;
        let end = start + word.len();
        if self.bytes.get(start..end) != Some(word.as_bytes()) {
            return Err(self.problem("expected a value"));
        }
        self.position = end;
        Ok(Member { kind, start, end })
    }

    fn string(&mut self) -> Result<Member, Problem> {
        let open = self.position;
        self.expect(b'"', "expected a string in double quotes")?;
        let mut is_escaped = false;
        loop {
            self.position += plain_length(&self.bytes[self.position.min(self.bytes.len())..]);
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    is_escaped = true;
                    self.position += 2;
                }
                Some(0..=0x1F) => return Err(self.problem("a string contains a control character")),
                Some(_) => self.position += 1,
                None => return Err(Problem { offset: open, reason: "the string that begins here is not closed" }),
            }
        }
        let close = self.position;
        self.position += 1;
        Ok(if is_escaped {
            Member { kind: Kind::Escaped, start: open, end: close + 1 }
        } else {
            Member { kind: Kind::String, start: open + 1, end: close }
        })
    }

    /// As in RFC 8259: no leading zeros, no bare point.
    fn number(&mut self) -> Result<Member, Problem> {
        let start = self.position;
        if self.peek() == Some(b'-') {
            self.position += 1;
        }
        let whole = self.digits();
        let mut is_valid = whole == 1 || (whole > 1 && self.bytes[self.position - whole] != b'0');
        if self.peek() == Some(b'.') {
            self.position += 1;
            is_valid &= self.digits() > 0;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.position += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.position += 1;
            }
            is_valid &= self.digits() > 0;
        }
        if is_valid {
            return Ok(Member { kind: Kind::Number, start, end: self.position });
        }
        Err(Problem { offset: start, reason: "a number is not written as JSON writes it" })
    }

    fn digits(&mut self) -> usize {
        let start = self.position;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.position += 1;
        }
        self.position - start
    }

    /// Finds the end by brackets outside strings, then has the whole checked.
    fn nested(&mut self) -> Result<Member, Problem> {
        let start = self.position;
        let mut depth = 0_usize;
        loop {
            match self.peek() {
                Some(b'"') => {
                    let _ = self.string()?;
                    continue;
                }
                Some(b'{' | b'[') => depth += 1,
                Some(b'}' | b']') => depth -= 1,
                Some(_) => {}
                None => return Err(Problem { offset: start, reason: "the value that begins here is not closed" }),
            }
            self.position += 1;
            if depth == 0 {
                break;
            }
        }
        let end = self.position;
        let text = self.text.get(start..end).unwrap_or_default();
        if serde_json::from_str::<IgnoredAny>(text).is_err() {
            return Err(Problem { offset: start, reason: "the nested value that begins here is broken or too deep" });
        }
        Ok(Member { kind: Kind::Nested, start, end })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<Vec<(String, Kind, String)>, Problem> {
        let mut found = Vec::new();
        members(text, 0, text.len(), |key, member| {
            found.push((key.into_owned(), member.kind, text[member.start..member.end].to_owned()));
        })?;
        Ok(found)
    }

    #[test]
    fn members_of_an_object() {
        let text = r#" {"a": 1, "b\n":"x","c":{"d":["}",2]},"e":null, "f" : true , "g":"q\"uote"} "#;
        let found = read(text).unwrap();
        let expected = [
            ("a", Kind::Number, "1"),
            ("b\n", Kind::String, "x"),
            ("c", Kind::Nested, r#"{"d":["}",2]}"#),
            ("e", Kind::Null, "null"),
            ("f", Kind::Boolean, "true"),
            ("g", Kind::Escaped, r#""q\"uote""#),
        ];
        let found: Vec<_> = found.iter().map(|(key, kind, text)| (key.as_str(), *kind, text.as_str())).collect();
        assert_eq!(found, expected);
        assert_eq!(read("{}").unwrap(), []);
    }

    #[test]
    fn strings_of_any_length_end_at_their_quote() {
        for length in 0..40 {
            for at in 0..=length {
                let (before, behind) = ("ä".repeat(at), "z".repeat(length - at));
                let whole = format!("{{\"k\":\"{before}{behind}\",\"l\":1}}");
                assert_eq!(read(&whole).unwrap()[0].2, format!("{before}{behind}"));
                let escaped = format!("{{\"k\":\"{before}\\\"{behind}\"}}");
                assert_eq!(read(&escaped).unwrap()[0].2, format!("\"{before}\\\"{behind}\""));
                for wrong in ['\u{0}', '\u{9}', '\u{1f}'] {
                    let control = format!("{{\"k\":\"{before}{wrong}{behind}\"}}");
                    let problem = read(&control).unwrap_err();
                    assert_eq!(
                        (problem.offset, problem.reason),
                        (6 + before.len(), "a string contains a control character")
                    );
                }
                assert_eq!(read(&format!("{{\"k\":\"{before} \u{7f}!#[]{behind}\"}}")).unwrap().len(), 1);
            }
        }
    }

    #[test]
    fn broken_lines_are_refused() {
        for text in [
            "",
            "[]",
            "1",
            "{",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{\"a\":1",
            "{\"a\":1}x",
            "{\"a\":01}",
            "{\"a\":1.}",
            "{\"a\":.5}",
            "{\"a\":\"x}",
            "{\"a\":\"\\q\"}",
            "{\"a\":\"\\ud800\"}",
            "{a:1}",
            "{\"a\":tru}",
            "{\"a\":[1,]}",
            "{\"a\":[}",
            "{\"a\":\"\u{1}\"}",
            "{\"a\":\"\\",
            "{\"a\":NaN}",
            "{'a':1}",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        /// What serde_json takes for an object is one here, and the other way round.
        #[test]
        fn agrees_with_serde_json(text in r#"\{?("[ab\\"n]{0,3}" ?: ?(1|-0\.5|1e3|"x"|"\\u0041"|null|true|\[1,\{\}\]|\{"k":\[\]\}|,|\})[,}]?){0,3}\}?"#) {
            let known: Result<std::collections::HashMap<String, serde_json::Value>, _> = serde_json::from_str(&text);
            prop_assert_eq!(read(&text).is_ok(), known.is_ok(), "{}", text);
        }

        #[test]
        fn never_panics(text: String) {
            let _ = read(&text);
            let _ = read(&format!("{{\"{text}\":\"{text}\"}}"));
        }
    }
}
