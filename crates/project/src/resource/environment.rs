//! Where a project's tables live.

use ade_diagnostic::Location;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Relation, Setting};

/// One of the `environments` of `ade.yml`, or the default one of a project that declares none: `dev`, in the folder
/// `lake`, schema `main`.
#[derive(Clone, Debug, PartialEq)]
pub struct Environment {
    /// Its name: `target.name` in templates.
    pub name: String,
    /// Folder (relative to the project) or URL of the lake.
    pub lake: Setting,
    /// Schema of models that name none: `target.schema` in templates.
    pub schema: String,
    /// Put before every schema, sources included.
    pub schema_prefix: String,
    /// What a model's own `schema` does.
    pub custom_schema: CustomSchema,
    /// Where it is declared.
    pub origin: Option<Location>,
}

/// What a model's own `schema` does to the environment's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CustomSchema {
    /// dbt's rule: `<environment's schema>_<own schema>`.
    #[default]
    Append,
    /// The own schema alone.
    Replace,
}

impl Environment {
    /// The schema of a node with this schema of its own, without the prefix: what dbt's `generate_schema_name` gives.
    pub fn base_schema(&self, custom: Option<&str>) -> String {
        match (custom, self.custom_schema) {
            (None, _) => self.schema.clone(),
            (Some(custom), CustomSchema::Append) => format!("{}_{custom}", self.schema),
            (Some(custom), CustomSchema::Replace) => custom.to_owned(),
        }
    }

    /// A relation of this environment: the prefix goes before the schema.
    pub fn relation(&self, schema: &str, table: &str) -> Relation {
        Relation::new(format!("{}{schema}", self.schema_prefix), table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas_follow_dbts_rule_unless_told_otherwise() {
        let mut dev = Environment {
            name: "dev".into(),
            lake: Setting::text("lake"),
            schema: "main".into(),
            schema_prefix: "dev_".into(),
            custom_schema: CustomSchema::Append,
            origin: None,
        };
        assert_eq!(dev.base_schema(None), "main");
        assert_eq!(dev.base_schema(Some("finance")), "main_finance");
        assert_eq!(dev.relation(&dev.base_schema(None), "orders"), Relation::new("dev_main", "orders"));
        dev.custom_schema = CustomSchema::Replace;
        assert_eq!(dev.base_schema(Some("finance")), "finance");
    }
}
