//! An entry of `exposures:`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Many, OneOrMany, OwnerDeclaration};
use crate::yaml::{Node, Spanned};

/// Somebody or something that looks at tables.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "an exposure")]
pub struct ExposureDeclaration {
    /// Its name.
    pub name: Spanned<String>,
    /// For people.
    pub label: Option<String>,
    /// What it is.
    pub r#type: Spanned<ExposureKind>,
    /// Where it can be seen.
    pub url: Option<String>,
    /// How much rests on it.
    pub maturity: Option<ExposureMaturity>,
    /// Who answers for it.
    pub owner: OwnerDeclaration,
    /// What it reads: `ref('orders')`, `source('app', 'customers')`.
    #[serde(default)]
    pub depends_on: Many<Spanned<String>>,
    /// What it shows.
    pub description: Option<Spanned<String>>,
    /// Tags.
    #[serde(default)]
    pub tags: OneOrMany<String>,
    /// The project's own facts.
    #[schemars(with = "Option<serde_json::Map<String, serde_json::Value>>")]
    pub meta: Option<Node>,
    /// Configuration.
    #[schemars(with = "Option<ExposureConfig>")]
    pub config: Option<Node>,
}

/// `config:` of an exposure.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "`config` of an exposure")]
pub struct ExposureConfig {
    /// `false` switches it off.
    pub enabled: Option<bool>,
    /// Tags.
    #[serde(default)]
    pub tags: OneOrMany<String>,
    /// The project's own facts.
    #[schemars(with = "Option<serde_json::Map<String, serde_json::Value>>")]
    pub meta: Option<Node>,
}

/// The kinds of exposures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ExposureKind {
    /// A dashboard.
    Dashboard,
    /// A notebook.
    Notebook,
    /// An analysis.
    Analysis,
    /// Machine learning.
    Ml,
    /// An application.
    Application,
}

impl ExposureKind {
    /// dbt's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dashboard => "dashboard",
            Self::Notebook => "notebook",
            Self::Analysis => "analysis",
            Self::Ml => "ml",
            Self::Application => "application",
        }
    }
}

/// How much rests on an exposure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ExposureMaturity {
    /// Little.
    Low,
    /// Something.
    Medium,
    /// Much.
    High,
}

impl ExposureMaturity {
    /// dbt's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}
