//! `owner:`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::OneOrMany;

/// Who answers for a resource.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "an owner")]
pub struct OwnerDeclaration {
    /// Name of a person or team.
    pub name: Option<String>,
    /// Where to write to.
    #[serde(default)]
    pub email: OneOrMany<String>,
    /// A chat channel.
    pub slack: Option<String>,
}
