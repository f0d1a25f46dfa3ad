//! How rows were declared to be read when they landed: under which names, and how what they come from is written.
//!
//! It is kept in the commits of their table. What landed under another declaration stays as it was read; nothing else would tell.
use std::collections::BTreeMap;

use ade_connect::{ConnectorSpec, SettingKind};
use ade_project::resource::SourceTable;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How the rows of a table are declared to be read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LandedReading {
    /// Columns with another name in the lake than in the source: from the lake's to the source's.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    from: BTreeMap<String, String>,
    /// Options that say what rows are, as far as they are not left at their defaults.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    options: BTreeMap<String, Value>,
}

impl LandedReading {
    /// As a table is declared now. `spec` is that of its connection.
    pub(crate) fn of(source: &SourceTable, spec: &ConnectorSpec) -> Self {
        let renamed = source.columns.iter().filter_map(|column| Some((column.name.clone(), column.from.clone()?)));
        let declared = source.ingest.as_ref();
        let options = spec.table_options.iter().filter(|option| option.shapes_rows).filter_map(|option| {
            let value = declared?.options.get(option.name)?;
            // A single text is a list of one.
            let value = match (option.kind, value) {
                (SettingKind::TextList, Value::String(_)) => Value::from(vec![value.clone()]),
                _ => value.clone(),
            };
            (Some(&value) != option.default.as_ref()).then(|| (option.name.to_owned(), value))
        });
        Self { from: renamed.filter(|(name, from)| name != from).collect(), options: options.collect() }
    }

    /// The name in the source of a column of the lake, or of a field of one (`column.field`).
    pub(super) fn source_name(&self, path: &str) -> String {
        if let Some(from) = self.from.get(path) {
            return from.clone();
        }
        match path.split_once('.') {
            Some((column, field)) => {
                format!("{}.{field}", self.from.get(column).map_or(column, String::as_str))
            }
            None => path.to_owned(),
        }
    }

    /// The name in the lake of a column of the source, or of a field of one.
    pub(super) fn lake_name(&self, path: &str) -> String {
        let inside = |name: &str| self.from.iter().find(|(_, from)| *from == name).map(|(inside, _)| inside.clone());
        if let Some(name) = inside(path) {
            return name;
        }
        match path.split_once('.') {
            Some((column, field)) => format!("{}.{field}", inside(column).as_deref().unwrap_or(column)),
            None => path.to_owned(),
        }
    }

    /// The options that are others than `before`, in words.
    pub(super) fn changed_options(&self, before: &Self) -> Vec<String> {
        let mut names: Vec<&String> = before.options.keys().chain(self.options.keys()).collect();
        names.sort_unstable();
        names.dedup();
        let word = |options: &BTreeMap<String, Value>, name: &String| match options.get(name) {
            Some(value) => format!("`{name}: {value}`"),
            None => format!("no `{name}`"),
        };
        let differs = |name: &&String| before.options.get(*name) != self.options.get(*name);
        let names = names.into_iter().filter(differs);
        names
            .map(|name| format!("{}, and now has {}", word(&before.options, name), word(&self.options, name)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(from: &[(&str, &str)], options: &[(&str, Value)]) -> LandedReading {
        LandedReading {
            from: from.iter().map(|(name, from)| ((*name).to_owned(), (*from).to_owned())).collect(),
            options: options.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
        }
    }

    #[test]
    fn names_lead_both_ways_also_those_of_fields() {
        let reading = reading(&[("amount", "Betrag"), ("city", "ship_to.city"), ("device", "Gerät")], &[]);
        for (lake, source) in [
            ("amount", "Betrag"),
            ("city", "ship_to.city"),
            ("device.os", "Gerät.os"),
            ("id", "id"),
            ("other.field", "other.field"),
        ] {
            assert_eq!(reading.source_name(lake), source);
            assert_eq!(reading.lake_name(source), lake);
        }
    }

    #[test]
    fn changed_options_are_told_with_both_values() {
        let before = reading(&[], &[("delimiter", Value::from(";")), ("null", Value::from(vec![""]))]);
        let now = reading(&[], &[("delimiter", Value::from(";")), ("header", Value::from(false))]);
        assert_eq!(
            now.changed_options(&before),
            ["no `header`, and now has `header: false`", "`null: [\"\"]`, and now has no `null`"]
        );
        assert_eq!(now.changed_options(&now), Vec::<String>::new());
    }
}
