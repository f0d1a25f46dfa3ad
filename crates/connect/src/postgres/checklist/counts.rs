//! How many rows of a bounded number fulfil predicates. The server counts; no value leaves it.

use tokio::sync::Mutex;

use super::Inquiry;
use crate::checklist::{COUNTED_ROWS, Dialect};
use crate::postgres::catalog::{RelationKind, cell, find};
use crate::postgres::database::Database;
use crate::postgres::literal::{identifier, qualified};
use crate::postgres::session::Session;
use crate::{ConnectError, RowCounts, RowPredicate};

/// Blocks are drawn by this seed: asking again looks at the same rows.
const SEED: u32 = 1;
/// Rows of a table from which on blocks are drawn instead of reading its beginning, which is its oldest part.
const LARGE: u64 = 4 * COUNTED_ROWS;

/// Counts them in rows of blocks all over the table, or in its first rows where it is small or a view. The session is `kept`
/// for the next table.
pub(crate) async fn count(
    database: &Database,
    kept: &Mutex<Option<Session>>,
    from: &str,
    predicates: &[RowPredicate],
) -> Result<Option<RowCounts>, ConnectError> {
    if predicates.is_empty() {
        return Ok(None);
    }
    let failed = |error| database.failed(from, error);
    let mut kept = kept.lock().await;
    let mut inquiry = match kept.take().filter(Session::is_ready) {
        Some(session) => Inquiry { session, endpoint: &database.endpoint, time_zone: String::new() },
        None => Inquiry::begin(database).await?,
    };
    let Some(relation) = find(&mut inquiry.session, from).await.map_err(failed)? else { return Ok(None) };
    let is_stored =
        matches!(relation.kind, RelationKind::Table | RelationKind::Partitioned | RelationKind::MaterializedView);
    let rows = relation.rows.filter(|rows| is_stored && *rows > LARGE);
    let draw = rows.map_or_else(String::new, |rows| {
        // Half as many again as are wanted: blocks are not filled evenly.
        let hundredths = (COUNTED_ROWS * 15_000 / rows).clamp(1, 10_000);
        format!(" tablesample system ({}.{:02}) repeatable ({SEED})", hundredths / 100, hundredths % 100)
    });
    let counts: Vec<String> = predicates
        .iter()
        .map(|predicate| format!("count(*) filter (where {})", predicate.sql_for(Dialect::Postgres)))
        .collect();
    // Only these: this login may not be let at the others.
    let columns: Vec<String> = predicates.iter().map(|predicate| identifier(&predicate.column)).collect();
    let sql = format!(
        "select count(*), {} from (select {} from {}{draw} limit {COUNTED_ROWS}) sample",
        counts.join(", "),
        columns.join(", "),
        qualified(&relation.schema, &relation.name)
    );
    let answer = inquiry.ask(&sql).await.map_err(failed)?;
    *kept = Some(inquiry.session);
    let Some(row) = answer.first() else { return Ok(None) };
    let number = |place: usize| cell(row, place).parse().unwrap_or(0);
    Ok(Some(RowCounts { looked_at: number(0), matches: (1..=predicates.len()).map(number).collect() }))
}
