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

    /// Why nothing can be written under this name, if so. Both parts of a `table`'s name are folders of the lake, and hidden
    /// ones are skipped by other engines.
    pub fn fault(&self, is_table: bool) -> Option<String> {
        let schema = self.schema.to_ascii_lowercase();
        if let Some(known) = RESERVED.iter().find(|known| **known == schema) {
            return Some(format!("the schema `{known}` is the program's own"));
        }
        [&self.schema, &self.table].into_iter().find_map(|part| fault(part, is_table))
    }

    /// The relation as SQL: both names quoted, so that case and reserved words survive.
    pub fn to_sql(&self) -> String {
        format!("{}.{}", quoted(&self.schema), quoted(&self.table))
    }
}

/// Schemas that nothing of a project can be in: what is there would never be read.
const RESERVED: [&str; 3] = ["ade", "information_schema", "pg_catalog"];
/// Characters that cannot be in the name of a folder on every store.
const NO_FOLDER: &str = r#"/\:*?"<>|%#{}[]^~`"#;

fn fault(part: &str, is_table: bool) -> Option<String> {
    if part.trim().is_empty() {
        return Some("a part of the name is empty".to_owned());
    }
    if part.len() > 200 {
        return Some(format!("`{}…` is longer than 200 bytes", &part[..part.floor_char_boundary(30)]));
    }
    if part.starts_with('.') || (is_table && part.starts_with('_')) {
        return Some(format!("`{part}` begins with `.` or `_`, which hides it from other engines"));
    }
    let bad = part.chars().find(|character| character.is_control() || NO_FOLDER.contains(*character))?;
    Some(format!("`{part}` holds {bad:?}, which cannot be part of a folder's name on every store"))
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
    fn names_that_nothing_can_be_written_under() {
        let fault = |schema: &str, table: &str| Relation::new(schema, table).fault(true);
        assert_eq!(fault("main", "été 2024"), None);
        assert_eq!(fault("marketing_ade", "runs"), None);
        for (schema, table) in [("ade", "runs"), ("ADE", "x"), ("pg_catalog", "x"), ("main", "../x"), ("main", "a/b")] {
            assert!(fault(schema, table).is_some(), "{schema}.{table}");
        }
        for table in ["", " ", ".x", "_x", "a%2Fb", "a\u{7}b", &"x".repeat(201)] {
            assert!(fault("main", table).is_some(), "{table:?}");
        }
        assert_eq!(Relation::new("main", "_x").fault(false), None);
    }

    #[test]
    fn quotes_both_names() {
        assert_eq!(Relation::new("main", "Or\"ders").to_sql(), r#""main"."Or""ders""#);
    }
}
