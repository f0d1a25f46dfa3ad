//! Who or what looks at tables, as dbt knows it.

use ade_diagnostic::Location;
use serde_json::{Map, Value};

use super::Owner;
use crate::NodeId;

/// A dbt exposure. What it depends on is in the graph.
#[derive(Clone, Debug, PartialEq)]
pub struct Exposure {
    /// `exposure.<project>.<name>`.
    pub id: NodeId,
    /// Its name.
    pub name: String,
    /// For people.
    pub label: Option<String>,
    /// `dashboard`, `notebook`, `analysis`, `ml` or `application`.
    pub kind: String,
    /// Where it can be seen.
    pub url: Option<String>,
    /// dbt's `maturity`: `low`, `medium`, `high`.
    pub maturity: Option<String>,
    /// Who answers for it.
    pub owner: Owner,
    /// What it shows.
    pub description: String,
    /// Tags.
    pub tags: Vec<String>,
    /// The project's own facts.
    pub meta: Map<String, Value>,
    /// What it reads, as far as it exists.
    pub depends_on: Vec<NodeId>,
    /// Where it is declared.
    pub origin: Location,
}

impl Exposure {
    /// What to call it in a message: the label or the name.
    pub fn title(&self) -> &str {
        self.label.as_deref().unwrap_or(&self.name)
    }
}
