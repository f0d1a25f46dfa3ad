//! `except all` and `intersect all` count copies in PostgreSQL; DataFusion's do not.

use sqlparser::ast::{Query, SetExpr, SetOperator, SetQuantifier};

use super::build::place;
use crate::{SqlError, SqlErrorKind};

/// Refuses them, wherever they stand in the body of `query`.
pub(super) fn refuse_counting(query: &Query) -> Result<(), SqlError> {
    refuse(&query.body)
}

fn refuse(body: &SetExpr) -> Result<(), SqlError> {
    let SetExpr::SetOperation { op, set_quantifier, left, right } = body else { return Ok(()) };
    if *set_quantifier == SetQuantifier::All && *op != SetOperator::Union {
        return Err(SqlError::new(SqlErrorKind::Unsupported, format!("{op} all is not supported").to_lowercase())
            .with_hint(
                "number the copies on both sides, row_number() over (partition by all the columns), and leave `all` out",
            )
            .at(place(right.as_ref())));
    }
    refuse(left)?;
    refuse(right)
}
