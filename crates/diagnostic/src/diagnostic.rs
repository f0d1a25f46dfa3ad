//! One problem.

use crate::{Location, Rule, Severity, suggest};

/// One problem in what a user wrote: which rule, what is wrong, where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Diagnostic {
    /// The rule that is broken; in JSON its id.
    #[serde(rename = "id", serialize_with = "rule_id")]
    pub rule: &'static Rule,
    /// Whether it stops the work.
    pub severity: Severity,
    /// What is wrong with which object: one sentence, names in backticks, no full stop.
    pub message: String,
    /// Where; `None` when the problem is something that is not there.
    pub location: Option<Location>,
    /// What is wrong at this very place, shown beside the caret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Other places that matter, for instance a first definition.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<Related>,
    /// What to do next.
    pub hints: Vec<String>,
    /// Facts that explain the problem.
    pub notes: Vec<String>,
}

/// Another place that matters to a problem, and why.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Related {
    /// Where.
    pub location: Location,
    /// Why it matters, for instance `first defined here`.
    pub label: String,
}

impl Diagnostic {
    /// A problem that stops the work.
    pub fn error(rule: &'static Rule, message: impl Into<String>) -> Self {
        Self {
            rule,
            severity: Severity::Error,
            message: message.into(),
            location: None,
            label: None,
            related: Vec::new(),
            hints: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// A problem that does not stop the work.
    pub fn warning(rule: &'static Rule, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(rule, message) }
    }

    /// The stable id of the rule.
    pub fn id(&self) -> &'static str {
        self.rule.id
    }

    /// Whether it stops the work.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// Whether it is in the file with this path.
    pub fn is_in(&self, path: &str) -> bool {
        self.location.as_ref().is_some_and(|location| location.path() == path)
    }

    /// Says where the problem is.
    pub fn at(mut self, location: Location) -> Self {
        self.location = Some(location);
        self
    }

    /// Says what is wrong at the place itself.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Points at another place.
    pub fn related(mut self, location: Location, label: impl Into<String>) -> Self {
        self.related.push(Related { location, label: label.into() });
        self
    }

    /// Says what to do next.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds a fact.
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Adds `did you mean …?` when one of the candidates resembles the word.
    pub fn suggestion<'a>(mut self, word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Self {
        self.hints.extend(suggest::did_you_mean(word, candidates));
        self
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
fn rule_id<S: serde::Serializer>(rule: &&'static Rule, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(rule.id)
}
