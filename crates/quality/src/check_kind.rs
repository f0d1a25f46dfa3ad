//! What can be checked.

use ade_engine::RelationName;
use chrono::TimeDelta;

use crate::{Contract, DatePart, Subject};

/// What must hold. The first four are dbt's generic tests; of the others `dbt_utils` has most, under the same names.
#[derive(Debug, Clone, PartialEq)]
pub enum CheckKind {
    /// No row without a value.
    NotNull {
        /// The column.
        subject: Subject,
    },
    /// No value twice; rows without one do not count. A failure is a value, not a row.
    Unique {
        /// The column.
        subject: Subject,
    },
    /// No value but these; rows without one do not count. A failure is a value, not a row.
    AcceptedValues {
        /// The column.
        subject: Subject,
        /// The values, as in YAML.
        values: Vec<String>,
        /// Whether they are texts (the default in dbt), else SQL expressions.
        quote: bool,
    },
    /// Every value is one of another relation; rows without one do not count.
    Relationships {
        /// The column.
        subject: Subject,
        /// The other relation.
        to: RelationName,
        /// Its column.
        field: Subject,
    },
    /// A condition that no row contradicts; one that is null does not.
    ExpressionIsTrue {
        /// Put before the expression, as `dbt_utils` does when the test stands at a column.
        subject: Option<Subject>,
        /// A condition, or with `subject` the rest of one such as `>= 0`.
        expression: String,
    },
    /// Values within bounds; rows without one do not count.
    AcceptedRange {
        /// The column.
        subject: Subject,
        /// Least value, an SQL expression.
        min: Option<String>,
        /// Greatest value, an SQL expression.
        max: Option<String>,
        /// Whether the bounds themselves are allowed (the default in `dbt_utils`).
        inclusive: bool,
    },
    /// The latest time in a column is recent. As in `dbt_utils`, a relation without rows passes.
    Recency {
        /// The column.
        subject: Subject,
        /// Unit of `interval`.
        date_part: DatePart,
        /// How old the latest may be.
        interval: u32,
        /// Whether only days are compared.
        ignore_time: bool,
    },
    /// The number of rows is within bounds.
    RowCount {
        /// At least so many.
        min: Option<u64>,
        /// At most so many.
        max: Option<u64>,
    },
    /// A source's latest load is fresh. Its verdict comes from the two bounds alone; a source without rows is not fresh.
    Freshness {
        /// `loaded_at_field`.
        loaded_at: Subject,
        /// Older than this warns.
        warn_after: Option<TimeDelta>,
        /// Older than this fails.
        error_after: Option<TimeDelta>,
    },
    /// The relation is what was promised, column by column. A failure is a violation.
    Contract(Contract),
    /// A query that gives the failing rows: a singular test, or a rendered generic one.
    Sql {
        /// One query.
        sql: String,
    },
}
