//! Sources of events.

use ade_diagnostic::{Diagnostic, Diagnostics, rule};
use indexmap::IndexMap;

use super::columns;
use super::context::Context;
use super::declarations::Declared;
use crate::file::{ColumnDeclaration, SourceDeclaration, TableDeclaration};
use crate::resource::{
    Column, ColumnPrivacy, Drift, DriftKind, DriftPolicy, EventSource, IngestMode, MaxRejects, OnDelete, RowCondition,
    SourceTable,
};
use crate::{NodeId, NodeKind};

/// Tables that may appear by themselves, unless something else is said.
const MOST_NEW_TABLES: usize = 200;

/// Whether a source's events are collected.
pub(super) fn is_collected(source: &SourceDeclaration, context: &Context<'_>) -> bool {
    let connection = source.connection.as_ref().and_then(|name| context.connections.get(&name.value));
    connection.is_some_and(|connection| connection.kind == "events")
}

/// The columns of a table with those that its source says of every table, where it does not list them itself.
pub(super) fn columns_of(source: &SourceDeclaration, table: &TableDeclaration) -> Vec<ColumnDeclaration> {
    let mut all: Vec<ColumnDeclaration> = Vec::new();
    let from = table.ingest.as_ref().and_then(|ingest| ingest.as_mapping()?.get("from")?.as_text());
    let from = from.unwrap_or(&table.name.value);
    if from == "users" || is_of_changes(from) {
        // A row of it is a user, or of another system, and no call.
        return table.columns.to_vec();
    }
    let shared = source.events.iter().flat_map(|events| events.columns.iter());
    let is_listed = |name: &str| table.columns.iter().any(|own| own.name.value.eq_ignore_ascii_case(name));
    all.extend(shared.filter(|column| !is_listed(&column.name.value)).cloned());
    all.extend(table.columns.iter().cloned());
    all
}

/// Whether a table holds rows of another system.
fn is_of_changes(from: &str) -> bool {
    from.starts_with("changes:") || from.starts_with("history:")
}

/// Columns that say what became of a row of another system. They land without anybody listing them: nothing of a row is in them.
fn of_changes(resolved: &SourceTable) -> Vec<Column> {
    let columns = [("change_id", "varchar"), ("change_op", "varchar"), ("changed_at", "timestamptz")];
    let new = columns.into_iter().filter(|(name, _)| resolved.column(name).is_none());
    new.map(|(name, data_type)| Column {
        name: name.to_owned(),
        from: None,
        description: String::new(),
        data_type: Some(data_type.to_owned()),
        nullable: true,
        privacy: Some(ColumnPrivacy {
            class: Some("public".to_owned()),
            settings: serde_json::Map::new(),
            origin: resolved.origin.clone(),
        }),
        undecided: None,
        tags: Vec::new(),
        meta: serde_json::Map::new(),
        origin: resolved.origin.clone(),
        data_type_origin: None,
    })
    .collect()
}

/// What differs for a table of events from one that a system keeps: events come from programs that nobody can ask, so what does
/// not fit is kept apart rather than kept waiting, unless the project says otherwise.
pub(super) fn with_defaults(
    source: &SourceDeclaration,
    table: &TableDeclaration,
    resolved: &mut SourceTable,
    problems: &mut Diagnostics,
) {
    let defaults = [
        (DriftKind::NewColumn, DriftPolicy::Evolve),
        (DriftKind::RetypedColumn, DriftPolicy::QuarantineRows),
        (DriftKind::NewlyNullable, DriftPolicy::QuarantineRows),
        (DriftKind::BrokenRecord, DriftPolicy::QuarantineRows),
    ];
    let says = &mut resolved.drift.source;
    for (kind, policy) in defaults {
        if !(says.kinds.contains_key(&kind) || says.all.is_some_and(|all| kind.refuses(all).is_none())) {
            says.kinds.insert(kind, policy);
        }
    }
    if table.max_rejects.is_none() && source.max_rejects.is_none() {
        resolved.max_rejects = MaxRejects { rows: u64::MAX, percent: 100.0 };
    }
    if let Some(ingest) = &mut resolved.ingest {
        ingest.mode = IngestMode::Incremental;
        if ingest.from == "users" && ingest.key.is_empty() {
            ingest.key = vec!["id".to_owned()];
        }
    }
    let from = resolved.ingest.as_ref().map(|ingest| ingest.from.clone()).unwrap_or_default();
    if !is_of_changes(&from) {
        return;
    }
    let new = of_changes(resolved);
    resolved.columns.extend(new);
    if from.starts_with("history:") {
        return;
    }
    if resolved.ingest.as_ref().is_some_and(|ingest| ingest.key.is_empty()) {
        let message = format!("`{}` holds rows of another system and has no `key`", resolved.name);
        let problem = Diagnostic::error(&rule::INVALID_INGEST, message).at(resolved.origin.clone());
        problems.push(problem.hint("add `key: [<columns>]` under `ingest:`: the columns that tell its rows apart"));
    }
    if resolved.deleted.is_none() {
        let sql = "change_op = 'delete'".to_owned();
        resolved.deleted = Some(RowCondition { sql, origin: resolved.origin.clone() });
    }
}

/// The sources of events that there are, by name.
pub(super) fn resolve(
    declared: &[Declared<SourceDeclaration>],
    tables: &IndexMap<NodeId, SourceTable>,
    context: &Context<'_>,
    problems: &mut Diagnostics,
) -> IndexMap<String, EventSource> {
    let mut found: IndexMap<String, EventSource> = IndexMap::new();
    for source in declared {
        let (file, name) = (&source.file, &source.says.name);
        let origin = file.location(name.span);
        if !is_collected(&source.says, context) {
            if source.says.events.is_some() {
                let message =
                    format!("`events` of `{}` has no effect: its connection does not collect events", name.value);
                problems.push(Diagnostic::error(&rule::INVALID_INGEST, message).at(origin));
            }
            continue;
        }
        let Some(first) = tables.values().find(|table| table.source == name.value) else { continue };
        let says = source.says.events.clone().unwrap_or_default();
        let mut template = SourceTable {
            name: String::new(),
            contract_enforced: false,
            columns: columns::resolve(file, &says.columns, &[], context.docs, &mut Diagnostics::new()),
            drift: Drift { source: first.drift.source.clone(), ..Drift::default() },
            rows: Vec::new(),
            deleted: None,
            on_delete: OnDelete::default(),
            freshness: None,
            description: String::new(),
            origin: origin.clone(),
            ..first.clone()
        };
        template.ingest = template.ingest.map(|ingest| crate::resource::Ingest { key: Vec::new(), ..ingest });
        let on_new_event = says.on_new_event.map(|policy| policy.value).unwrap_or_default();
        let most_new_tables = says.most_new_tables.map_or(MOST_NEW_TABLES, |most| most as usize);
        found.insert(name.value.clone(), EventSource { on_new_event, most_new_tables, template, origin });
    }
    found
}

impl EventSource {
    /// The table that appears by itself for what comes `from` a feed, under `name`.
    pub fn table(&self, name: &str, from: &str) -> SourceTable {
        let mut table = self.template.clone();
        let project = table.fqn.first().cloned().unwrap_or_default();
        table.id = NodeId::new(NodeKind::Source, &[&project, &table.source, name]);
        name.clone_into(&mut table.name);
        name.clone_into(&mut table.relation.table);
        if let Some(ingest) = &mut table.ingest {
            from.clone_into(&mut ingest.from);
            if from == "users" {
                ingest.key = vec!["id".to_owned()];
            }
        }
        table
    }
}
