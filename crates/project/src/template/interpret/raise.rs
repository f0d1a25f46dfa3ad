//! Why the normal flow of a template ends.

use ade_diagnostic::{Diagnostic, Rule, rule};

use crate::template::LookupError;
use crate::template::value::Value;

/// What an evaluation gives, or why it does not.
pub(crate) type Outcome<T = Value> = Result<T, Raise>;

/// The ways out of a block.
pub(crate) enum Raise {
    /// `return(…)`, caught by the macro.
    Return(Value),
    /// `{% break %}`.
    Break,
    /// `{% continue %}`.
    Continue,
    /// A failure that does not know yet where; the expression around it adds that.
    Plain(Box<Problem>),
    /// A failure with its place.
    Located(Box<Diagnostic>),
}

/// A failure without a place.
pub(crate) struct Problem {
    pub(crate) rule: &'static Rule,
    pub(crate) message: String,
    pub(crate) hints: Vec<String>,
}

impl Raise {
    /// A failure of the rule `template-error`.
    pub(crate) fn plain(message: impl Into<String>) -> Self {
        Self::of(&rule::TEMPLATE_ERROR, message, None)
    }

    pub(crate) fn of(rule: &'static Rule, message: impl Into<String>, hint: impl IntoIterator<Item = String>) -> Self {
        Self::Plain(Box::new(Problem { rule, message: message.into(), hints: hint.into_iter().collect() }))
    }

    pub(crate) fn lookup(rule: &'static Rule, error: LookupError) -> Self {
        Self::of(rule, error.message, error.hints)
    }
}
