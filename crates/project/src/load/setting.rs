//! Settings with references, from nodes.

use std::sync::Arc;

use ade_diagnostic::{Diagnostic, Diagnostics, SourceFile, Span, rule};

use crate::Setting;
use crate::yaml::{Node, NodeValue};

/// Text with references; a bad one is reported and taken as it stands.
pub(super) fn text(file: &Arc<SourceFile>, text: &str, span: Span, problems: &mut Diagnostics) -> Setting {
    Setting::parse(text).unwrap_or_else(|invalid| {
        let message = format!("`${{{}}}` is not a reference to a secret", invalid.text);
        // Quotes before the text move it by a byte at most; escapes can move it further, so look for it.
        let inner = file.slice(span).find(&format!("${{{}", invalid.text)).unwrap_or_default();
        let length = invalid.text.len() + 3;
        let at = Span::new(span.start + inner, (span.start + inner + length).min(span.end));
        let problem = Diagnostic::error(&rule::INVALID_REFERENCE, message).at(file.location(at));
        problems.push(problem.hint("write `${env:NAME}`, `${file:path}`, or `$${` for a literal `${`"));
        Setting::text(text)
    })
}

/// Any value with references.
pub(super) fn value(file: &Arc<SourceFile>, node: &Node, problems: &mut Diagnostics) -> Setting {
    match &node.value {
        NodeValue::Text(value, _) => text(file, value, node.span, problems),
        NodeValue::Sequence(items) => Setting::List(items.iter().map(|item| value(file, item, problems)).collect()),
        NodeValue::Mapping(mapping) => {
            let entries = mapping.entries().iter();
            Setting::Map(entries.map(|entry| (entry.key.clone(), value(file, &entry.value, problems))).collect())
        }
        _ => Setting::Plain(node.to_json()),
    }
}
