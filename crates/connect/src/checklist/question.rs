//! A question for a person.

use serde::Serialize;

use super::Topic;

/// What could not be found out: a person has to answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Question {
    /// What it is about.
    pub topic: Topic,
    /// The question.
    pub question: String,
    /// Why nothing else answers it, or what hangs on the answer.
    pub reason: String,
}
