//! What a key of a file takes, in words, from its JSON Schema.
use serde_json::Value;

/// What `schema` takes: `text`, `list of text`, a link to the section of a mapping, or the words that there are.
pub(super) fn key_type(schema: &Value, definitions: &Value) -> String {
    let mut kinds = Vec::new();
    collect(schema, definitions, &mut kinds);
    kinds.retain(|kind| !kind.is_empty());
    let mut seen: Vec<String> = Vec::new();
    for kind in kinds {
        if !seen.contains(&kind) {
            seen.push(kind);
        }
    }
    if seen.is_empty() { "anything".to_owned() } else { seen.join(" or ") }
}

fn collect(schema: &Value, definitions: &Value, kinds: &mut Vec<String>) {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        kinds.push(referred(reference.rsplit('/').next().unwrap_or_default(), definitions));
        return;
    }
    for alternatives in ["anyOf", "oneOf"] {
        for alternative in schema.get(alternatives).and_then(Value::as_array).into_iter().flatten() {
            collect(alternative, definitions, kinds);
        }
    }
    let words =
        schema.get("const").into_iter().chain(schema.get("enum").and_then(Value::as_array).into_iter().flatten());
    let words: Vec<String> = words.filter(|word| !word.is_null()).map(|word| format!("`{}`", plain(word))).collect();
    if !words.is_empty() {
        kinds.push(words.join(" or "));
        return;
    }
    let types: Vec<&str> = match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    for name in types {
        kinds.push(match name {
            "string" => "text".to_owned(),
            "boolean" => "`true` or `false`".to_owned(),
            "integer" => "whole number".to_owned(),
            "number" => "number".to_owned(),
            "array" => format!(
                "list of {}",
                schema.get("items").map_or("anything".to_owned(), |items| key_type(items, definitions))
            ),
            "object" => match schema.get("additionalProperties") {
                Some(values @ Value::Object(_)) => format!("mapping of names to {}", key_type(values, definitions)),
                _ => "mapping".to_owned(),
            },
            _ => String::new(),
        });
    }
}

/// A definition: a link to its section if it has keys of its own, else what it takes.
fn referred(name: &str, definitions: &Value) -> String {
    let Some(definition) = definitions.get(name) else { return name.to_owned() };
    if has_section(definition) {
        let title = title(name, definition);
        return format!("[{title}](#{})", anchor(&title));
    }
    key_type(definition, definitions)
}

/// Whether a definition has a section: those with keys of their own have titles.
pub(super) fn has_section(definition: &Value) -> bool {
    definition.get("title").is_some()
}

/// The title of a definition's section.
pub(super) fn title(name: &str, definition: &Value) -> String {
    definition.get("title").and_then(Value::as_str).unwrap_or(name).to_owned()
}

/// The anchor that a heading gets: lower case, letters, digits, hyphens and underscores, spaces as hyphens.
pub(super) fn anchor(title: &str) -> String {
    title
        .chars()
        .filter_map(|letter| match letter {
            ' ' => Some('-'),
            '-' | '_' => Some(letter),
            _ if letter.is_alphanumeric() => letter.to_lowercase().next(),
            _ => None,
        })
        .collect()
}

/// A value as YAML writes it in a line.
pub(super) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn types_read_as_words() {
        let definitions = json!({
            "Mode": { "oneOf": [{ "const": "full" }, { "const": "incremental" }] },
            "Table": { "title": "a table", "properties": {} },
        });
        let of = |schema: Value| key_type(&schema, &definitions);
        assert_eq!(of(json!({ "type": ["string", "null"] })), "text");
        assert_eq!(of(json!({ "anyOf": [{ "$ref": "#/$defs/Mode" }, { "type": "null" }] })), "`full` or `incremental`");
        assert_eq!(of(json!({ "type": "array", "items": { "$ref": "#/$defs/Table" } })), "list of [a table](#a-table)");
        let texts =
            json!({ "anyOf": [{ "type": "string" }, { "type": ["array", "null"], "items": { "type": "string" } }] });
        assert_eq!(of(texts), "text or list of text");
        assert_eq!(
            of(json!({ "type": "object", "additionalProperties": { "type": "string" } })),
            "mapping of names to text"
        );
        assert_eq!(of(json!({})), "anything");
    }
}
