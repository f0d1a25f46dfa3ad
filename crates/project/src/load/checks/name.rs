//! Names and ids of generic checks, as dbt makes them (`synthesize_generic_test_names` in
//! `dbt/parser/generic_test_builders.py`), so that selections and dashboards of dbt projects keep working. dbt cuts
//! long names with an MD5; ours use BLAKE3.

use serde_json::Value;

use super::call::CheckCall;
use crate::NodeId;

/// The longest name that is used whole, in bytes: names of tables in PostgreSQL.
const LONGEST: usize = 63;

/// The names of a check.
pub(super) struct Names {
    /// With all arguments.
    pub(super) full: String,
    /// Short enough for a table.
    pub(super) short: String,
}

/// `unique_orders_order_id`, `accepted_values_orders_status__placed__shipped`.
pub(super) fn synthesize(prefix: &str, call: &CheckCall, title: &str) -> Names {
    let package = call.package.as_ref().map(|package| format!("{package}_")).unwrap_or_default();
    let identifier = format!("{package}{prefix}{}_{title}", call.name);
    let mut arguments: Vec<(String, Value)> = call.named_arguments();
    if let Some(column) = &call.column {
        arguments.push(("column_name".to_owned(), Value::from(column.as_str())));
    }
    arguments.sort_by(|left, right| left.0.cmp(&right.0));
    let mut parts = Vec::new();
    for (_, value) in &arguments {
        match value {
            Value::Array(items) => parts.extend(items.iter().map(python_text)),
            Value::Object(entries) => parts.extend(entries.values().map(python_text)),
            other => parts.push(python_text(other)),
        }
    }
    let parts: Vec<String> = parts.iter().map(|part| clean(part)).collect();
    let full = format!("{identifier}_{}", parts.join("__"));
    let short = if full.len() <= LONGEST {
        full.clone()
    } else {
        let cut = identifier.floor_char_boundary(30);
        let hash = blake3::hash(full.as_bytes()).to_hex();
        format!("{}_{}", &identifier[..cut], &hash[..32])
    };
    Names { full, short }
}

/// Ten hexadecimal digits that tell checks of the same name at different tables apart.
pub(super) fn hash(target: &NodeId, name: &str) -> String {
    let hash = blake3::hash(format!("{target}\0{name}").as_bytes());
    hash.to_hex()[..10].to_owned()
}

/// Python's `str()`.
fn python_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Null => "None".to_owned(),
        other => other.to_string(),
    }
}

/// Every run of characters other than letters, digits and `_` becomes one `_`.
fn clean(text: &str) -> String {
    let mut out = String::new();
    let mut gap = false;
    for character in text.chars() {
        if character.is_ascii_alphanumeric() || character == '_' {
            if gap {
                out.push('_');
            }
            gap = false;
            out.push(character);
        } else {
            gap = true;
        }
    }
    if gap {
        out.push('_');
    }
    out
}
