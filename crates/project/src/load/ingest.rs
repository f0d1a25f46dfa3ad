//! `ingest:` of a source table.

use std::collections::BTreeMap;
use std::sync::Arc;

use ade_diagnostic::{Diagnostic, Diagnostics, SourceFile, rule, suggest};
use indexmap::IndexMap;
use serde_json::Map;

use super::privacy::without;
use super::root_files::decode_checked;
use crate::file::{IngestDeclaration, TableDeclaration, parse_overlap, parse_sweep};
use crate::resource::{Column, Connection, Ingest, IngestMode, Overlap, Sweep};
use crate::yaml::{Mapping, Node, Spanned};

/// How the table comes in; `None` when it has no connection.
pub(super) fn resolve(
    file: &Arc<SourceFile>,
    table: &TableDeclaration,
    connection: Option<&str>,
    connections: &IndexMap<String, Connection>,
    columns: &[Column],
    problems: &mut Diagnostics,
) -> Option<Ingest> {
    let node = table.ingest.as_ref();
    let Some(connection) = connection else {
        if let Some(node) = node {
            let at = node
                .as_mapping()
                .and_then(|mapping| mapping.entries().first())
                .map_or(node.span, |first| first.key_span);
            let message = format!("`{}` has `ingest` but its source has no connection", table.name.value);
            let problem = Diagnostic::error(&rule::INVALID_INGEST, message).at(file.location(at));
            problems.push(problem.hint("add `connection: <name>` to the source"));
        }
        return None;
    };
    let origin = file.location(node.map_or(table.name.span, |node| node.span));
    let declared: IngestDeclaration = node.map(|node| decode_checked(file, node, problems)).unwrap_or_default();
    let mapping = node.and_then(Node::as_mapping);
    let entries = mapping.map_or(&[][..], Mapping::entries).iter();
    let others = entries.filter(|entry| !IngestDeclaration::KEYS.contains(&entry.key.as_str()));
    let mut known = IngestDeclaration::KEYS.to_vec();
    let slips = others.clone().filter(|entry| suggest(&entry.key, IngestDeclaration::KEYS).is_some());
    for slip in slips {
        let message = format!("unknown key `{}` in `ingest` of `{}`", slip.key, table.name.value);
        let problem = Diagnostic::error(&rule::UNKNOWN_KEY, message).at(file.location(slip.key_span));
        problems.push(problem.suggestion(&slip.key, IngestDeclaration::KEYS));
        // Its connector would say that it does not know it either.
        known.push(&slip.key);
    }
    let option_origins: BTreeMap<_, _> =
        others.map(|entry| (entry.key.clone(), file.location(entry.key_span))).collect();
    let kind = connections.get(connection).map(|connection| connection.kind.as_str());
    check(file, table, &declared, kind, problems);
    if kind == Some("events")
        && let Some(mode) = declared.mode.as_ref().filter(|mode| mode.value != IngestMode::Incremental)
    {
        let message = format!("`{}` is of events, which arrive once: it cannot be read in this mode", table.name.value);
        let problem = Diagnostic::error(&rule::INVALID_INGEST, message).at(file.location(mode.span));
        problems.push(
            problem.hint("remove `mode`: what arrives is added, and with a `key` the latest row of each key stays"),
        );
    }
    let sweep = declared.sweep.as_ref().map(|node| sweep(file, table, &declared, kind, node, problems));
    for column in declared.cursor.iter().chain(declared.key.iter()) {
        check_column(file, table, column, columns, problems);
    }
    Some(Ingest {
        from: declared.from.map_or_else(|| table.name.value.clone(), |from| from.value),
        mode: declared.mode.map(|mode| mode.value).unwrap_or_default(),
        cursor: declared.cursor.map(|cursor| cursor.value),
        overlap: declared.overlap.as_ref().and_then(|overlap| self::overlap(file, overlap, problems)),
        key: declared.key.0.into_iter().map(|key| key.value).collect(),
        sweep: sweep.unwrap_or_default(),
        options: mapping.map_or_else(Map::new, |mapping| without(mapping, &known)),
        option_origins,
        origin,
    })
}

fn overlap(file: &Arc<SourceFile>, node: &Node, problems: &mut Diagnostics) -> Option<Overlap> {
    let overlap = parse_overlap(node);
    if overlap.is_none() {
        let message = format!("`{}` is not an overlap", file.slice(node.span));
        let problem = Diagnostic::error(&rule::INVALID_VALUE, message).at(file.location(node.span));
        problems.push(problem.hint("write a duration such as `1 hour` or `2 days`, or a number for number cursors"));
    }
    overlap
}

fn sweep(
    file: &Arc<SourceFile>,
    table: &TableDeclaration,
    declared: &IngestDeclaration,
    kind: Option<&str>,
    node: &Node,
    problems: &mut Diagnostics,
) -> Sweep {
    let name = &table.name.value;
    let mut report = |message: String, hint: &str| {
        problems.push(Diagnostic::error(&rule::INVALID_INGEST, message).at(file.location(node.span)).hint(hint));
    };
    let Some(sweep) = parse_sweep(node) else {
        let message = format!("`{}` does not say how often to sweep", file.slice(node.span));
        report(message, "write `never`, `every`, or a duration such as `1 day`");
        return Sweep::Never;
    };
    let mode = declared.mode.as_ref().map(|mode| mode.value).unwrap_or_default();
    if sweep == Sweep::Never {
        return sweep;
    }
    match mode {
        IngestMode::Full => {
            report(format!("`sweep` of `{name}` has no effect, because each run reads the whole table"), "remove it");
        }
        IngestMode::Capture => {
            report(format!("`sweep` of `{name}` has no effect, because the log tells what is deleted"), "remove it");
        }
        IngestMode::Incremental if kind == Some("files") => {
            report(format!("`sweep` of `{name}` has no effect: rows of files go with their files"), "remove it");
        }
        IngestMode::Incremental if kind == Some("kafka") => {
            report(
                format!("`sweep` of `{name}` has no effect: a topic says by tombstones what is deleted"),
                "remove it",
            );
        }
        IngestMode::Incremental if declared.key.is_empty() => {
            report(format!("`{name}` has a `sweep` and no `key` to compare"), "add `key: [<columns>]`");
        }
        IngestMode::Incremental => return sweep,
    }
    Sweep::Never
}

fn check(
    file: &Arc<SourceFile>,
    table: &TableDeclaration,
    declared: &IngestDeclaration,
    kind: Option<&str>,
    problems: &mut Diagnostics,
) {
    let name = &table.name.value;
    let incremental = declared.mode.as_ref().filter(|mode| mode.value == IngestMode::Incremental);
    // Files know what is new by their content, topics by their offsets, taps by themselves; databases need a column that tells.
    let needs_cursor = kind.is_some_and(|kind| !matches!(kind, "events" | "files" | "kafka" | "singer"));
    let capture = declared.mode.as_ref().filter(|mode| mode.value == IngestMode::Capture);
    if let Some(mode) = capture
        && declared.key.is_empty()
    {
        let message = format!("`{name}` is captured but has no `key`, so nothing says which row a change is of");
        let problem = Diagnostic::error(&rule::INVALID_INGEST, message).at(file.location(mode.span));
        problems.push(problem.hint("add `key: [<columns>]`: the primary key of the table"));
    }
    match (incremental, &declared.cursor, &declared.overlap) {
        (_, Some(cursor), _) if capture.is_some() => {
            let message =
                format!("the `cursor` of `{name}` has no effect, because the database's log says what changed");
            let problem = Diagnostic::warning(&rule::INVALID_INGEST, message).at(file.location(cursor.span));
            problems.push(problem.hint("remove the cursor"));
        }
        (Some(mode), None, _) if needs_cursor => {
            let message = format!("`{name}` is incremental but has no `cursor`");
            let problem = Diagnostic::error(&rule::INVALID_INGEST, message).at(file.location(mode.span));
            problems.push(problem.hint("add `cursor: <column>`: a column that grows with every change of a row"));
        }
        (None, Some(cursor), _) => {
            let message = format!("the `cursor` of `{name}` has no effect, because each run reads the whole table");
            let problem = Diagnostic::warning(&rule::INVALID_INGEST, message).at(file.location(cursor.span));
            problems.push(problem.hint("add `mode: incremental`, or remove the cursor"));
        }
        (_, None, Some(overlap)) => {
            let message = format!("`{name}` has an `overlap` but no `cursor`");
            let problem = Diagnostic::error(&rule::INVALID_INGEST, message).at(file.location(overlap.span));
            problems.push(problem.hint("add `cursor: <column>`, or remove the overlap"));
        }
        // Each read begins with the rows that the last one ended with: there may be new ones with the same value.
        (Some(_), Some(cursor), _) if declared.key.is_empty() => {
            let message = format!("`{name}` reads its last rows again and has no `key`, so they would be there twice");
            let problem = Diagnostic::error(&rule::INVALID_INGEST, message).at(file.location(cursor.span));
            problems.push(problem.hint("add `key: [<columns>]`: the columns that identify a row"));
        }
        _ => {}
    }
}

fn check_column(
    file: &Arc<SourceFile>,
    table: &TableDeclaration,
    column: &Spanned<String>,
    columns: &[Column],
    problems: &mut Diagnostics,
) {
    let known = || columns.iter().map(|column| column.name.as_str());
    if columns.is_empty() || known().any(|name| name.eq_ignore_ascii_case(&column.value)) {
        return;
    }
    let message = format!("`{}` has no column `{}`", table.name.value, column.value);
    let problem = Diagnostic::error(&rule::UNKNOWN_COLUMN, message).at(file.location(column.span));
    problems.push(problem.suggestion(&column.value, known()));
}
