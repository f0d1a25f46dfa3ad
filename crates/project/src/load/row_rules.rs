//! `rows:`, `deleted:` and `on_delete:` of a source table.

use std::collections::HashMap;
use std::sync::Arc;

use ade_diagnostic::{Diagnostic, Diagnostics, SourceFile, rule};

use crate::file::TableDeclaration;
use crate::resource::{Ingest, IngestMode, OnDelete, RowCondition, RowRule, Sweep};
use crate::yaml::Spanned;

/// What is declared about rows of a table.
#[derive(Debug, Default)]
pub(super) struct RowRules {
    pub(super) rules: Vec<RowRule>,
    pub(super) deleted: Option<RowCondition>,
    pub(super) on_delete: OnDelete,
}

pub(super) fn resolve(
    file: &Arc<SourceFile>,
    table: &TableDeclaration,
    ingest: Option<&Ingest>,
    problems: &mut Diagnostics,
) -> RowRules {
    let name = &table.name.value;
    let at = |span| file.location(span);
    let declared = [
        table.rows.first().map(|first| ("rows", first.name.span)),
        table.deleted.as_ref().map(|deleted| ("deleted", deleted.span)),
        table.on_delete.as_ref().map(|on_delete| ("on_delete", on_delete.span)),
    ];
    let Some(ingest) = ingest else {
        for (key, span) in declared.into_iter().flatten() {
            let message = format!("`{name}` has `{key}` but its source has no connection");
            let problem = Diagnostic::error(&rule::INVALID_INGEST, message).at(at(span));
            problems.push(problem.hint("add `connection: <name>` to the source"));
        }
        return RowRules::default();
    };
    let mut first = HashMap::new();
    for declared in table.rows.iter() {
        if let Some(earlier) = first.insert(declared.name.value.to_lowercase(), at(declared.name.span)) {
            let message = format!("`{name}` has two rules `{}`", declared.name.value);
            let problem = Diagnostic::error(&rule::DUPLICATE_RESOURCE, message).at(at(declared.name.span));
            problems.push(problem.related(earlier, "first here"));
        }
        if declared.name.value.contains(',') {
            let message = format!("the name of rule `{}` of `{name}` holds a comma", declared.name.value);
            let problem = Diagnostic::error(&rule::INVALID_VALUE, message).at(at(declared.name.span));
            problems.push(problem.hint("commas stand between the names in `_ade_marks`"));
        }
    }
    let condition = |sql: &Spanned<String>| RowCondition { sql: sql.value.clone(), origin: at(sql.span) };
    let rules = table.rows.iter().map(|rule| RowRule {
        name: rule.name.value.clone(),
        condition: condition(&rule.r#where),
        then: rule.then.value,
    });
    let rules = rules.collect();
    let deleted = table.deleted.as_ref().map(condition);
    if let Some(on_delete) = table.on_delete.as_ref().filter(|on_delete| on_delete.value == OnDelete::Mark) {
        let is_compared = ingest.mode == IngestMode::Full && !ingest.key.is_empty();
        let is_told =
            deleted.is_some() || ingest.mode == IngestMode::Capture || ingest.sweep != Sweep::Never || is_compared;
        if !is_told {
            let message = format!("`on_delete: mark` of `{name}` has no effect, because nothing tells what is deleted");
            let problem = Diagnostic::error(&rule::INVALID_INGEST, message).at(at(on_delete.span));
            problems.push(problem.hint(match ingest.mode {
                IngestMode::Full => {
                    "add `deleted: <column or condition>`, or a `key` to `ingest`, by which a load knows what it does not find any more"
                }
                _ => "add `deleted: <column or condition>`, or `sweep: 1 day` to `ingest`",
            }));
        }
    }
    RowRules { rules, deleted, on_delete: table.on_delete.as_ref().map(|word| word.value).unwrap_or_default() }
}
