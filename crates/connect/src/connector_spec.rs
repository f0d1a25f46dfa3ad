//! How a connector describes itself.

use std::fmt::Write;

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::{SettingProblem, SettingSpec, Settings, settings};

/// How a connector describes itself. Validation, documentation, JSON Schema and forms all come from it.
#[derive(Debug, Clone, Serialize)]
pub struct ConnectorSpec {
    /// The word after `type:` in a connection.
    pub name: &'static str,
    /// For people: `SQLite`.
    pub title: &'static str,
    /// One or two sentences on what it reads and how.
    pub description: &'static str,
    /// What can be set on a connection in `ade.yml`, besides `type`.
    pub settings: Vec<SettingSpec>,
    /// What can be set under `ingest:` of one table, besides `from`, `mode`, `cursor`, `overlap` and `key`.
    pub table_options: Vec<SettingSpec>,
    /// Whether `mode: incremental` needs a `cursor` column (a database) or not (files).
    pub incremental_needs_cursor: bool,
}

impl ConnectorSpec {
    /// All problems of a connection's settings as declared, where references (`${env:…}`, `${file:…}`) are not
    /// resolved yet. A secret must be a reference.
    pub fn check_settings(&self, declared: &Map<String, Value>) -> Vec<SettingProblem> {
        settings::check(&self.settings, declared, settings::Stage::Declared)
    }

    /// All problems of a table's options as declared.
    pub fn check_table_options(&self, declared: &Map<String, Value>) -> Vec<SettingProblem> {
        settings::check(&self.table_options, declared, settings::Stage::Declared)
    }

    /// The settings of a connection with references resolved, defaults filled in; or all problems.
    pub fn settings(&self, resolved: &Map<String, Value>) -> Result<Settings, Vec<SettingProblem>> {
        settings::resolve(&self.settings, resolved)
    }

    /// The options of a table with defaults filled in; or all problems.
    pub fn table_options(&self, resolved: &Map<String, Value>) -> Result<Settings, Vec<SettingProblem>> {
        settings::resolve(&self.table_options, resolved)
    }

    /// JSON Schema (2020-12) of one connection of this type as written in `ade.yml`.
    pub fn json_schema(&self) -> Value {
        let mut properties = Map::new();
        properties.insert("type".to_owned(), json!({ "const": self.name, "description": self.description }));
        properties.extend(self.settings.iter().map(|setting| (setting.name.to_owned(), setting.json_schema())));
        let required: Vec<&str> = std::iter::once("type")
            .chain(self.settings.iter().filter(|setting| setting.required).map(|setting| setting.name))
            .collect();
        json!({
            "title": self.title,
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        })
    }

    /// JSON Schema of each option of a table, by name: for `ingest:` in a sources file.
    pub fn json_schema_of_table_options(&self) -> Map<String, Value> {
        self.table_options.iter().map(|option| (option.name.to_owned(), option.json_schema())).collect()
    }

    /// The reference of this connector in Markdown, for the handbook and for `--help`.
    pub fn markdown(&self) -> String {
        let mut text = format!("## {} (`type: {}`)\n\n{}\n", self.title, self.name, self.description);
        let groups = [
            ("Settings of a connection", &self.settings),
            ("Options of a table, under `ingest:`", &self.table_options),
        ];
        for (title, specs) in groups.into_iter().filter(|(_, specs)| !specs.is_empty()) {
            let _ = write!(text, "\n### {title}\n\n| name | type | default | meaning |\n|---|---|---|---|\n");
            for spec in specs {
                text.push_str(&spec.markdown_row());
            }
        }
        text
    }
}
