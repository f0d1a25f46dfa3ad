//! From a request to a unit, a schema and drift.

use super::cursor::{CursorKind, Unfit};
use super::database::Database;
use super::position::Position;
use super::session::Session;
use super::table::Table;
use super::unit::{Unit, UnitColumn, UnitCursor};
use super::window::digest;
use crate::table_plan::PlannedCursor;
use crate::{ConnectError, Note, ReadMode, ReadPlan, ReadRequest, ReadUnit};

/// Bytes of a page, of which almost every server has 8,192: for estimates alone.
const PAGE_BYTES: u64 = 8_192;

/// Plans a read. Types come from the catalog; no rows are looked at but those with which an incremental read would begin.
pub(crate) async fn plan(
    session: &mut Session,
    database: &Database,
    request: &ReadRequest,
) -> Result<ReadPlan, ConnectError> {
    let table = Table::load(session, database, &request.from).await?;
    let (fields, drift, mut notes) = table.hold_against(request);
    notes.extend(table.warnings());
    let cursor = table.cursor(request, database, &mut notes)?;
    let unit = Unit {
        name: table.relation.written.clone(),
        leaves: table.leaves,
        columns: table.columns.into_iter().filter(|column| column.is_readable).map(UnitColumn::from).collect(),
        money_digits: table.money_digits,
        cursor,
        limit: None,
        only: None,
    };
    let unchanged = is_unchanged(session, database, request, &unit).await?;
    let since = unit.cursor.as_ref().is_some_and(|cursor| cursor.since.is_some());
    let pages: Option<u64> = unit.leaves.iter().map(|leaf| leaf.pages.map(u64::from)).sum();
    let planned = (!unchanged).then(|| ReadUnit {
        label: if since { format!("{} (changes)", unit.name) } else { unit.name.clone() },
        replaces_batch: None,
        size_bytes: pages.filter(|_| !since).map(|pages| pages * PAGE_BYTES),
        rows: table.relation.rows.filter(|_| !since),
        drift: drift.clone(),
        detail: serde_json::to_value(&unit).unwrap_or_default(),
    });
    Ok(ReadPlan { can_tell_misfits: true, ..ReadPlan::of_table(request, fields, planned, drift, notes) })
}

impl Table {
    /// By what the rows to read are told, and from where on.
    fn cursor(
        &self,
        request: &ReadRequest,
        database: &Database,
        notes: &mut Vec<Note>,
    ) -> Result<Option<UnitCursor>, ConnectError> {
        let names: Vec<&str> = self.readable().map(|(_, column)| column.name.as_str()).collect();
        let Some(planned) = PlannedCursor::of(request, &names)? else { return Ok(None) };
        let (cursor, overlap) = (planned.column, planned.overlap);
        // Without a key there is nothing to tell changes by: say so before anything is read.
        drop(database.hasher(&request.from)?);
        let source = self.column(cursor).map(|column| &column.source_type);
        let kind = source.ok_or("is gone").and_then(CursorKind::of);
        let kind = kind.map_err(|unfit| unfit_cursor(request, cursor, unfit))?;
        // An overlap that the cursor cannot have is told at the first read, not the second.
        if let (Some(overlap), CursorKind::Date | CursorKind::Timestamp | CursorKind::Timestamptz) = (overlap, kind) {
            kind.back("", Some(overlap)).map_err(|unfit| unfit_cursor(request, cursor, unfit))?;
        }
        let mut found =
            UnitCursor { column: cursor.to_owned(), kind, since: None, with_nulls: planned.has_key, last: None };
        match Position::parse(&request.from, request.position.as_ref())? {
            Some(position) if position.cursor == cursor && position.kind == kind => {
                let since = kind.back(&position.value, overlap);
                found.since = Some(since.map_err(|unfit| unfit_cursor(request, cursor, unfit))?);
                notes.extend(ahead(database, request, kind, &position.value));
                found.last = Some(position.value);
            }
            Some(position) => notes.push(planned.changed(request, &position.cursor)),
            None => {}
        }
        Ok(Some(found))
    }
}

/// Whether the rows that the read would begin with are the very rows that the last read ended with.
async fn is_unchanged(
    session: &mut Session,
    database: &Database,
    request: &ReadRequest,
    unit: &Unit,
) -> Result<bool, ConnectError> {
    let Some(cursor) = &unit.cursor else { return Ok(false) };
    let Some(since) = &cursor.since else { return Ok(false) };
    let Some(position) = Position::parse(&request.from, request.position.as_ref())? else { return Ok(false) };
    Ok(digest(session, database, unit, cursor, since).await? == position.window)
}

/// The note for a cursor that lies more than a day after now: until then, no change would be found.
pub(crate) fn ahead(database: &Database, request: &ReadRequest, kind: CursorKind, value: &str) -> Option<Note> {
    let ReadMode::Incremental { cursor: Some(cursor), .. } = &request.mode else { return None };
    Note::cursor_ahead(cursor, &request.from, kind.time(value)?, database.now?)
}

/// The error for a column that cannot serve as cursor.
pub(crate) fn unfit_cursor(request: &ReadRequest, cursor: &str, unfit: Unfit) -> ConnectError {
    let advice = "use another column as `cursor`, correct its values in the source, or use `mode: full`";
    request.refused(&format!("column `{cursor}` {unfit}"), advice)
}
