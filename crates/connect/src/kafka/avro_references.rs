//! Schemas of Avro that refer to others by name: each is put where it is named first, so that one text says all.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

/// Schemas within schemas are looked at so deep.
const DEEPEST: usize = 64;

const PRIMITIVES: [&str; 8] = ["null", "boolean", "int", "long", "float", "double", "bytes", "string"];

/// A schema with those that it refers to in it; `None` where they are no schemas, or lie too deep.
pub(crate) fn inlined(schema: &str, named: &BTreeMap<String, String>) -> Option<String> {
    let mut schema: Value = serde_json::from_str(schema).ok()?;
    let parse = |(name, text): (&String, &String)| Some((name.clone(), serde_json::from_str(text).ok()?));
    let named: BTreeMap<String, Value> = named.iter().map(parse).collect::<Option<_>>()?;
    let mut inlining = Inlining { named, defined: BTreeSet::new() };
    inlining.walk(&mut schema, "", 0)?;
    Some(schema.to_string())
}

struct Inlining {
    named: BTreeMap<String, Value>,
    /// What is there already, by full names: a name is defined once.
    defined: BTreeSet<String>,
}

impl Inlining {
    fn walk(&mut self, schema: &mut Value, namespace: &str, depth: usize) -> Option<()> {
        if depth > DEEPEST {
            return None;
        }
        match schema {
            Value::String(name) if PRIMITIVES.contains(&name.as_str()) => Some(()),
            Value::String(name) => {
                let full = full_name(name, namespace);
                let full =
                    if self.named.contains_key(&full) || self.defined.contains(&full) { full } else { name.clone() };
                if !self.defined.contains(&full)
                    && let Some(definition) = self.named.get(&full)
                {
                    *schema = definition.clone();
                    keep_out(schema, namespace);
                    return self.walk(schema, namespace, depth + 1);
                }
                *schema = Value::String(full);
                Some(())
            }
            Value::Array(alternatives) => {
                alternatives.iter_mut().try_for_each(|one| self.walk(one, namespace, depth + 1))
            }
            Value::Object(object) => self.object(object, namespace, depth),
            _ => None,
        }
    }

    fn object(&mut self, object: &mut Map<String, Value>, namespace: &str, depth: usize) -> Option<()> {
        let kind = object.get("type")?.as_str().unwrap_or_default().to_owned();
        let within = match kind.as_str() {
            "array" => "items",
            "map" => "values",
            "record" | "error" | "enum" | "fixed" => {
                let name = object.get("name")?.as_str()?.to_owned();
                let own = object.get("namespace").and_then(Value::as_str).unwrap_or(namespace).to_owned();
                let full = full_name(&name, &own);
                let own = full.rsplit_once('.').map_or("", |(own, _)| own).to_owned();
                let _ = self.defined.insert(full);
                let fields = object.get_mut("fields").and_then(Value::as_array_mut).into_iter().flatten();
                for field in fields {
                    self.walk(field.get_mut("type")?, &own, depth + 1)?;
                }
                return Some(());
            }
            _ => "type",
        };
        self.walk(object.get_mut(within)?, namespace, depth + 1)
    }
}

fn full_name(name: &str, namespace: &str) -> String {
    if name.contains('.') || namespace.is_empty() { name.to_owned() } else { format!("{namespace}.{name}") }
}

/// A schema without a namespace has none wherever it stands.
fn keep_out(schema: &mut Value, namespace: &str) {
    if let Some(object) = schema.as_object_mut().filter(|_| !namespace.is_empty())
        && !object.contains_key("namespace")
        && object.get("name").and_then(Value::as_str).is_some_and(|name| !name.contains('.'))
    {
        let _ = object.insert("namespace".to_owned(), Value::String(String::new()));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_schema_stands_where_it_is_named_first_and_by_name_behind() {
        let place = json!({"type": "record", "name": "Place", "namespace": "shop", "fields": [
            {"name": "city", "type": "string"}, {"name": "country", "type": "shop.Country"}]});
        let country = json!({"type": "enum", "name": "shop.Country", "symbols": ["DE", "FR"]});
        let order = json!({"type": "record", "name": "Order", "namespace": "shop", "fields": [
            {"name": "from", "type": ["null", "Place"]},
            {"name": "to", "type": {"type": "array", "items": "shop.Place"}},
            {"name": "next", "type": ["null", "Order"]}]});
        let named = [("shop.Place", &place), ("shop.Country", &country)];
        let named = named.map(|(name, schema)| (name.to_owned(), schema.to_string())).into();
        let whole: Value = serde_json::from_str(&inlined(&order.to_string(), &named).unwrap()).unwrap();
        let fields = &whole["fields"];
        assert_eq!(fields[0]["type"][1]["fields"][1]["type"], country);
        assert_eq!(fields[1]["type"]["items"], json!("shop.Place"));
        assert_eq!(fields[2]["type"][1], json!("shop.Order"), "a record may hold itself");
        assert_eq!(inlined("{", &BTreeMap::new()), None);
    }

    #[test]
    fn a_schema_without_a_namespace_keeps_out_of_others() {
        let named = [("Plain".to_owned(), json!({"type": "fixed", "name": "Plain", "size": 2}).to_string())].into();
        let order = json!({"type": "record", "name": "shop.Order", "fields": [{"name": "a", "type": "Plain"}]});
        let whole: Value = serde_json::from_str(&inlined(&order.to_string(), &named).unwrap()).unwrap();
        assert_eq!(whole["fields"][0]["type"]["namespace"], json!(""));
    }
}
