//! Where DataFusion would do something else than PostgreSQL.

use sqlparser::ast::Statement;

use crate::SqlError;

/// Rewrites `statement` so that DataFusion does what PostgreSQL does, or says why it cannot.
pub(crate) fn rewrite(_text: &str, _statement: &mut Statement) -> Result<(), SqlError> {
    Ok(())
}
