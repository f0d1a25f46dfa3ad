//! The page of the kinds of files, from their JSON Schemas.
use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::Value;

use super::key_type::{has_section, key_type, plain, title};
use super::{GENERATED, cell};

/// Keys that are read for dbt's sake end their description with one of these.
const WITHOUT_EFFECT: &str = ": no effect.";
const NOT_SUPPORTED: &str = ": not supported.";

/// `docs/reference/files.md`.
pub(super) fn markdown(schemas: &[(&'static str, Value)]) -> String {
    let mut out = format!(
        "# Kinds of files\n\n{GENERATED} The same as JSON Schemas, for editors: [`schemas/`](../../schemas), or `ade schema`.\n\n\
         Every key may be left out unless its default says *required*. Unknown keys are errors.\n"
    );
    let mut described = BTreeSet::new();
    for (_, schema) in schemas {
        section(&mut out, 2, &title("", schema), schema, &schema["$defs"]);
        for (name, definition) in schema["$defs"].as_object().into_iter().flatten() {
            if !has_section(definition) || !described.insert(title(name, definition)) {
                continue;
            }
            match definition.get("properties") {
                Some(_) => section(&mut out, 3, &title(name, definition), definition, &schema["$defs"]),
                None => alternatives(&mut out, definition),
            }
        }
    }
    out
}

/// A section with the table of its keys.
fn section(out: &mut String, level: usize, title: &str, schema: &Value, definitions: &Value) {
    let _ = write!(out, "\n{} {title}\n\n{}\n", "#".repeat(level), paragraph(schema));
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let (mut rows, mut idle, mut missing) = (String::new(), Vec::new(), Vec::new());
    for (name, key) in schema["properties"].as_object().into_iter().flatten() {
        let text = paragraph(key);
        if text.ends_with(WITHOUT_EFFECT) {
            idle.push(format!("`{name}`"));
        } else if text.ends_with(NOT_SUPPORTED) {
            missing.push(format!("`{name}`"));
        } else {
            let (meaning, default) = meaning_and_default(&text, key, required.contains(&name.as_str()));
            let _ = writeln!(rows, "| `{name}` | {} | {default} | {meaning} |", cell(&key_type(key, definitions)));
        }
    }
    if !rows.is_empty() {
        let _ = write!(out, "\n| key | takes | default | meaning |\n|---|---|---|---|\n{rows}");
    }
    if !idle.is_empty() {
        let _ = write!(out, "\nRead for dbt's sake, without effect: {}.\n", idle.join(", "));
    }
    if !missing.is_empty() {
        let _ = write!(out, "\nNot supported: {}.\n", missing.join(", "));
    }
}

/// A section of a definition that is one of several mappings: the connections.
fn alternatives(out: &mut String, definition: &Value) {
    let _ = write!(out, "\n### {}\n\n{}\n\n", title("", definition), paragraph(definition));
    for kind in definition["anyOf"].as_array().into_iter().flatten() {
        let (name, title) = (plain(&kind["properties"]["type"]["const"]), plain(&kind["title"]));
        let _ = writeln!(out, "- [`type: {name}`](connectors.md): {title}");
    }
}

fn paragraph(schema: &Value) -> String {
    schema["description"].as_str().map(|text| text.split_whitespace().collect::<Vec<_>>().join(" ")).unwrap_or_default()
}

/// The description less its `Default: …`, and the default.
fn meaning_and_default(text: &str, key: &Value, required: bool) -> (String, String) {
    let (meaning, said) = text.split_once("Default: ").unwrap_or((text, ""));
    let default = match key.get("default") {
        Some(default) => format!("`{}`", cell(&plain(default))),
        None if required => "*required*".to_owned(),
        None => cell(said.trim_end_matches('.')),
    };
    (cell(meaning), default)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_schema_becomes_a_table_of_its_keys() {
        let schema = json!({
            "title": "`ade.yml`",
            "description": "The project's own file.",
            "required": ["name"],
            "properties": {
                "name": { "type": "string", "description": "Its name." },
                "lake": { "type": ["string", "null"], "description": "A folder. Default: `lake`." },
                "docs": { "description": "dbt's site: no effect." },
            },
        });
        let text = markdown(&[("ade", schema)]);
        let section = text.split_once("## `ade.yml`\n").unwrap().1;
        assert_eq!(
            section,
            "\nThe project's own file.\n\n| key | takes | default | meaning |\n|---|---|---|---|\n\
             | `name` | text | *required* | Its name. |\n| `lake` | text | `lake` | A folder. |\n\
             \nRead for dbt's sake, without effect: `docs`.\n"
        );
    }
}
