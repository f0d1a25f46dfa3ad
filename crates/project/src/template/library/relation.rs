//! Attributes and methods of relations.

use crate::template::interpret::{Args, Outcome, Raise};
use crate::template::value::Value;
use crate::template::{RelationKind, TemplateRelation};

/// `relation.name`.
pub(crate) fn relation_attribute(relation: &TemplateRelation, name: &str) -> Option<Value> {
    Some(match name {
        "database" => Value::from(relation.database.as_deref().unwrap_or_default()),
        "schema" => Value::from(relation.schema.as_deref().unwrap_or_default()),
        "identifier" | "name" | "table" => Value::from(relation.identifier.as_str()),
        "type" => Value::from(relation.kind.word()),
        "is_table" => Value::Bool(relation.kind == RelationKind::Table),
        "is_view" => Value::Bool(relation.kind == RelationKind::View),
        "is_cte" => Value::Bool(relation.kind == RelationKind::Cte),
        _ => return None,
    })
}

pub(super) const METHODS: [&str; 6] = ["include", "quote", "render", "without_identifier", "incorporate", "get"];

/// `relation.name(…)`.
pub(super) fn call(relation: &TemplateRelation, name: &str, args: &Args) -> Option<Outcome> {
    Some(match name {
        "render" => Ok(Value::from(relation.to_string())),
        // All parts are quoted, always.
        "quote" => Ok(Value::from(relation.clone())),
        "include" => include(relation, args),
        "without_identifier" => {
            Ok(Value::from(relation.schema.as_deref().map(super::super::template_relation::quote_identifier)))
        }
        "incorporate" => incorporate(relation, args),
        "get" => Ok(args
            .positional
            .first()
            .and_then(|name| relation_attribute(relation, name.as_str()?))
            .unwrap_or(Value::None)),
        _ => return None,
    })
}

fn include(relation: &TemplateRelation, args: &Args) -> Outcome {
    let [database, schema, identifier] = args.bind("include", ["database", "schema", "identifier"], 0)?;
    let off = |part: Option<Value>| part.is_some_and(|part| !part.is_true());
    let mut kept = relation.clone();
    if off(database) {
        kept.database = None;
    }
    if off(schema) {
        kept.schema = None;
    }
    if off(identifier) {
        return Err(Raise::plain("a relation without its identifier has no name; use `relation.schema`"));
    }
    Ok(Value::from(kept))
}

fn incorporate(relation: &TemplateRelation, args: &Args) -> Outcome {
    let [path, kind] = args.bind("incorporate", ["path", "type"], 0)?;
    let mut changed = relation.clone();
    if let Some(path) = path {
        let part = |name: &str| super::core::entry(&path, name).and_then(|value| Args::text(Some(value)));
        changed.schema = part("schema").or(changed.schema);
        changed.identifier = part("identifier").unwrap_or(changed.identifier);
        changed.database = part("database").or(changed.database);
    }
    if let Some(kind) = kind {
        changed.kind = kind_of(&kind);
    }
    Ok(Value::from(changed))
}

/// The kind of dbt's word.
pub(super) fn kind_of(word: &Value) -> RelationKind {
    match word.as_str() {
        Some("table") => RelationKind::Table,
        Some("view") => RelationKind::View,
        Some("cte") => RelationKind::Cte,
        _ => RelationKind::Unknown,
    }
}
