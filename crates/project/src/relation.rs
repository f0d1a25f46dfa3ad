//! Where a node's rows are.

use std::fmt;

/// A table or view: `schema.table`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct Relation {
    /// Schema, with the environment's prefix.
    pub schema: String,
    /// Table or view.
    pub table: String,
}

impl Relation {
    /// A relation by its two names.
    pub fn new(schema: impl Into<String>, table: impl Into<String>) -> Self {
        Self { schema: schema.into(), table: table.into() }
    }

    /// The relation as SQL: both names quoted, so that case and reserved words survive.
    pub fn to_sql(&self) -> String {
        format!("{}.{}", quoted(&self.schema), quoted(&self.table))
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// `schema.table` for people.
impl fmt::Display for Relation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}", self.schema, self.table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_both_names() {
        assert_eq!(Relation::new("main", "Or\"ders").to_sql(), r#""main"."Or""ders""#);
    }
}
