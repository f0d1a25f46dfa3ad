//! Where the rows of a JSON document end: the objects of a list, or one object after the other.
//!
//! The list may be the document itself, or what stands behind some keys (`data.items`); what stands before and after it is
//! skipped. Only brackets, strings and commas between rows are looked at here: what is in a row is checked when it is parsed.

use memchr::memchr2;

/// Looks for the rows of a document in a buffer that grows at its end and loses what was given at its start.
pub(crate) struct Elements {
    /// The keys that lead to the rows.
    path: Vec<String>,
    state: State,
    /// Up to where the buffer has been looked at.
    position: usize,
    /// Where the row begins that is open.
    start: usize,
    depth: usize,
    is_string: bool,
    /// The rows that are complete.
    rows: Vec<(usize, usize)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Begin,
    /// In an object, so many names of the path deep, before a key.
    Key(usize),
    /// In the value of a key that does not lead to the rows.
    Skipped(usize),
    /// Before the value to which so many names of the path lead.
    Value(usize),
    /// In the list, before a row; whether there may be none.
    Item(bool),
    /// In the list, after a row.
    After,
    /// Between objects that follow each other.
    Between,
    /// In a row, and what comes after it.
    Row(Next),
    /// After the rows; what comes is not looked at if there was a path.
    Rest,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    After,
    Between,
    Rest,
}

/// What is wrong with a document, and where in the buffer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Broken {
    pub(crate) offset: usize,
    pub(crate) reason: String,
}

impl Elements {
    pub(crate) fn new(path: Vec<String>) -> Self {
        let rows = Vec::new();
        Self { path, state: State::Begin, position: 0, start: 0, depth: 0, is_string: false, rows }
    }

    /// Looks at what is new in `buffer`. Gives up to where it need not be kept.
    pub(crate) fn scan(&mut self, buffer: &[u8]) -> Result<Option<usize>, Broken> {
        loop {
            match self.state {
                State::Row(next) => {
                    let Some(end) = self.value_end(buffer) else { break };
                    self.rows.push((self.start, end));
                    self.state = match next {
                        Next::After => State::After,
                        Next::Between => State::Between,
                        Next::Rest => State::Rest,
                    };
                    continue;
                }
                State::Skipped(level) => {
                    if self.value_end(buffer).is_none() {
                        break;
                    }
                    self.state = State::Key(level);
                    continue;
                }
                State::Rest if !self.path.is_empty() => {
                    self.position = buffer.len();
                    break;
                }
                _ => {}
            }
            let blanks = buffer.get(self.position..).unwrap_or_default().iter();
            self.position += blanks.take_while(|byte| byte.is_ascii_whitespace()).count();
            let Some(byte) = buffer.get(self.position) else { break };
            if !self.step(*byte, buffer)? {
                break;
            }
        }
        let kept = if matches!(self.state, State::Row(_)) { self.start } else { self.position };
        // A character is not to be cut.
        let text = &buffer[..kept.min(buffer.len())];
        let cut = text.iter().rposition(u8::is_ascii).map_or(0, |index| index + 1);
        Ok((cut > 0).then_some(cut))
    }

    /// Goes on over the byte at the position, which is no blank. `false`: more must be known first.
    fn step(&mut self, byte: u8, buffer: &[u8]) -> Result<bool, Broken> {
        let is_whole = self.path.is_empty();
        match (self.state, byte) {
            (State::Begin, b'[') if is_whole => self.enter(State::Item(true)),
            (State::Begin | State::Between, b'{') if is_whole => self.begin_row(Next::Between),
            (State::Begin, b'{') => self.enter(State::Key(0)),
            (State::Begin, _) => return Err(self.broken("expected a list of objects, or an object")),
            (State::Between, _) => return Err(self.broken("expected an object")),
            (State::Key(level), b'"') => return self.key(level, buffer),
            (State::Key(_), b',') => self.position += 1,
            (State::Key(_), b'}') => return Err(self.broken(&format!("there is no `{}`", self.path.join(".")))),
            (State::Key(_), _) => return Err(self.broken("expected a key")),
            (State::Value(level), b'{') if level < self.path.len() => self.enter(State::Key(level)),
            (State::Value(level), _) if level < self.path.len() => {
                return Err(self.broken(&format!("`{}` is no object", self.path[..level].join("."))));
            }
            (State::Value(_), b'[') => self.enter(State::Item(true)),
            (State::Value(_), b'{') => self.begin_row(Next::Rest),
            (State::Value(_), b'n') => self.state = State::Rest,
            (State::Value(_), _) => {
                return Err(self.broken(&format!("`{}` is no list of objects", self.path.join("."))));
            }
            (State::Item(_) | State::After, b']') if self.state != State::Item(false) => self.enter(State::Rest),
            (State::Item(_), b'{') => self.begin_row(Next::After),
            (State::Item(_), _) => return Err(self.broken("expected an object: each element of the list is a row")),
            (State::After, b',') => self.enter(State::Item(false)),
            (State::After, _) => return Err(self.broken("expected `,` or `]` after an element of the list")),
            (State::Rest, _) => return Err(self.broken("something follows the list")),
            (State::Row(_) | State::Skipped(_), _) => {}
        }
        Ok(true)
    }

    fn enter(&mut self, state: State) {
        self.position += 1;
        self.state = state;
    }

    fn begin_row(&mut self, next: Next) {
        (self.start, self.depth, self.is_string) = (self.position, 0, false);
        self.state = State::Row(next);
    }

    /// A key and its colon, if both are there.
    fn key(&mut self, level: usize, buffer: &[u8]) -> Result<bool, Broken> {
        let open = self.position;
        let mut close = open + 1;
        loop {
            match memchr2(b'"', b'\\', buffer.get(close..).unwrap_or_default()).map(|index| close + index) {
                None => return Ok(false),
                Some(index) if buffer[index] == b'"' => {
                    close = index;
                    break;
                }
                Some(index) => close = index + 2,
            }
        }
        let blanks = buffer[close + 1..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let Some(colon) = buffer.get(close + 1 + blanks) else { return Ok(false) };
        if *colon != b':' {
            return Err(self.broken("expected `:` after a key"));
        }
        let key: Option<String> = serde_json::from_slice(&buffer[open..=close]).ok();
        self.position = close + blanks + 2;
        if key.as_ref() == self.path.get(level) {
            self.state = State::Value(level + 1);
        } else {
            (self.depth, self.is_string) = (0, false);
            self.state = State::Skipped(level);
        }
        Ok(true)
    }

    /// Where the value ends in which the position is; `None` when it goes on behind the buffer.
    fn value_end(&mut self, buffer: &[u8]) -> Option<usize> {
        while let Some(byte) = buffer.get(self.position) {
            if self.is_string {
                let rest = &buffer[self.position..];
                let Some(index) = memchr2(b'"', b'\\', rest) else {
                    self.position = buffer.len();
                    return None;
                };
                self.is_string = rest[index] != b'"';
                self.position += index + if self.is_string { 2 } else { 1 };
                if !self.is_string && self.depth == 0 {
                    return Some(self.position);
                }
                continue;
            }
            match byte {
                b'"' => self.is_string = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' if self.depth > 1 => self.depth -= 1,
                b'}' | b']' if self.depth == 1 => {
                    self.depth = 0;
                    self.position += 1;
                    return Some(self.position);
                }
                // What ends a number or a word.
                b'}' | b']' | b',' if self.depth == 0 => return Some(self.position),
                _ => {}
            }
            self.position += 1;
        }
        None
    }

    /// What is wrong with the document if nothing follows.
    pub(crate) fn finish(&self) -> Result<(), Broken> {
        let is_open = matches!(self.state, State::Row(_));
        match self.state {
            State::Begin if self.path.is_empty() => Ok(()),
            State::Between | State::Rest => Ok(()),
            _ => Err(Broken {
                offset: if is_open { self.start } else { self.position },
                reason: if is_open { "the object that begins here is not closed" } else { "the file ends too early" }
                    .to_owned(),
            }),
        }
    }

    /// Where the row begins that is open.
    pub(crate) fn open(&self) -> usize {
        if matches!(self.state, State::Row(_)) { self.start } else { self.position }
    }

    /// The rows in the first `count` bytes, which the buffer loses.
    pub(crate) fn take(&mut self, count: usize) -> Vec<(usize, usize)> {
        self.position = self.position.saturating_sub(count);
        self.start = self.start.saturating_sub(count);
        std::mem::take(&mut self.rows)
    }

    fn broken(&self, reason: &str) -> Broken {
        Broken { offset: self.position, reason: reason.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    /// The rows of a document that comes `drop` bytes at a time, or what is wrong with it.
    fn rows(document: &[u8], path: &[&str], drop: usize) -> Result<Vec<Value>, String> {
        let mut elements = Elements::new(path.iter().map(|name| (*name).to_owned()).collect());
        let (mut buffer, mut found) = (Vec::new(), Vec::new());
        for piece in document.chunks(drop) {
            buffer.extend_from_slice(piece);
            let cut = elements.scan(&buffer).map_err(|broken| broken.reason)?.unwrap_or(0);
            let rest = buffer.split_off(cut);
            let given = std::mem::replace(&mut buffer, rest);
            assert!(std::str::from_utf8(&given).is_ok() || std::str::from_utf8(document).is_err());
            for (start, end) in elements.take(cut) {
                found.push(serde_json::from_slice(&given[start..end]).map_err(|error| error.to_string())?);
            }
        }
        elements.finish().map_err(|broken| broken.reason)?;
        Ok(found)
    }

    fn object() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(json!(null)),
            any::<i32>().prop_map(Value::from),
            "[\\[\\]{}\",\\\\ é]{0,4}".prop_map(Value::from)
        ];
        let value = leaf.prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                proptest::collection::vec(("[a-c\"]{1,2}", inner), 0..3)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        });
        proptest::collection::vec(("[a-c]{1,2}", value), 0..3)
            .prop_map(|members| Value::Object(members.into_iter().collect()))
    }

    proptest! {
        #[test]
        fn rows_are_those_of_the_document(expected in proptest::collection::vec(object(), 0..4), other in object(), drop in 1_usize..9, pretty: bool) {
            let text = |value: &Value| if pretty { serde_json::to_string_pretty(value).unwrap() } else { value.to_string() };
            let list = json!(expected);
            prop_assert_eq!(rows(text(&list).as_bytes(), &[], drop).unwrap(), expected.clone());
            let sequence: String = expected.iter().map(|row| text(row) + "\n").collect();
            prop_assert_eq!(rows(sequence.as_bytes(), &[], drop).unwrap(), expected.clone());
            let within = json!({ "x": other.clone(), "n": 1, "data": { "items é": other, "items": list }, "next": "]" });
            prop_assert_eq!(rows(text(&within).as_bytes(), &["data", "items"], drop).unwrap(), expected);
        }

        #[test]
        fn never_panics(document in "[\\[\\]{}\",:\\\\ éa1]{0,30}", drop in 1_usize..5, has_path: bool) {
            let _ = rows(document.as_bytes(), if has_path { &["a"] } else { &[] }, drop);
        }
    }

    #[test]
    fn broken_documents_are_told() {
        for (document, path, expected) in [
            ("[{}", &[][..], "the file ends too early"),
            ("[{},", &[], "the file ends too early"),
            ("[{", &[], "the object that begins here is not closed"),
            ("[{} {}]", &[], "expected `,` or `]` after an element of the list"),
            ("[{},]", &[], "expected an object: each element of the list is a row"),
            ("[1]", &[], "expected an object: each element of the list is a row"),
            ("[] x", &[], "something follows the list"),
            ("<html>", &[], "expected a list of objects, or an object"),
            ("{} 1", &[], "expected an object"),
            ("{\"a\":{\"c\":1}}", &["a", "b"], "there is no `a.b`"),
            ("{\"a\":[]}", &["a", "b"], "`a` is no object"),
            ("{\"a\":1}", &["a"], "`a` is no list of objects"),
            ("[]", &["a"], "expected a list of objects, or an object"),
            ("{\"b\":1", &["a"], "the file ends too early"),
        ] {
            assert_eq!(rows(document.as_bytes(), path, 100).unwrap_err(), expected, "{document}");
        }
        assert_eq!(rows(b"{\"a\":null}", &["a"], 3).unwrap(), Vec::<Value>::new());
        assert_eq!(rows(b"{\"a\":{\"b\":1}}", &["a"], 3).unwrap(), [json!({ "b": 1 })]);
        assert_eq!(rows(b"", &[], 3).unwrap(), Vec::<Value>::new());
    }
}
