//! Rows of a source that are not what its table is about, and rows that it has marked as deleted.

use ade_diagnostic::Location;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Rows that were migrated, are tests, or stand for something: told by a condition.
#[derive(Clone, Debug, PartialEq)]
pub struct RowRule {
    /// What they are called.
    pub name: String,
    /// When a row is one of them. NULL is not.
    pub condition: RowCondition,
    /// What happens to them.
    pub then: RowAction,
}

/// SQL over the columns of one row, as the source has them.
#[derive(Clone, Debug, PartialEq)]
pub struct RowCondition {
    /// The SQL expression.
    pub sql: String,
    /// Where it is written.
    pub origin: Location,
}

/// What happens to rows that a rule tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RowAction {
    /// They do not land.
    Drop,
    /// They land with the rule's name in `_ade_marks`.
    Mark,
    /// They are kept apart, in a table of their own.
    Quarantine,
}

/// What becomes of rows that the source has deleted, or marks as deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnDelete {
    /// They go from the lake, too.
    #[default]
    Remove,
    /// They stay as they were, and `_ade_is_deleted` is true.
    Mark,
}
