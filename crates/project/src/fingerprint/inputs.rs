//! What a node's own fingerprint is made from.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::OwnFingerprint;
use super::canonical::Canonical;

/// Everything in the project that decides what a node is. What does not apply stays empty.
#[derive(Clone, Debug, Default)]
pub struct FingerprintInputs<'a> {
    /// The text of its own file: a model's SQL, a seed's rows, a test's arguments.
    pub body: &'a str,
    /// The resolved configuration, without what only describes (`meta`, `tags`, `description`) if that should not count.
    pub config: Option<&'a Map<String, Json>>,
    /// The macros that it reaches, also through others: id and text.
    pub macros: BTreeMap<&'a str, &'a str>,
    /// The variables it asks for and their values (`None` where the template's default holds).
    pub vars: BTreeMap<&'a str, Option<&'a Json>>,
    /// The environment variables it asks for and their values. Only a hash of them is kept.
    pub env_vars: BTreeMap<&'a str, Option<&'a str>>,
    /// Columns and contract, in any shape, where they decide what is built or let through.
    pub contract: Option<&'a Json>,
}

impl FingerprintInputs<'_> {
    /// The fingerprints of the parts.
    pub fn fingerprint(&self) -> OwnFingerprint {
        let mut config = Canonical::default();
        for (key, value) in sorted(self.config) {
            config.str(key).json(value);
        }
        let mut macros = Canonical::default();
        for (id, text) in &self.macros {
            macros.str(id).text(text);
        }
        let mut vars = Canonical::default();
        for (name, value) in &self.vars {
            vars.str("var").str(name);
            match value {
                Some(value) => vars.str("is").json(value),
                None => vars.str("unset"),
            };
        }
        for (name, value) in &self.env_vars {
            vars.str("env_var").str(name);
            match value {
                Some(value) => vars.str("is").str(value),
                None => vars.str("unset"),
            };
        }
        let mut contract = Canonical::default();
        if let Some(value) = self.contract {
            contract.json(value);
        }
        OwnFingerprint {
            body: Canonical::default().text(self.body).finish(),
            config: config.finish(),
            macros: macros.finish(),
            vars: vars.finish(),
            contract: contract.finish(),
        }
    }
}

fn sorted(map: Option<&Map<String, Json>>) -> BTreeMap<&String, &Json> {
    map.into_iter().flatten().collect()
}
