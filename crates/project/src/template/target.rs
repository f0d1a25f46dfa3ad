//! dbt's `target`: where the tables of the chosen environment live.

/// The chosen environment as templates see it: `{{ target.name }}`, `{{ target.schema }}`, …
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The environment's name (`target.name`, `target.target_name`).
    pub name: String,
    /// Its default schema.
    pub schema: String,
    /// The catalog (`target.database`); empty when there is none.
    pub database: String,
    /// The adapter's word (`target.type`); `adapter.dispatch` looks for macros with this prefix first.
    pub kind: String,
    /// `target.profile_name`.
    pub profile_name: String,
    /// How many tasks may run side by side.
    pub threads: usize,
}

impl Target {
    /// An environment of ade's own kind with one thread.
    pub fn new(name: impl Into<String>, schema: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            schema: schema.into(),
            database: String::new(),
            kind: "ade".to_owned(),
            profile_name: "default".to_owned(),
            threads: 1,
        }
    }
}
