//! What a checklist says to a draft: which mode a table of a server is to be read in, and why.

use super::{Draft, DraftMode, DraftPrivacy, DraftTable};
use crate::checklist::{ColumnRole, Dialect, quoted, role_of, snake};
use crate::{Checklist, CursorProposal, Finding, RowPredicate, TableInfo, Topic};

/// Topics of findings that are of use where a table is declared.
const TOLD: [Topic; 4] = [Topic::SoftDelete, Topic::MigratedRows, Topic::TestRows, Topic::ChangeLog];

impl Draft {
    /// The same, as the checklist advises: changes are captured where that is possible and something tells rows apart; else
    /// what a cursor with an index says has changed is read; else all. The reasons stand as comments above each table. `tables`
    /// are those that it was drafted from.
    pub fn advised(mut self, tables: &[TableInfo], list: &Checklist) -> Self {
        for (table, info) in self.tables.iter_mut().zip(tables) {
            advise(table, info, list);
            for finding in list.findings.iter().filter(|finding| TOLD.contains(&finding.topic)) {
                let Some(object) = &finding.object else { continue };
                let rest = object.strip_prefix(info.from.as_str());
                if rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.')) {
                    let column = rest.unwrap_or_default().trim_start_matches('.');
                    let of = if column.is_empty() { String::new() } else { format!(" (`{column}`)") };
                    table.comments.push(format!("{}{of}: {}", finding.topic.name(), finding.answer));
                    let line = proposal(finding, info, table, column);
                    table.comments.extend(line);
                }
            }
        }
        self.forget_left_out();
        self.forget_uncaptured();
        self
    }

    /// Captured tables land together, before others of their connection are sure to be there: a test of one reads only others
    /// that are captured.
    fn forget_uncaptured(&mut self) {
        let captured: Vec<String> = self
            .tables
            .iter()
            .filter(|table| table.mode == DraftMode::Capture)
            .map(|table| table.name.clone())
            .collect();
        for table in self.tables.iter_mut().filter(|table| table.mode == DraftMode::Capture) {
            for column in &mut table.columns {
                column.reference.take_if(|to| !captured.contains(&to.table));
            }
        }
    }

    /// What does not land is referred to by nothing.
    fn forget_left_out(&mut self) {
        let mut left_out = Vec::new();
        for table in &self.tables {
            let columns = table.columns.iter().filter(|column| matches!(column.privacy, DraftPrivacy::LeftOut { .. }));
            left_out.extend(columns.map(|column| (table.name.clone(), column.name.clone())));
        }
        for column in self.tables.iter_mut().flat_map(|table| &mut table.columns) {
            column.reference.take_if(|to| left_out.contains(&(to.table.clone(), to.field.clone())));
        }
    }
}

/// The line that would take such rows out, for a person to copy: over the column's name in the lake, as conditions are.
fn proposal(finding: &Finding, info: &TableInfo, table: &DraftTable, column: &str) -> Option<String> {
    finding.predicate.as_ref()?;
    let of_table = RowPredicate::of_table(info).into_iter();
    let predicate = of_table.filter(|one| one.topic == finding.topic).find(|one| one.column == column)?;
    let listed = table.columns.iter().find(|listed| listed.from == column)?;
    let predicate = serde_json::Value::from(predicate.named(&listed.name).sql());
    let name = |kind: &str| format!("{kind}_{}", snake(column));
    Some(match finding.topic {
        Topic::SoftDelete => format!("  to take them out: `deleted: {predicate}`"),
        Topic::TestRows => {
            format!("  to keep them apart: `rows: [{{name: {}, where: {predicate}, then: quarantine}}]`", name("test"))
        }
        Topic::MigratedRows => {
            format!("  to mark them: `rows: [{{name: {}, where: {predicate}, then: mark}}]`", name("migrated"))
        }
        _ => return None,
    })
}

/// What to do with a cursor that rows may be without. It begins as the reasons of cursors do. `as_landed` is its name in the lake.
pub(super) fn of_gaps(table: &TableInfo, cursor: &CursorProposal, as_landed: &str) -> String {
    let name = &cursor.column;
    let created = table.columns.iter().find(|column| !column.nullable && role_of(column) == Some(ColumnRole::Created));
    let other = match created {
        Some(created) => {
            let (name, created) = (quoted(name, Dialect::Own), quoted(&created.name, Dialect::Own));
            format!(
                "read a view of it that gives `coalesce({name}, {created})`, with an index on that; a view declares no key, so \
                 its `key:` must be written"
            )
        }
        None => "have it set in all rows, and declared `not null`".to_owned(),
    };
    format!(
        "cursor `{name}` may be NULL: each run would read all rows without it again; where they are few, `mode: incremental` and \
         `cursor: {as_landed}` serve; else {other}"
    )
}

fn advise(table: &mut DraftTable, info: &TableInfo, list: &Checklist) {
    let Some(readiness) = &list.capture else { return };
    let known = readiness.table(&info.from);
    let obstacle = match known {
        Some(known) => known.obstacle.clone(),
        None => Some("the server does not say whether its changes can be captured".to_owned()),
    };
    let why = match (obstacle, readiness.is_ready()) {
        (None, true) if !table.key.is_empty() => {
            table.mode = DraftMode::Capture;
            table.cursor = None;
            table.comments.retain(|comment| !comment.starts_with("cursor `"));
            table.comments.push("capture: the database's log tells every change, also deletions".to_owned());
            for column in &mut table.columns {
                if known.is_some_and(|known| known.not_in_log.contains(&column.from)) {
                    let reason =
                        "the database computes it and does not write it into its log: compute it in a model".to_owned();
                    column.privacy = DraftPrivacy::LeftOut { reason };
                    column.reference = None;
                }
            }
            return;
        }
        (Some(obstacle), _) => format!("not capture: {obstacle}"),
        (None, false) => format!("not capture, for want of {}", readiness.missing.join(", ")),
        (None, true) => "not capture: nothing tells its rows apart".to_owned(),
    };
    table.comments.push(why);
    match (info.keyed_cursor(), info.cursors.first()) {
        (Some(cursor), _) if cursor.indexed => {
            let told = "incremental: deletions are not noticed; `sweep: 1 day` below `ingest` finds them by their keys";
            table.comments.push(told.to_owned());
        }
        (Some(cursor), _) => {
            table.mode = DraftMode::Full;
            table.cursor = None;
            table.comments.retain(|comment| !comment.starts_with("cursor `"));
            let as_landed = table.columns.iter().find(|column| column.from == cursor.column);
            table.comments.push(format!(
                "full: `{}` would tell what has changed, but has no index; with one, `mode: incremental` and `cursor: {}`",
                cursor.column,
                as_landed.map_or(&cursor.column, |column| &column.name)
            ));
        }
        (None, Some(_)) if table.key.is_empty() => {
            table.comments.push("full: nothing tells its rows apart".to_owned());
        }
        (None, Some(cursor)) => {
            table.comments.push(format!("full: rows may be without `{}`, which tells what has changed", cursor.column));
        }
        (None, None) => table.comments.push("full: no column tells what has changed".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::DataType;

    use super::*;
    use crate::{ColumnInfo, TableKind};

    #[test]
    fn lines_to_copy_name_columns_as_the_lake_does() {
        let column = |name: &str, data_type: DataType| ColumnInfo {
            name: name.to_owned(),
            source_type: String::new(),
            data_type,
            nullable: true,
            comment: None,
        };
        let info = TableInfo {
            columns: vec![column("Deleted At", DataType::Date32), column("is_test", DataType::Boolean)],
            ..TableInfo::new("people", "app.people", TableKind::Table)
        };
        let mut list = Checklist::default();
        for predicate in RowPredicate::of_table(&info) {
            let object = format!("app.people.{}", predicate.column);
            list.found(predicate.topic, object, "some", "their names");
            list.findings.iter_mut().rev().take(1).for_each(|finding| finding.predicate = Some(predicate.sql()));
        }
        let tables = [info];
        let draft = Draft::new("app", "app", &tables, |_, _| DraftPrivacy::Open).advised(&tables, &list);
        assert_eq!(draft.tables[0].columns[0].name, "deleted_at");
        let comments = draft.tables[0].comments.join("\n");
        assert!(comments.contains("to take them out: `deleted: \"deleted_at is not null\"`"), "{comments}");
        assert!(comments.contains("where: \"is_test\", then: quarantine"), "{comments}");
    }
}
