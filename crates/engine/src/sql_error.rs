//! What is wrong with a statement, as a value.

use crate::{RelationName, SqlPosition};

/// At which step a statement failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SqlErrorKind {
    /// The text is not SQL.
    Syntax,
    /// The statement would change something: sessions only read.
    Refused,
    /// PostgreSQL has it, the engine has not.
    Unsupported,
    /// A table, column or function that does not exist.
    Unknown,
    /// Types or shapes that do not fit.
    Invalid,
    /// A value met while running: division by zero, a text that is no number.
    Data,
    /// More memory, spill space or rows than the limits allow.
    Limit,
    /// Storage failed, or the engine itself.
    Failed,
}

/// A statement that could not be planned or run. The message is a sentence for the person who
/// wrote the SQL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}{}", view.as_ref().map(|view| format!("in view {view}: ")).unwrap_or_default(),
        hint.as_ref().map(|hint| format!("\nhint: {hint}")).unwrap_or_default())]
pub struct SqlError {
    /// At which step it failed.
    pub kind: SqlErrorKind,
    /// What is wrong.
    pub message: String,
    /// Where, in the text that was given, or in the text of `view`.
    pub position: Option<SqlPosition>,
    /// What to do about it.
    pub hint: Option<String>,
    /// The view whose SQL is wrong, when it is not the statement itself.
    pub view: Option<Box<RelationName>>,
}

impl SqlError {
    /// An error without place and hint.
    pub fn new(kind: SqlErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), position: None, hint: None, view: None }
    }

    /// With a place, unless there is one.
    pub fn at(mut self, position: Option<SqlPosition>) -> Self {
        self.position = self.position.or(position);
        self
    }

    /// With the offset of its place, when only its line and column in `text` are known.
    pub(crate) fn located(mut self, text: &str) -> Self {
        if let Some(place) = self.position.filter(|place| place.offset == usize::MAX) {
            self.position = SqlPosition::from_lines(text, (place.line as u64, place.column as u64), None);
        }
        self
    }

    /// With advice.
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// As an error inside the view `name`, unless it is one of a view further in.
    pub fn in_view(mut self, name: &RelationName) -> Self {
        if self.view.is_none() {
            self.view = Some(Box::new(name.clone()));
        }
        self
    }
}
