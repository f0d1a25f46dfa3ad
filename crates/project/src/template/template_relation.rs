//! A table or view as SQL text names it.

use std::fmt;

/// The name of a table, view or common table expression, as a template prints it.
///
/// Prints every part between double quotes (`"main"."orders"`), so that a name keeps its case and may be a word of SQL.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TemplateRelation {
    /// The catalog; printed only when there is one.
    pub database: Option<String>,
    /// The schema; `None` for a common table expression (an ephemeral model).
    pub schema: Option<String>,
    /// The table's name within its schema.
    pub identifier: String,
    /// What is known to stand behind the name.
    pub kind: RelationKind,
}

/// What stands behind a relation's name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RelationKind {
    /// Not looked up.
    #[default]
    Unknown,
    /// Rows in the lake.
    Table,
    /// A stored query.
    View,
    /// A common table expression of the statement itself: an ephemeral model.
    Cte,
}

impl RelationKind {
    /// dbt's word for `relation.type`.
    pub fn word(self) -> Option<&'static str> {
        match self {
            Self::Unknown => None,
            Self::Table => Some("table"),
            Self::View => Some("view"),
            Self::Cte => Some("cte"),
        }
    }
}

impl TemplateRelation {
    /// `schema.identifier`.
    pub fn new(schema: impl Into<String>, identifier: impl Into<String>) -> Self {
        Self { database: None, schema: Some(schema.into()), identifier: identifier.into(), kind: RelationKind::Unknown }
    }

    /// The relation of a node.
    pub fn of(relation: &crate::Relation) -> Self {
        Self::new(&relation.schema, &relation.table)
    }

    /// The common table expression that an ephemeral model becomes inside the statements that use it.
    pub fn ephemeral(model: &str) -> Self {
        Self { database: None, schema: None, identifier: format!("__dbt__cte__{model}"), kind: RelationKind::Cte }
    }

    /// The same name with what stands behind it.
    pub fn with_kind(mut self, kind: RelationKind) -> Self {
        self.kind = kind;
        self
    }
}

impl fmt::Display for TemplateRelation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outer = [self.database.as_deref(), self.schema.as_deref()];
        for part in outer.into_iter().flatten() {
            write!(out, "{}.", quote_identifier(part))?;
        }
        out.write_str(&quote_identifier(&self.identifier))
    }
}

/// An SQL identifier between double quotes.
pub(crate) fn quote_identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_quoted_parts() {
        assert_eq!(TemplateRelation::new("main", "orders").to_string(), r#""main"."orders""#);
        let odd = TemplateRelation { database: Some("lake".into()), ..TemplateRelation::new("a\"b", "Order") };
        assert_eq!(odd.to_string(), r#""lake"."a""b"."Order""#);
        assert_eq!(TemplateRelation::ephemeral("stg").to_string(), r#""__dbt__cte__stg""#);
    }
}
