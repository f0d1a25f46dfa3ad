//! A described column.

use ade_diagnostic::Location;
use serde_json::{Map, Value};

/// A column of a source, model or seed, as far as somebody described it.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// The name that it has in the source, if that is another one; columns of sources only.
    pub from: Option<String>,
    /// What it means; `doc()` is resolved.
    pub description: String,
    /// The promised SQL type, as written.
    pub data_type: Option<String>,
    /// Whether nulls are promised away: `nullable: false` or a `not_null` constraint.
    pub nullable: bool,
    /// Privacy class and treatment; columns of sources only.
    pub privacy: Option<ColumnPrivacy>,
    /// A `privacy:` with nothing after it, which a draft leaves where a person has to decide.
    pub undecided: Option<Location>,
    /// Tags.
    pub tags: Vec<String>,
    /// The project's own facts.
    pub meta: Map<String, Value>,
    /// Where it is described.
    pub origin: Location,
    /// Where its type is promised.
    pub data_type_origin: Option<Location>,
}

impl Column {
    /// The name that it has in the source.
    pub fn source_name(&self) -> &str {
        self.from.as_deref().unwrap_or(&self.name)
    }
}

/// `privacy:` of a column.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnPrivacy {
    /// The class: a built-in one or one of `ade.yml`.
    pub class: Option<String>,
    /// Overrides of the class, as written: `treatment`, `domain` and the treatment's own settings.
    pub settings: Map<String, Value>,
    /// Where it is written.
    pub origin: Location,
}
