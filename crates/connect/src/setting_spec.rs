//! One setting, described once.

use serde::Serialize;
use serde_json::{Value, json};

use crate::SettingKind;

/// One setting of a connection or one option of a table, described once.
#[derive(Debug, Clone, Serialize)]
pub struct SettingSpec {
    /// As written in YAML.
    pub name: &'static str,
    /// What it takes.
    pub kind: SettingKind,
    /// Whether it must be given.
    pub required: bool,
    /// Whether it must be a reference (`${env:…}`, `${file:…}`) and is never shown.
    pub secret: bool,
    /// What it is when not given.
    pub default: Option<Value>,
    /// Whether rows that are read under another value are other rows; of options of tables.
    #[serde(skip)]
    pub shapes_rows: bool,
    /// One sentence.
    pub description: &'static str,
}

impl SettingSpec {
    /// A setting that may be left out and has no default.
    pub fn optional(name: &'static str, kind: SettingKind, description: &'static str) -> Self {
        Self { name, kind, required: false, secret: false, default: None, shapes_rows: true, description }
    }

    /// A setting that must be given.
    pub fn required(name: &'static str, kind: SettingKind, description: &'static str) -> Self {
        Self { required: true, ..Self::optional(name, kind, description) }
    }

    /// The same with a default.
    pub fn with_default(mut self, value: impl Into<Value>) -> Self {
        self.default = Some(value.into());
        self
    }

    /// The same, of which rows do not depend on.
    pub(crate) fn beside_rows(mut self) -> Self {
        self.shapes_rows = false;
        self
    }

    /// The same as a secret.
    pub fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    pub(crate) fn json_schema(&self) -> Value {
        let mut schema = self.kind.json_schema();
        if let Some(object) = schema.as_object_mut() {
            let _ = object.insert("description".to_owned(), json!(self.description));
            if let Some(default) = &self.default {
                let _ = object.insert("default".to_owned(), default.clone());
            }
        }
        schema
    }

    pub(crate) fn markdown_row(&self) -> String {
        let default = match (&self.default, self.required) {
            (Some(value), _) => format!("`{value}`"),
            (None, true) => "required".to_owned(),
            (None, false) => String::new(),
        };
        let secret = if self.secret { " (secret, by reference)" } else { "" };
        format!("| `{}` | {}{secret} | {default} | {} |\n", self.name, self.kind, self.description.replace('|', "\\|"))
    }
}
