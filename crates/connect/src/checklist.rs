//! What a team asks of a database before it relies on it, answered as far as the database itself can answer.
//!
//! A [`Checklist`] is filled from three sides: what the server's catalog says ([`crate::Connection::checklist`]), what tables and a
//! bounded sample of their rows look like ([`Survey`]), and how many rows of a bounded number fulfil a predicate
//! ([`crate::Connection::count`]). What none of them tells is a [`Question`] for a person, and what the database's owner would have to do
//! is an [`OwnerStatement`] that can be run as it stands.
//!
//! Nothing in it repeats a value of a row. Names of tables and columns, types, labels of enumerations and definitions of
//! constraints are the schema's and may be told; keys of JSON documents are told only where they are names and not data.

mod capture_readiness;
mod checklist_request;
mod column_role;
mod finding;
mod hosting;
mod json_shape;
mod owner_statement;
mod question;
mod row_counts;
mod row_predicate;
mod survey;
mod topic;
mod words;

use serde::Serialize;

pub use capture_readiness::{CaptureReadiness, TableReadiness};
pub use checklist_request::ChecklistRequest;
pub(crate) use column_role::{ColumnRole, role_of, snake};
pub use finding::Finding;
pub(crate) use hosting::{Hosting, Signs};
pub use owner_statement::OwnerStatement;
pub use question::Question;
pub use row_counts::RowCounts;
pub use row_predicate::RowPredicate;
pub(crate) use row_predicate::{Dialect, quoted};
pub use survey::Survey;
pub use topic::Topic;
pub(crate) use words::{listed, shortened};

/// Most rows of a table that predicates are counted in.
pub(crate) const COUNTED_ROWS: u64 = 20_000;

/// The longest that one statement of the checklist may take, in milliseconds.
pub(crate) const STATEMENT_MS: u64 = 10_000;

/// What a database could answer, what it could not, and what its owner would have to do.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Checklist {
    /// What was found out, by topic.
    pub findings: Vec<Finding>,
    /// What a person has to answer.
    pub questions: Vec<Question>,
    /// What the database's owner would have to run for what is missing.
    pub statements: Vec<OwnerStatement>,
    /// Whether changes can be captured; `None` for what has no log of its changes.
    pub capture: Option<CaptureReadiness>,
}

impl Checklist {
    /// That of a server which could not be asked.
    pub fn unanswered(error: &crate::ConnectError) -> Self {
        let mut list = Self::default();
        list.could_not_ask(Topic::Server, "Which server is it, who runs it, and what may this login do?", error);
        list
    }

    /// Adds an answer: about `object`, or about the database as a whole where that is empty.
    pub(crate) fn found(
        &mut self,
        topic: Topic,
        object: impl Into<String>,
        answer: impl Into<String>,
        evidence: impl Into<String>,
    ) {
        self.findings.push(Finding {
            topic,
            object: Some(object.into()).filter(|object| !object.is_empty()),
            answer: answer.into(),
            predicate: None,
            evidence: evidence.into(),
        });
    }

    /// Adds a question for a person, and why nothing else answers it.
    pub(crate) fn asks(&mut self, topic: Topic, question: impl Into<String>, reason: impl Into<String>) {
        self.questions.push(Question { topic, question: question.into(), reason: reason.into() });
    }

    /// Adds what the owner would have to run.
    pub(crate) fn needs(&mut self, topic: Topic, purpose: impl Into<String>, sql: impl Into<String>) {
        let mut sql = sql.into();
        // A switch of a service is a comment; so is what follows a statement.
        if !sql.contains("--") {
            sql.push(';');
        }
        self.statements.push(OwnerStatement { topic, purpose: purpose.into(), sql });
    }

    /// The server does not say something: a person is asked instead.
    pub(crate) fn could_not_ask(&mut self, topic: Topic, question: &str, error: &crate::ConnectError) {
        self.asks(topic, question, format!("the server did not say: {error}"));
    }
}
