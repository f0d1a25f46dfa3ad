//! Names of tables.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::LakeError;

/// `schema.table`: also the folder `<lake>/<schema>/<table>/`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TableName {
    schema: String,
    table: String,
}

impl TableName {
    /// A name whose parts can be folders on every store.
    ///
    /// # Errors
    /// [`LakeError::BadName`] for a part that is empty, longer than 200 bytes, begins with `.` or `_`, or holds a
    /// control character or one of ``/ \ : * ? " < > | % # { } [ ] ^ ~ ` ``.
    pub fn new(schema: impl Into<String>, table: impl Into<String>) -> Result<Self, LakeError> {
        let (schema, table) = (schema.into(), table.into());
        for part in [&schema, &table] {
            if let Some(reason) = fault(part) {
                return Err(LakeError::BadName { name: format!("{schema}.{table}"), reason });
            }
        }
        Ok(Self { schema, table })
    }

    /// The schema.
    pub fn schema(&self) -> &str {
        &self.schema
    }

    /// The table within its schema.
    pub fn table(&self) -> &str {
        &self.table
    }
}

/// Why `part` cannot be a folder, if so. A leading `_` or `.` hides a folder from the listings of other engines.
fn fault(part: &str) -> Option<String> {
    if part.is_empty() {
        return Some("a part of it is empty".into());
    }
    if part.len() > 200 {
        return Some("a part of it is longer than 200 bytes".into());
    }
    if part.starts_with(['.', '_']) {
        return Some(format!("`{part}` begins with `.` or `_`, which other engines skip"));
    }
    let bad = part.chars().find(|c| c.is_control() || r#"/\:*?"<>|%#{}[]^~`"#.contains(*c))?;
    Some(format!("`{part}` holds {bad:?}, which cannot be part of a folder's name on every store"))
}

impl fmt::Display for TableName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.schema, self.table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_become_folders() {
        assert_eq!(TableName::new("app", "customers").unwrap().to_string(), "app.customers");
        assert!(TableName::new("app", "été 2024").is_ok());
        for bad in ["", "a/b", "..", ".hidden", "_delta_log", "a:b", "a\nb", "50%"] {
            assert!(TableName::new("app", bad).is_err(), "{bad:?}");
            assert!(TableName::new(bad, "t").is_err(), "{bad:?}");
        }
        assert!(TableName::new("app", "x".repeat(201)).is_err());
    }
}
