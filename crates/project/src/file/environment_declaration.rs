//! An entry of `environments:`.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::resource::CustomSchema;
use crate::yaml::Spanned;

/// Where the tables of one environment live.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "an environment")]
pub struct EnvironmentDeclaration {
    /// Folder of the lake, relative to the project. Default: `lake`.
    pub lake: Option<Spanned<String>>,
    /// Schema of models that name none. Default: `main`.
    pub schema: Option<Spanned<String>>,
    /// Put before every schema, sources included, so that environments can share one lake. Default: nothing.
    pub schema_prefix: Option<Spanned<String>>,
    /// What a model's own schema does. `append` (default) is dbt's rule, `<schema>_<own>`; `replace` takes the own one alone.
    pub custom_schema: Option<CustomSchema>,
}
