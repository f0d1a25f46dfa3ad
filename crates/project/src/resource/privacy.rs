//! The `privacy` section of `ade.yml`.

use ade_diagnostic::Location;
use indexmap::IndexMap;
use serde_json::{Map, Value};

use crate::Setting;

/// How the project classifies columns and what happens to each class. Which classes are built in, and what a
/// treatment's settings mean, is the business of the crate that obfuscates.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PrivacyPolicy {
    /// Where the environment's key is; `None`: the key file that `ade init` made.
    pub key: Option<Setting>,
    /// The project's own classes, and changes to the built-in ones.
    pub classes: IndexMap<String, PrivacyClass>,
    /// Rules for columns that the sources files do not classify; the first that fits decides.
    pub rules: Vec<PrivacyRule>,
}

/// A class of columns.
#[derive(Clone, Debug, PartialEq)]
pub struct PrivacyClass {
    /// `treatment`, `domain` and the treatment's own settings, as written.
    pub settings: Map<String, Value>,
    /// Where it is declared.
    pub origin: Location,
}

/// A rule: columns of these names, tables and types have this class. What is empty fits everything.
#[derive(Clone, Debug, PartialEq)]
pub struct PrivacyRule {
    /// Glob over the column's name, ASCII case ignored.
    pub column: Option<String>,
    /// Glob over `source.table`.
    pub table: Option<String>,
    /// SQL types; empty: all.
    pub types: Vec<String>,
    /// The class.
    pub class: String,
    /// Overrides of the class, as written.
    pub settings: Map<String, Value>,
    /// Where it is declared.
    pub origin: Location,
}

impl PrivacyRule {
    /// Whether the rule speaks of a column. `type_matches` tells whether one of the rule's SQL types is the column's.
    pub fn fits(&self, source: &str, table: &str, column: &str, type_matches: impl Fn(&str) -> bool) -> bool {
        let glob = |pattern: &Option<String>, text: &str| {
            pattern.as_ref().is_none_or(|pattern| crate::glob::matches(pattern, text))
        };
        glob(&self.column, column)
            && glob(&self.table, &format!("{source}.{table}"))
            && (self.types.is_empty() || self.types.iter().any(|name| type_matches(name)))
    }
}
