//! Where a source is not what was promised of it: what is done about each difference, before any row lands.
//!
//! Types are settled first ([`Retyping`]): they decide what is read. Then every difference is either a problem, something to
//! tell, or nothing ([`Verdict`]), as the project's `drift:` says.
mod consumers;
mod renaming;
mod retyping;
mod verdict;

use ade_project::resource::{Column, DriftKind, DriftPolicy, SourceTable};

pub(super) use consumers::Consumers;
pub(super) use renaming::Renaming;
pub(super) use retyping::{Retyping, widened};
pub(super) use verdict::Verdict;

/// What happens at this kind of drift in a listed column.
pub(crate) fn policy_of(source: &SourceTable, kind: DriftKind, column: &Column) -> DriftPolicy {
    let types: Vec<&str> = column.data_type.as_deref().into_iter().collect();
    source.drift.policy(kind, &column.name, &types)
}

/// Whether every row that lands must have a value in the column, also if the source breaks its promise.
pub(crate) fn must_have_values(source: &SourceTable, column: &Column) -> bool {
    let lets = |kind| matches!(policy_of(source, kind, column), DriftPolicy::Evolve | DriftPolicy::Ignore);
    !column.nullable && !lets(DriftKind::NewlyNullable)
}

/// Whether a column that must have values may be missing as a whole: then its rows are looked at, and not its table.
pub(crate) fn may_be_missing(source: &SourceTable, column: &Column) -> bool {
    matches!(policy_of(source, DriftKind::MissingColumn, column), DriftPolicy::Evolve | DriftPolicy::Ignore)
}
