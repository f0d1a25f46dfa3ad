//! What is known when a unit has been read to its end.

use std::sync::PoisonError;

use ade_diagnostic::agree;

use super::plan::{ahead, unfit_cursor};
use super::position::Position;
use super::reader::Job;
use super::session::Session;
use super::sessions::Sessions;
use super::unit::UnitCursor;
use super::window::digest;
use crate::{ConnectError, Note, ReadMode, ReadRequest, UnitEnd};

/// The notes on what was read, and the position after it.
pub(crate) async fn finish(
    sessions: &Sessions,
    request: &ReadRequest,
    job: &Job,
    rows: u64,
) -> Result<UnitEnd, ConnectError> {
    let mut notes = infinite(job);
    let (Some(cursor), ReadMode::Incremental { overlap, .. }) = (&job.unit.cursor, &request.mode) else {
        return Ok(UnitEnd::new(rows, notes, |_, _| None));
    };
    let nulls = job.noticed.lock().unwrap_or_else(PoisonError::into_inner).nulls;
    if nulls > 0 {
        notes.push(Note::cursor_null(&cursor.column, &job.unit.name, nulls, cursor.with_nulls));
    }
    let mut session = sessions.leader().await;
    let position = match largest(&mut session, job, cursor).await? {
        Some(value) => {
            let since =
                cursor.kind.back(&value, *overlap).map_err(|unfit| unfit_cursor(request, &cursor.column, unfit))?;
            notes.extend(ahead(&sessions.database, request, cursor.kind, &value));
            let window = digest(&mut session, &sessions.database, &job.unit, cursor, &since).await?;
            Some(Position { cursor: cursor.column.clone(), kind: cursor.kind, value, window })
        }
        None => None,
    };
    Ok(UnitEnd::new(rows, notes, move |before, _| match &position {
        Some(position) => position.to_value(),
        None => before,
    }))
}

/// The largest proper value of the cursor that there is, and never less than the one before.
async fn largest(session: &mut Session, job: &Job, cursor: &UnitCursor) -> Result<Option<String>, ConnectError> {
    let (compared, proper) = (cursor.kind.compared(&cursor.column), cursor.kind.is_proper(&cursor.column));
    let failed = |error| job.database.failed(&job.unit.name, error);
    let mut largest = cursor.last.clone();
    for leaf in &job.unit.leaves {
        let after = match &largest {
            Some(value) => format!(" and {compared} > {}", cursor.kind.constant(value)),
            None => String::new(),
        };
        // By its place: a name would mean the column of the answer, which is text.
        let sql = format!(
            "select found::text from (select {compared} as found from {} where {proper}{after} order by 1 desc limit 1) largest",
            leaf.relation
        );
        let rows = session.enter(&sql).await;
        session.leave().await.map_err(failed)?;
        largest = rows.map_err(failed)?.into_iter().next().and_then(|row| row.into_iter().next().flatten()).or(largest);
    }
    Ok(largest)
}

fn infinite(job: &Job) -> Vec<Note> {
    let noticed = job.noticed.lock().unwrap_or_else(PoisonError::into_inner);
    let columns = job.selected.columns.iter().zip(&noticed.infinite).filter(|(_, count)| **count > 0);
    columns.map(|((name, ..), count)| infinite_time(&job.unit.name, name, *count)).collect()
}

/// The note on dates and times that are infinite.
pub(crate) fn infinite_time(table: &str, column: &str, count: u64) -> Note {
    Note {
        id: "infinite-time",
        message: format!(
            "{} of column `{column}` of `{table}` {} infinite and became 9999-12-31 or 0001-01-01, the last and the first day \
             that there is; take the column as `data_type: varchar` to keep what is there",
            ade_diagnostic::count(count, "value"),
            agree(count, "is", "are")
        ),
    }
}
