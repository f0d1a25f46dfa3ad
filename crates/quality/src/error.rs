//! What can go wrong with a check besides that it does not hold.

use ade_engine::{RelationName, SqlError, SqlErrorKind};
use thiserror::Error;

/// A check could not be evaluated.
#[derive(Debug, Error)]
pub enum QualityError {
    /// The checked relation cannot be read.
    #[error("cannot read {relation}: {source}")]
    Relation {
        /// The relation.
        relation: RelationName,
        /// The reason.
        source: SqlError,
    },
    /// The check names a column that is not there.
    #[error("{relation} has no column `{column}`{}", suggestion.as_ref().map(|name| format!("; did you mean `{name}`?")).unwrap_or_default())]
    NoColumn {
        /// The relation.
        relation: RelationName,
        /// The name as declared.
        column: String,
        /// A column that was probably meant.
        suggestion: Option<String>,
    },
    /// The SQL of the check fails.
    #[error("the SQL of the check fails: {0}")]
    Sql(SqlError),
}

impl From<SqlError> for QualityError {
    fn from(mut error: SqlError) -> Self {
        if error.kind == SqlErrorKind::Data {
            error.message = without_values(&error.message);
        }
        Self::Sql(error)
    }
}

/// Errors met while running quote the value that caused them; the finding of a check is shown and kept where values of rows
/// have no place.
fn without_values(message: &str) -> String {
    let mut kept = String::with_capacity(message.len());
    let mut quoted: Option<char> = None;
    for c in message.chars() {
        match quoted {
            Some(end) if c == end => {
                quoted = None;
                kept.push('…');
                kept.push(c);
            }
            Some(_) => {}
            None => {
                kept.push(c);
                quoted = matches!(c, '\'' | '"' | '`').then_some(c);
            }
        }
    }
    if quoted.is_some() {
        kept.push('…');
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_values_are_left_out() {
        assert_eq!(
            without_values("Cannot cast string 'anna@example.org' to value of Int32 type"),
            "Cannot cast string '…' to value of Int32 type"
        );
        assert_eq!(without_values("bad \"x and more"), "bad \"…");
        assert_eq!(without_values("division by zero"), "division by zero");
    }
}
