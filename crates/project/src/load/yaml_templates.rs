//! Jinja inside YAML: rendered before a file is held against its schema.

use std::sync::Arc;

use ade_diagnostic::{Diagnostic, Diagnostics, Location, SourceFile};

use serde_json::Value;

use crate::yaml::{Node, NodeValue, TextStyle};

/// Gives the value of one text: of a single `{{ expression }}` the expression's own.
pub(super) type Render<'a> = dyn Fn(&str, Location) -> Result<Value, Box<Diagnostic>> + Sync + 'a;

/// What is below these keys stays as it is, as in dbt: it is rendered when it is used, when more is known.
const LATER: [&str; 16] = [
    "description",
    "tests",
    "data_tests",
    "unit_tests",
    "pre_hook",
    "pre-hook",
    "post_hook",
    "post-hook",
    "+pre-hook",
    "+post-hook",
    "+pre_hook",
    "+post_hook",
    "on-run-start",
    "on-run-end",
    "vars",
    "query-comment",
];

/// Renders every text below a node. What fails is reported and stays as it is.
pub(super) fn render_tree(node: &mut Node, file: &Arc<SourceFile>, render: &Render<'_>, problems: &mut Diagnostics) {
    match &mut node.value {
        NodeValue::Text(text, _) if is_template(text) => match render(text, file.location(node.span)) {
            Ok(Value::String(rendered)) => node.value = NodeValue::Text(rendered, TextStyle::Rendered),
            Ok(value) => *node = Node::from_json(&value, node.span),
            Err(problem) => problems.push(*problem),
        },
        NodeValue::Sequence(items) => {
            for item in items {
                render_tree(item, file, render, problems);
            }
        }
        NodeValue::Mapping(mapping) => {
            let entries = mapping.entries_mut().iter_mut();
            for entry in entries.filter(|entry| !LATER.contains(&entry.key.as_str())) {
                render_tree(&mut entry.value, file, render, problems);
            }
        }
        _ => {}
    }
}

/// Whether there is anything to render.
pub(super) fn is_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%") || text.contains("{#")
}
