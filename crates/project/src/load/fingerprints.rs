//! What each node's own fingerprint is made from.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::fingerprint::{FingerprintInputs, NodeFingerprint, OwnFingerprint, fingerprint_graph};
use crate::resource::{Check, Column, Model, Seed, SourceTable};
use crate::template::Uses;
use crate::{NodeId, Project};

/// Configuration that only describes: it changes nothing that is built.
const DESCRIBING: [&str; 8] = ["meta", "tags", "docs", "owner", "maturity", "group", "access", "persist_docs"];

/// The fingerprints of all nodes.
pub(super) fn resolve(project: &Project) -> BTreeMap<NodeId, NodeFingerprint> {
    let maker = Maker {
        project,
        macros: project.inner.macros.macros().into_iter().map(|(id, one)| (id, one.text())).collect(),
    };
    let mut own = BTreeMap::new();
    own.extend(project.sources.values().map(|source| (source.id.clone(), self::source(source))));
    own.extend(project.seeds.values().map(|seed| (seed.id.clone(), self::seed(seed))));
    own.extend(project.models.values().map(|model| (model.id.clone(), maker.model(model))));
    own.extend(project.checks.values().map(|check| (check.id.clone(), maker.check(check))));
    fingerprint_graph(&project.graph, &own)
}

struct Maker<'a> {
    project: &'a Project,
    /// Texts of all macros by id.
    macros: BTreeMap<&'a str, &'a str>,
}

impl<'a> Maker<'a> {
    fn model(&self, model: &Model) -> OwnFingerprint {
        let config = building(&model.config, &model.relation.to_string());
        let contract = model.contract_enforced.then(|| columns(&model.columns));
        let inputs = FingerprintInputs {
            body: model.file.text(),
            config: Some(&config),
            contract: contract.as_ref(),
            ..FingerprintInputs::default()
        };
        self.with_uses(inputs, &model.id).fingerprint()
    }

    fn check(&self, check: &Check) -> OwnFingerprint {
        let text = self.project.inner.templates.get(&check.id).map(|template| template.file().text());
        let body = text.map_or_else(|| format!("{:?} {:?}", check.kind, check.filter), str::to_owned);
        let config = building(&check.config, "");
        let inputs = FingerprintInputs { body: &body, config: Some(&config), ..FingerprintInputs::default() };
        self.with_uses(inputs, &check.id).fingerprint()
    }

    fn with_uses<'i>(&'i self, mut inputs: FingerprintInputs<'i>, id: &NodeId) -> FingerprintInputs<'i>
    where
        'a: 'i,
    {
        let Some(uses): Option<&'i Uses> = self.project.inner.uses.get(id) else { return inputs };
        let settings = &self.project.inner.settings;
        let text = |id: &'i String| Some((id.as_str(), *self.macros.get(id.as_str())?));
        inputs.macros = uses.macros.iter().filter_map(text).collect();
        inputs.vars = uses.vars.iter().map(|name| (name.as_str(), settings.vars.get(name))).collect();
        let variable = |name: &'i String| (name.as_str(), settings.env_vars.get(name).map(String::as_str));
        inputs.env_vars = uses.env_vars.iter().map(variable).collect();
        inputs
    }
}

fn source(source: &SourceTable) -> OwnFingerprint {
    let ingest = source.ingest.as_ref().map(|ingest| {
        json!({
            "connection": source.connection, "from": ingest.from, "mode": ingest.mode, "cursor": ingest.cursor,
            "overlap": format!("{:?}", ingest.overlap), "key": ingest.key, "options": ingest.options, "sweep": format!("{:?}", ingest.sweep),
        })
    });
    let config = building(&source.config, &source.relation.to_string());
    let contract = json!({
        "enforced": source.contract_enforced, "columns": columns(&source.columns), "drift": source.drift,
        "rows": source.rows.iter().map(|rule| json!([rule.name, rule.condition.sql, rule.then])).collect::<Vec<_>>(),
        "deleted": source.deleted.as_ref().map(|deleted| &deleted.sql), "on_delete": source.on_delete,
    });
    let body = ingest.map(|ingest| ingest.to_string()).unwrap_or_default();
    FingerprintInputs { body: &body, config: Some(&config), contract: Some(&contract), ..FingerprintInputs::default() }
        .fingerprint()
}

fn seed(seed: &Seed) -> OwnFingerprint {
    let body = blake3::Hash::from_bytes(seed.content_hash).to_hex();
    let config = building(&seed.config, &seed.relation.to_string());
    FingerprintInputs { body: &body, config: Some(&config), ..FingerprintInputs::default() }.fingerprint()
}

/// The part of a configuration that decides what is built, and where.
fn building(config: &Map<String, Value>, relation: &str) -> Map<String, Value> {
    let entries = config.iter().filter(|(key, _)| !DESCRIBING.contains(&key.as_str()));
    let mut out: Map<_, _> = entries.map(|(key, value)| (key.clone(), value.clone())).collect();
    out.insert("relation".to_owned(), Value::from(relation));
    out
}

fn columns(columns: &[Column]) -> Value {
    let column = |column: &Column| {
        let privacy = column.privacy.as_ref().map(|privacy| json!([privacy.class, privacy.settings]));
        let mut described = vec![json!(column.name), json!(column.data_type), json!(column.nullable), json!(privacy)];
        described.extend(column.from.as_ref().map(|from| json!(from)));
        Value::Array(described)
    };
    columns.iter().map(column).collect()
}
