//! The methods: what a criterion compares its value with.

use serde_json::Value as Json;

use crate::NodeKind;
use crate::fingerprint::{PlanDiff, Reason};
use crate::graph::Node;

use super::glob;

/// A way to match nodes.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Method {
    /// `fqn:`, also a plain name.
    Fqn,
    Path,
    File,
    Tag,
    Source,
    Exposure,
    Package,
    ResourceType,
    TestType,
    TestName,
    State,
    /// `config.a.b:`, the keys to follow.
    Config(Vec<String>),
    /// `group:`, `access:`, `version:`: a word that the node carries.
    Facet(&'static str),
}

impl Method {
    /// All words, for suggestions.
    pub(super) const WORDS: [&'static str; 16] = [
        "access",
        "config",
        "exposure",
        "file",
        "fqn",
        "group",
        "name",
        "package",
        "path",
        "resource_type",
        "source",
        "state",
        "tag",
        "test_name",
        "test_type",
        "version",
    ];

    /// The method of a word before a colon.
    pub(super) fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "fqn" | "name" => Self::Fqn,
            "path" => Self::Path,
            "file" => Self::File,
            "tag" => Self::Tag,
            "source" => Self::Source,
            "exposure" => Self::Exposure,
            "package" => Self::Package,
            "resource_type" => Self::ResourceType,
            "test_type" => Self::TestType,
            "test_name" => Self::TestName,
            "state" => Self::State,
            "group" => Self::Facet("group"),
            "access" => Self::Facet("access"),
            "version" => Self::Facet("version"),
            _ => {
                let keys: Vec<String> = word.strip_prefix("config.")?.split('.').map(str::to_owned).collect();
                if keys.iter().any(String::is_empty) {
                    return None;
                }
                Self::Config(keys)
            }
        })
    }

    /// The method of a value without one: a path, a file, or a name.
    pub(super) fn of_plain(value: &str) -> Self {
        let is_file = [".sql", ".csv", ".py"].iter().any(|extension| value.ends_with(extension));
        if value.contains('/') {
            Self::Path
        } else if is_file {
            Self::File
        } else {
            Self::Fqn
        }
    }

    /// Whether a node matches. `project` is the root project's name, `state` the difference to an earlier state.
    pub(super) fn matches(&self, node: &Node, value: &str, project: &str, state: Option<&PlanDiff>) -> bool {
        match self {
            // dbt knows sources by `source:` alone; every other command of ours takes `source.table`.
            Self::Fqn if node.kind == NodeKind::Source => {
                node.fqn.len() >= 2 && node.fqn[node.fqn.len() - 2..].join(".") == value
            }
            Self::Fqn => node.kind != NodeKind::Exposure && fqn(node, value),
            Self::Path => path(&node.path, value),
            Self::File => {
                let name = node.path.rsplit('/').next().unwrap_or_default();
                let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
                glob::matches(value, name) || glob::matches(value, stem)
            }
            Self::Tag => node.tags.iter().any(|tag| glob::matches(value, tag)),
            Self::Source => node.kind == NodeKind::Source && qualified(node, value, 2),
            Self::Exposure => node.kind == NodeKind::Exposure && qualified(node, value, 1),
            Self::Package => glob::matches(if value == "this" { project } else { value }, &node.package),
            Self::ResourceType => value == "all" || node.kind.as_str() == value,
            Self::TestType => node.kind == NodeKind::Test && test_type(node, value),
            Self::TestName => node.test_name.as_deref().is_some_and(|name| glob::matches(value, name)),
            Self::State => state.is_some_and(|diff| in_state(diff, node, value)),
            Self::Config(keys) => config(node, keys).is_some_and(|found| config_matches(found, value)),
            Self::Facet(facet) => {
                let declared = node.facets.get(*facet).map(String::as_str);
                let found = declared.or_else(|| node.config.get(*facet).and_then(Json::as_str));
                found.is_some_and(|found| glob::matches(value, found))
            }
        }
    }

    /// Why no node can match this value, when the value itself is wrong: the values that there are.
    pub(super) fn known_values(&self) -> Option<Vec<&'static str>> {
        match self {
            Self::ResourceType => Some(NodeKind::ALL.iter().map(|kind| kind.as_str()).chain(["all"]).collect()),
            Self::TestType => Some(vec!["generic", "singular", "schema", "data", "unit"]),
            Self::State => Some(STATES.to_vec()),
            _ => None,
        }
    }
}

const STATES: [&str; 14] = [
    "modified",
    "new",
    "old",
    "unmodified",
    "modified.body",
    "modified.configs",
    "modified.config",
    "modified.macros",
    "modified.macro",
    "modified.vars",
    "modified.contract",
    "modified.upstream",
    "modified.relation",
    "modified.persisted_descriptions",
];

fn in_state(diff: &PlanDiff, node: &Node, value: &str) -> bool {
    let by = |reason| diff.is_new(&node.id) || diff.differs_by(&node.id, reason);
    match value {
        "modified" => diff.is_modified(&node.id),
        "new" => diff.is_new(&node.id),
        "old" => !diff.is_new(&node.id),
        "unmodified" => !diff.is_modified(&node.id),
        "modified.body" => by(Reason::Body),
        "modified.config" | "modified.configs" | "modified.relation" => by(Reason::Config),
        "modified.macro" | "modified.macros" => by(Reason::Macro),
        "modified.vars" => by(Reason::Vars),
        "modified.contract" => by(Reason::Contract),
        "modified.upstream" => by(Reason::Upstream),
        // Descriptions are not part of what is built.
        _ => false,
    }
}

/// dbt's rule for names: the last part alone, or a path of parts from the top, with or without the package; wildcards match
/// the whole rest.
fn fqn(node: &Node, value: &str) -> bool {
    if node.fqn.last().is_some_and(|last| last == value) || node.name == value {
        return true;
    }
    if let Some(version) = node.facets.get("version")
        && (value == format!("{}.v{version}", node.name) || value == format!("{}_v{version}", node.name))
    {
        return true;
    }
    // A name that is all wildcard must not need the folders spelled out.
    if !value.contains('.') && glob::is_pattern(value) && glob::matches(value, &node.name) {
        return true;
    }
    let flat: Vec<&str> = node.fqn.iter().flat_map(|part| part.split('.')).collect();
    let wanted: Vec<&str> = value.split('.').collect();
    from_top(&flat, &wanted) || (flat.len() > 1 && from_top(&flat[1..], &wanted))
}

fn from_top(parts: &[&str], wanted: &[&str]) -> bool {
    if parts.len() < wanted.len() {
        return false;
    }
    for (index, want) in wanted.iter().enumerate() {
        if glob::is_pattern(want) {
            return glob::matches(&wanted[index..].join("."), &parts[index..].join("."));
        }
        if parts[index] != *want {
            return false;
        }
    }
    true
}

/// A file, a folder with all below it, or a pattern for either.
fn path(path: &str, value: &str) -> bool {
    let value = value.trim_start_matches("./").trim_end_matches('/');
    let folders = path.match_indices('/').map(|(at, _)| &path[..at]);
    let mut candidates = std::iter::once(path).chain(folders);
    if glob::is_pattern(value) {
        return candidates.any(|candidate| path_glob(value, candidate));
    }
    candidates.any(|candidate| candidate == value)
}

/// Wildcards stay within one folder; `**` is any number of folders.
fn path_glob(pattern: &str, path: &str) -> bool {
    fn parts(pattern: &[&str], path: &[&str]) -> bool {
        match pattern.split_first() {
            None => path.is_empty(),
            Some((&"**", rest)) => (0..=path.len()).any(|skip| parts(rest, &path[skip..])),
            Some((first, rest)) => {
                path.split_first().is_some_and(|(name, below)| glob::matches(first, name) && parts(rest, below))
            }
        }
    }
    parts(&pattern.split('/').collect::<Vec<_>>(), &path.split('/').collect::<Vec<_>>())
}

/// `name`, `outer.name` or `package.outer.name`; `parts` is how many there are after the package. A source alone selects
/// all its tables.
fn qualified(node: &Node, value: &str, parts: usize) -> bool {
    let own = &node.fqn[node.fqn.len().saturating_sub(parts)..];
    let full: Vec<&str> = std::iter::once(node.package.as_str()).chain(own.iter().map(String::as_str)).collect();
    let wanted: Vec<&str> = value.split('.').collect();
    let same = |have: &[&str]| {
        wanted.len() <= have.len() && wanted.iter().zip(have).all(|(want, have)| glob::matches(want, have))
    };
    same(&full[1..]) || (wanted.len() > 1 && same(&full))
}

fn test_type(node: &Node, value: &str) -> bool {
    match value {
        "generic" | "schema" => node.test_name.is_some(),
        "singular" => node.test_name.is_none(),
        "data" => true,
        _ => false,
    }
}

fn config<'a>(node: &'a Node, keys: &[String]) -> Option<&'a Json> {
    let (first, rest) = keys.split_first()?;
    rest.iter().try_fold(node.config.get(first)?, |found, key| found.get(key))
}

fn config_matches(found: &Json, value: &str) -> bool {
    match found {
        Json::Null => value.eq_ignore_ascii_case("none") || value.eq_ignore_ascii_case("null"),
        Json::Bool(found) => value.eq_ignore_ascii_case(if *found { "true" } else { "false" }),
        Json::Number(found) => found.to_string() == value,
        Json::String(found) => glob::matches(value, found),
        Json::Array(items) => items.iter().any(|item| config_matches(item, value)),
        Json::Object(entries) => entries.contains_key(value),
    }
}
