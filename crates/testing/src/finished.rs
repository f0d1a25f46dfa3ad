//! What a program that has ended left behind.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use serde_json::Value;

/// What a program that has ended left behind.
#[derive(Debug, Clone)]
pub struct Finished {
    /// The arguments that it had.
    pub args: String,
    /// Its exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// What it printed.
    pub stdout: Vec<u8>,
    /// What it complained of.
    pub stderr: Vec<u8>,
}

impl Finished {
    pub(crate) fn new(args: String, status: ExitStatus, stdout: Vec<u8>, stderr: Vec<u8>) -> Self {
        Self { args, code: status.code(), signal: status.signal(), stdout, stderr }
    }

    /// What it printed, as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// What it complained of, as text.
    pub fn complaints(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }

    /// Both, for messages of tests.
    pub fn all(&self) -> String {
        format!("$ ade {}\n{}{}→ {:?} {:?}", self.args, self.text(), self.complaints(), self.code, self.signal)
    }

    /// Asserts the exit code.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}", self.all());
        self
    }

    /// Asserts that all went well.
    #[track_caller]
    pub fn succeeds(self) -> Self {
        self.exits(0)
    }

    /// The lines that it printed, each of which must be a JSON object.
    #[track_caller]
    pub fn json_lines(&self) -> Vec<Value> {
        let text = self.text();
        let parse = |line: &str| match serde_json::from_str::<Value>(line) {
            Ok(value) if value.is_object() => value,
            _ => panic!("not a JSON object: {line}\nin {}", self.all()),
        };
        text.lines().map(parse).collect()
    }
}
