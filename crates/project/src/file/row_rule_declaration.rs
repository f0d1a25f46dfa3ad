//! An entry of `rows:` of a source table.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::resource::RowAction;
use crate::yaml::Spanned;

/// Rows that are not what the table is about: migrated, tests, dummies.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "a rule for rows")]
pub struct RowRuleDeclaration {
    /// What they are called.
    pub name: Spanned<String>,
    /// SQL condition over the columns of a row, as the source has them; NULL is not met.
    pub r#where: Spanned<String>,
    /// `drop`: they do not land. `mark`: they land with the rule's name in `_ade_marks`. `quarantine`: they are kept apart.
    pub then: Spanned<RowAction>,
}
