//! Tables that keep what happened to others.

use crate::TableInfo;

use super::super::column_role::snake;

/// Words of the names of such tables.
const NAMES: [&str; 15] = [
    "audit",
    "audits",
    "auditlog",
    "history",
    "histories",
    "log",
    "logs",
    "changelog",
    "changes",
    "revision",
    "revisions",
    "versions",
    "journal",
    "outbox",
    "events",
];
/// Columns of them: what was done, to what, and what was there before.
const ACTION: [&str; 6] = ["action", "operation", "op", "change_type", "event", "event_type"];
const BEFORE: [&str; 8] =
    ["old_value", "new_value", "old_values", "new_values", "before", "after", "changes", "object_changes"];
const OF: [&str; 9] = [
    "table_name",
    "entity_type",
    "entity",
    "object_type",
    "item_type",
    "auditable_type",
    "record_type",
    "entity_id",
    "record_id",
];

/// Why a table looks like one, if it does.
pub(super) fn recognise(table: &TableInfo) -> Option<(String, String)> {
    let columns: Vec<String> = table.columns.iter().map(|column| snake(&column.name)).collect();
    let has = |names: &[&str]| columns.iter().filter(|column| names.contains(&column.as_str())).count();
    let named = snake(&table.name).split('_').any(|word| NAMES.contains(&word));
    let (action, before, of) = (has(&ACTION), has(&BEFORE), has(&OF));
    let by_columns = before >= 2 || (before + action >= 1 && of >= 1 && action + of + before >= 2);
    let why = match (named, by_columns) {
        (true, true) => "its name, and columns for what was done to what",
        (false, true) => "columns for what was done to what, or for values before and after",
        (true, false) => "its name",
        (false, false) => return None,
    };
    Some(("looks like a log of what happened, to which rows are only added".to_owned(), why.to_owned()))
}
