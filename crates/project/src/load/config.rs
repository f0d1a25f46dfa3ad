//! Configuration of one resource, from folder to file.
//!
//! Later layers win. As in dbt, tags add up, hooks add up, and the mappings of `meta`, `docs`, `quoting` and
//! `column_types` are merged key by key.

use std::sync::Arc;

use ade_diagnostic::{Diagnostic, Diagnostics, Location, SourceFile, Span, rule};
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::file::{ADAPTER_CONFIG_KEYS, HookDeclaration};
use crate::resource::Hook;
use crate::template::Uses;
use crate::yaml::{self, Entry, Mapping, Node, NodeValue, Shape};

/// What one kind of resource may be told.
#[derive(Debug)]
pub(super) struct ConfigKind {
    shape: Shape,
}

impl ConfigKind {
    pub(super) fn of<T: JsonSchema>() -> Self {
        Self { shape: Shape::of::<T>() }
    }

    /// Whether the kind has this key.
    pub(super) fn has(&self, key: &str) -> bool {
        self.shape.has_key(key)
    }

    /// The entry if it is good; what is wrong with it is reported.
    pub(super) fn check(&self, file: &Arc<SourceFile>, entry: Entry, problems: &mut Diagnostics) -> Option<Entry> {
        let span = entry.value.span;
        let node = Node::new(NodeValue::Mapping([entry].into_iter().collect()), span);
        match yaml::validate(file, node, &self.shape, problems)?.value {
            NodeValue::Mapping(mapping) => mapping.into_entries().next(),
            _ => None,
        }
    }
}

/// The merged configuration of one resource.
#[derive(Clone, Debug, Default)]
pub(super) struct Config {
    entries: IndexMap<String, Setting>,
    pre_hooks: Vec<Setting>,
    post_hooks: Vec<Setting>,
}

#[derive(Clone, Debug)]
struct Setting {
    value: Node,
    key: Location,
    file: Arc<SourceFile>,
}

impl Config {
    /// Lays entries of one file, which were checked, over what is there.
    pub(super) fn lay<'e>(&mut self, file: &Arc<SourceFile>, entries: impl IntoIterator<Item = &'e Entry>) {
        for entry in entries {
            let setting =
                Setting { value: entry.value.clone(), key: file.location(entry.key_span), file: Arc::clone(file) };
            self.set(&entry.key, setting);
        }
    }

    fn set(&mut self, key: &str, setting: Setting) {
        match key {
            "pre_hook" | "pre-hook" => self.pre_hooks.extend(each(setting)),
            "post_hook" | "post-hook" => self.post_hooks.extend(each(setting)),
            // `null` takes back what a folder says.
            _ if setting.value.is_null() => {
                self.entries.shift_remove(key);
            }
            _ => {
                let setting = match self.entries.shift_remove(key) {
                    Some(below) => merged(key, below, setting),
                    None => setting,
                };
                self.entries.insert(key.to_owned(), setting);
            }
        }
    }

    /// Where a key is given.
    pub(super) fn key(&self, key: &str) -> Option<&Location> {
        self.entries.get(key).map(|setting| &setting.key)
    }

    /// The value of a key.
    pub(super) fn value(&self, key: &str) -> Option<&Node> {
        self.entries.get(key).map(|setting| &setting.value)
    }

    /// Where the value of a key is given.
    pub(super) fn value_location(&self, key: &str) -> Option<Location> {
        self.entries.get(key).map(|setting| setting.file.location(setting.value.span))
    }

    /// Whether the resource is in the project.
    pub(super) fn is_enabled(&self) -> bool {
        self.entries.get("enabled").and_then(|setting| setting.value.as_bool()).unwrap_or(true)
    }

    /// The configuration as a value of its declared type.
    pub(super) fn decode<T: DeserializeOwned + Default>(&self, problems: &mut Diagnostics) -> T {
        let entries = self.entries.iter().filter(|(key, _)| !ADAPTER_CONFIG_KEYS.contains(&key.as_str()));
        let entries = entries.map(|(key, setting)| Entry {
            key: key.clone(),
            key_span: setting.key.span(),
            value: setting.value.clone(),
        });
        let span = Span::at(0);
        let node = Node::new(NodeValue::Mapping(entries.collect()), span);
        yaml::decode(&node).unwrap_or_else(|error| {
            let mut problem = Diagnostic::error(&rule::INVALID_VALUE, error.message.clone());
            let holder = self.entries.values().find(|setting| {
                error.span.is_some_and(|span| {
                    let whole = setting.value.span;
                    whole.start <= span.start && span.end <= whole.end
                })
            });
            if let (Some(setting), Some(span)) = (holder, error.span) {
                problem = problem.at(setting.file.location(span));
            }
            problems.push(problem);
            T::default()
        })
    }

    /// Statements before.
    pub(super) fn pre_hooks(&self) -> Vec<Hook> {
        self.pre_hooks.iter().map(hook).collect()
    }

    /// Statements after.
    pub(super) fn post_hooks(&self) -> Vec<Hook> {
        self.post_hooks.iter().map(hook).collect()
    }

    /// Everything, as templates and selectors see it.
    pub(super) fn to_json(&self) -> Map<String, Value> {
        let hooks = |settings: &[Setting]| settings.iter().map(|setting| setting.value.to_json()).collect::<Value>();
        let mut out: Map<_, _> =
            self.entries.iter().map(|(key, setting)| (key.clone(), setting.value.to_json())).collect();
        if !self.pre_hooks.is_empty() {
            out.insert("pre_hook".to_owned(), hooks(&self.pre_hooks));
        }
        if !self.post_hooks.is_empty() {
            out.insert("post_hook".to_owned(), hooks(&self.post_hooks));
        }
        out
    }
}

/// The hooks of a list of declarations in one file.
pub(super) fn hooks(file: &Arc<SourceFile>, declared: &[HookDeclaration]) -> Vec<Hook> {
    let hook =
        |declared: &HookDeclaration| Hook { sql: declared.sql().to_owned(), origin: file.location(declared.0.span) };
    declared.iter().map(hook).filter(|hook| !hook.sql.trim().is_empty()).collect()
}

fn hook(setting: &Setting) -> Hook {
    let declared = HookDeclaration(setting.value.clone());
    Hook { sql: declared.sql().to_owned(), origin: setting.file.location(setting.value.span) }
}

fn each(setting: Setting) -> Vec<Setting> {
    let Setting { value, key, file } = setting;
    let items = match value.value {
        NodeValue::Sequence(items) => items,
        NodeValue::Null => Vec::new(),
        NodeValue::Text(text, _) if text.trim().is_empty() => Vec::new(),
        other => vec![Node::new(other, value.span)],
    };
    items.into_iter().map(|value| Setting { value, key: key.clone(), file: Arc::clone(&file) }).collect()
}

fn merged(key: &str, below: Setting, above: Setting) -> Setting {
    match key {
        "tags" | "packages" => {
            let mut items = list(below.value);
            for item in list(above.value.clone()) {
                if !items.iter().any(|known| known.to_json() == item.to_json()) {
                    items.push(item);
                }
            }
            Setting { value: Node::new(NodeValue::Sequence(items), above.value.span), ..above }
        }
        "meta" | "docs" | "quoting" | "column_types" => {
            let (NodeValue::Mapping(mut under), NodeValue::Mapping(over)) = (below.value.value, &above.value.value)
            else {
                return above;
            };
            for entry in over.entries() {
                under.remove(&entry.key);
                under.push(entry.clone());
            }
            Setting { value: Node::new(NodeValue::Mapping(under), above.value.span), ..above }
        }
        _ => above,
    }
}

fn list(node: Node) -> Vec<Node> {
    match node.value {
        NodeValue::Sequence(items) => items,
        _ => vec![node],
    }
}

/// An entry made from the top-level keys of a resource (`tags:` beside `config:`), which dbt treats as configuration.
pub(super) fn entry(key: &str, value: Node) -> Entry {
    Entry { key: key.to_owned(), key_span: value.span, value }
}

/// The entries of `config()` in a template, each with the place of its own argument, by file.
pub(super) fn call_entries(uses: &Uses) -> Vec<(Arc<SourceFile>, Entry)> {
    let entries = uses.config.iter().filter_map(|(key, value)| {
        let call = uses.config_locations.get(key)?;
        let (key_span, value_span) = argument_spans(call, key);
        let entry = Entry { key: key.clone(), key_span, value: Node::from_json(value, value_span) };
        Some((Arc::clone(call.file()), entry))
    });
    entries.collect()
}

/// Where the name and the value of a keyword argument stand in a call; the whole call when they are not in it.
fn argument_spans(call: &Location, key: &str) -> (Span, Span) {
    let text = call.text();
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    for (at, _) in text.match_indices(key) {
        let after = &text[at + key.len()..];
        let value = after.trim_start().strip_prefix('=').filter(|value| !value.starts_with('='));
        let Some(value) = value.filter(|_| !text[..at].ends_with(is_word)) else { continue };
        let value = value.trim_start();
        let length = match value.chars().next() {
            Some(quote @ ('\'' | '"')) => value[1..].find(quote).map(|end| end + 2),
            Some('[' | '{' | '(') => None,
            _ => value.find([',', ')', '\n']),
        };
        let start = text.len() - value.len();
        let key = Span::new(at, at + key.len()).shifted(call.span().start);
        let value = length.map(|length| Span::new(start, start + length).shifted(call.span().start));
        return (key, value.unwrap_or(key));
    }
    (call.span(), call.span())
}

/// The entries of a `config:` mapping.
pub(super) fn entries(node: Option<&Node>) -> &[Entry] {
    node.and_then(Node::as_mapping).map_or(&[], Mapping::entries)
}
