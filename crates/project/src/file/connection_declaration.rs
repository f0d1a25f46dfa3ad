//! An entry of `connections:`.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::yaml::Spanned;

/// How to reach a system. Every other key is a setting of the connection's type, checked by its connector; secrets are
/// references: `${env:NAME}` or `${file:path}`.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[schemars(title = "a connection")]
pub struct ConnectionDeclaration {
    /// The connector: `sqlite`, `files`, …
    pub r#type: Spanned<String>,
}
