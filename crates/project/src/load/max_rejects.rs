//! `max_rejects:` of sources and their tables.

use std::sync::Arc;

use ade_diagnostic::{Diagnostic, Diagnostics, SourceFile, rule};

use crate::file::{SourceDeclaration, TableDeclaration};
use crate::resource::MaxRejects;
use crate::yaml::Node;

/// What holds for a table: its own word, its source's, or the default.
pub(super) fn resolve(
    file: &Arc<SourceFile>,
    source: &SourceDeclaration,
    table: &TableDeclaration,
    problems: &mut Diagnostics,
) -> MaxRejects {
    let Some(node) = table.max_rejects.as_ref().or(source.max_rejects.as_ref()) else { return MaxRejects::default() };
    parse(node).unwrap_or_else(|| {
        let message = format!("`{}` does not say how many rejects a load may have", file.slice(node.span));
        let problem = Diagnostic::error(&rule::INVALID_VALUE, message).at(file.location(node.span));
        // The source's own slip is told once, with its first table.
        if table.max_rejects.is_some() || source.tables.first().is_some_and(|first| first.name == table.name) {
            problems.push(problem.hint("write a number of records such as `100`, or a share of them such as `0.5 %`"));
        }
        MaxRejects::default()
    })
}

/// A number of records, or a share of them.
fn parse(node: &Node) -> Option<MaxRejects> {
    if let Some(number) = node.as_number() {
        return number.as_u64().map(|rows| MaxRejects { rows, percent: 0.0 });
    }
    let percent: f64 = node.as_text()?.trim().strip_suffix('%')?.trim().parse().ok()?;
    (0.0..=100.0).contains(&percent).then_some(MaxRejects { rows: 0, percent })
}
