//! How many rows of a bounded number fulfil predicates. The server counts; no value leaves it.

use crate::checklist::{COUNTED_ROWS, Dialect};
use crate::mysql::catalog::{Table, quoted};
use crate::mysql::server::Server;
use crate::mysql::session::Session;
use crate::{ConnectError, RowCounts, RowPredicate, TableInfo};

/// Counts them in the first rows, and where there is a primary key in the last ones, too: the oldest and the newest.
pub(crate) async fn count(
    server: &Server,
    session: &mut Session,
    info: &TableInfo,
    table: &Table,
    predicates: &[RowPredicate],
) -> Result<Option<RowCounts>, ConnectError> {
    let columns: Vec<String> = predicates.iter().map(|predicate| quoted(&predicate.column)).collect();
    let select = format!("select {} from {}.{}", columns.join(", "), quoted(&table.database), quoted(&table.name));
    // Estimates are off by half at times, and no row is to be looked at twice.
    let is_large = table.rows.is_some_and(|rows| rows > 2 * COUNTED_ROWS);
    let rows = if info.primary_key.is_empty() || !is_large || table.is_view {
        format!("{select} limit {COUNTED_ROWS}")
    } else {
        let half = COUNTED_ROWS / 2;
        let order = |direction: &str| {
            let columns: Vec<String> =
                info.primary_key.iter().map(|name| format!("{} {direction}", quoted(name))).collect();
            columns.join(", ")
        };
        format!(
            "({select} order by {} limit {half}) union all ({select} order by {} limit {half})",
            order("asc"),
            order("desc")
        )
    };
    let counts: Vec<String> =
        predicates.iter().map(|predicate| format!("coalesce(sum({}), 0)", predicate.sql_for(Dialect::MySql))).collect();
    let sql = format!("select concat_ws(',', count(*), {}) from ({rows}) as looked_at", counts.join(", "));
    let answer: Result<Vec<(String,)>, ConnectError> = session.all(server, &info.from, &sql, ()).await;
    let Some((text,)) = answer?.into_iter().next() else { return Ok(None) };
    let mut numbers = text.split(',').map(|number| number.parse().unwrap_or(0));
    let looked_at = numbers.next().unwrap_or(0);
    Ok(Some(RowCounts { looked_at, matches: numbers.collect() }))
}
