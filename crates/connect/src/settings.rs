//! Validated settings, and how declared ones are validated.

use std::fmt;

use ade_diagnostic::did_you_mean;
use serde_json::{Map, Value};

use crate::setting_kind::character;
use crate::{SettingProblem, SettingSpec};

/// Validated settings: every name is known, every value fits its kind, defaults are filled in.
#[derive(Clone, Default, PartialEq)]
pub struct Settings {
    values: Map<String, Value>,
    secrets: Vec<&'static str>,
}

impl Settings {
    /// A text, path or choice.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name).and_then(Value::as_str)
    }

    /// A boolean; `false` when neither given nor defaulted.
    pub fn boolean(&self, name: &str) -> bool {
        self.values.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    /// A whole number.
    pub fn integer(&self, name: &str) -> Option<i64> {
        self.values.get(name).and_then(Value::as_i64)
    }

    /// One ASCII character.
    pub fn character(&self, name: &str) -> Option<u8> {
        self.text(name).and_then(character)
    }

    /// Texts by their names, in the order in which they are declared.
    pub fn map(&self, name: &str) -> Option<Vec<(&str, &str)>> {
        let items = self.values.get(name)?.as_object()?;
        Some(items.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_str()?))).collect())
    }

    /// The same with other names in the mapping `name`.
    pub fn with_names(mut self, name: &str, other: impl Fn(&str) -> String) -> Self {
        if let Some(Value::Object(items)) = self.values.get_mut(name) {
            *items = std::mem::take(items).into_iter().map(|(key, value)| (other(&key), value)).collect();
        }
        self
    }

    /// A list of whole numbers.
    pub fn integers(&self, name: &str) -> Option<Vec<i64>> {
        match self.values.get(name)? {
            Value::Array(items) => Some(items.iter().filter_map(Value::as_i64).collect()),
            value => value.as_i64().map(|number| vec![number]),
        }
    }

    /// A value as it was given.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    /// A list of texts.
    pub fn list(&self, name: &str) -> Option<Vec<&str>> {
        match self.values.get(name)? {
            Value::String(text) => Some(vec![text]),
            Value::Array(items) => Some(items.iter().filter_map(Value::as_str).collect()),
            _ => None,
        }
    }
}

/// Secrets are not shown.
impl fmt::Debug for Settings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = formatter.debug_map();
        for (name, value) in &self.values {
            if self.secrets.contains(&name.as_str()) {
                map.entry(name, &"…");
            } else {
                map.entry(name, value);
            }
        }
        map.finish()
    }
}

/// Whether references have been replaced by what they refer to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Declared,
    Resolved,
}

pub(crate) fn check(specs: &[SettingSpec], values: &Map<String, Value>, stage: Stage) -> Vec<SettingProblem> {
    let mut problems = Vec::new();
    for (name, value) in values {
        let Some(spec) = specs.iter().find(|spec| spec.name == name) else {
            let names = specs.iter().map(|spec| spec.name);
            let known = specs.iter().map(|spec| format!("`{}`", spec.name)).collect::<Vec<_>>().join(", ");
            problems.push(SettingProblem {
                setting: name.clone(),
                missing: false,
                message: format!("unknown setting `{name}`"),
                hint: did_you_mean(name, names).or_else(|| Some(format!("known are {known}"))),
            });
            continue;
        };
        let reference = stage == Stage::Declared && value.as_str().is_some_and(|text| text.contains("${"));
        if reference {
            continue;
        }
        if spec.secret && stage == Stage::Declared {
            problems.push(SettingProblem {
                setting: name.clone(),
                missing: false,
                message: format!("`{name}` is a secret and must not be written here"),
                hint: Some("give it by reference: `${env:NAME}` or `${file:path}`".to_owned()),
            });
        } else if let Some((message, hint)) = spec.kind.problem(value) {
            problems.push(SettingProblem {
                setting: name.clone(),
                missing: false,
                message: format!("`{name}`: {message}"),
                hint,
            });
        }
    }
    for spec in specs.iter().filter(|spec| spec.required && !values.contains_key(spec.name)) {
        problems.push(SettingProblem {
            setting: spec.name.to_owned(),
            missing: true,
            message: format!("setting `{}` is missing", spec.name),
            hint: Some(format!("add `{}:` ({}): {}", spec.name, spec.kind, spec.description)),
        });
    }
    problems
}

pub(crate) fn resolve(specs: &[SettingSpec], values: &Map<String, Value>) -> Result<Settings, Vec<SettingProblem>> {
    let problems = check(specs, values, Stage::Resolved);
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut values = values.clone();
    for spec in specs {
        if let (false, Some(default)) = (values.contains_key(spec.name), &spec.default) {
            let _ = values.insert(spec.name.to_owned(), default.clone());
        }
    }
    let secrets = specs.iter().filter(|spec| spec.secret).map(|spec| spec.name).collect();
    Ok(Settings { values, secrets })
}
