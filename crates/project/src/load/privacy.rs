//! `privacy:` in `ade.yml`.

use std::sync::Arc;

use ade_diagnostic::{Diagnostic, Diagnostics, Location, SourceFile, rule};
use serde_json::{Map, Value};

use super::root_files::Root;
use super::setting;
use crate::Setting;
use crate::file::AdeFile;
use crate::resource::{PrivacyClass, PrivacyPolicy, PrivacyRule};
use crate::yaml::{Mapping, Node, Spanned};

/// The classes that every project has, in the order in which they are told. They are those that can be treated (`ade-privacy`).
pub const BUILT_IN_CLASSES: [&str; 20] = [
    "public",
    "identifier",
    "email",
    "phone",
    "person_name",
    "username",
    "government_id",
    "address",
    "free_text",
    "postcode",
    "date_of_birth",
    "ip_address",
    "coordinates",
    "iban",
    "payment_card",
    "device_id",
    "crypto_address",
    "url",
    "place",
    "secret",
];

/// The project's policy.
pub(super) fn resolve(ade: Option<&Root<AdeFile>>, problems: &mut Diagnostics) -> PrivacyPolicy {
    let Some((file, declared)) = ade.and_then(|root| Some((&root.file, root.says.privacy.as_ref()?))) else {
        return PrivacyPolicy::default();
    };
    let mut policy = PrivacyPolicy {
        key: declared.key.as_ref().map(|key| reference(file, key, problems)),
        ..PrivacyPolicy::default()
    };
    for (name, node) in declared.classes.iter().flatten() {
        let settings = node.as_mapping().map(Mapping::to_json).unwrap_or_default();
        policy.classes.insert(name.clone(), PrivacyClass { settings, origin: file.location(node.span) });
    }
    for node in declared.rules.iter() {
        policy.rules.extend(privacy_rule(file, node));
    }
    for rule in &policy.rules {
        check_class(&policy, &rule.class, &rule.origin, problems);
    }
    policy
}

/// The environment's key, which is one reference and nothing else.
fn reference(file: &Arc<SourceFile>, key: &Spanned<String>, problems: &mut Diagnostics) -> Setting {
    let before = problems.len();
    let setting = setting::text(file, &key.value, key.span, problems);
    let is_reference =
        matches!(&setting, Setting::Text(parts) if matches!(parts.as_slice(), [part] if part.is_reference()));
    if !is_reference && problems.len() == before {
        let problem = Diagnostic::error(&rule::INLINE_SECRET, "the environment's key must not be written here");
        let problem = problem.at(file.location(key.span)).hint("write `key: ${env:NAME}` or `key: ${file:path}`");
        problems.push(problem.note("whoever has the key can tell which value a pseudonym stands for"));
    }
    setting
}

/// Reports a class that is neither built in nor declared.
pub(super) fn check_class(policy: &PrivacyPolicy, class: &str, origin: &Location, problems: &mut Diagnostics) {
    if BUILT_IN_CLASSES.contains(&class) || policy.classes.contains_key(class) {
        return;
    }
    let known = BUILT_IN_CLASSES.into_iter().chain(policy.classes.keys().map(String::as_str));
    let message = format!("there is no privacy class `{class}`");
    let problem = Diagnostic::error(&rule::UNKNOWN_PRIVACY_CLASS, message).at(origin.clone());
    problems.push(problem.suggestion(class, known).note(format!("built-in classes: {}", BUILT_IN_CLASSES.join(", "))));
}

fn privacy_rule(file: &Arc<SourceFile>, node: &Node) -> Option<PrivacyRule> {
    let mapping = node.as_mapping()?;
    let text = |key: &str| mapping.get(key).and_then(Node::as_text).map(str::to_owned);
    let types = match mapping.get("types") {
        Some(types) => match types.as_sequence() {
            Some(items) => items.iter().filter_map(Node::as_text).map(str::to_owned).collect(),
            None => types.as_text().map(str::to_owned).into_iter().collect(),
        },
        None => Vec::new(),
    };
    let class = mapping.get("class")?;
    Some(PrivacyRule {
        column: text("column"),
        table: text("table"),
        types,
        class: class.as_text()?.to_owned(),
        settings: without(mapping, &["column", "table", "types", "class"]),
        origin: file.location(class.span),
    })
}

/// The other keys of a mapping.
pub(super) fn without(mapping: &Mapping, keys: &[&str]) -> Map<String, Value> {
    let entries = mapping.entries().iter().filter(|entry| !keys.contains(&entry.key.as_str()));
    entries.map(|entry| (entry.key.clone(), entry.value.to_json())).collect()
}
