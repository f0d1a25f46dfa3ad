//! A rule for rows.
use ade_engine::RowExpression;
use ade_project::resource::RowAction;

/// A rule for rows, ready to be held against them.
pub(in crate::source) struct Rule {
    pub(in crate::source) name: String,
    pub(in crate::source) condition: RowExpression,
    pub(in crate::source) then: RowAction,
}
