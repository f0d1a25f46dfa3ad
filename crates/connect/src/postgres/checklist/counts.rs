//! How many rows of a bounded number fulfil predicates. The server counts; no value leaves it.

use crate::checklist::{COUNTED_ROWS, Dialect};
use crate::postgres::catalog::{RelationKind, cell};
use crate::postgres::literal::{identifier, qualified};
use crate::postgres::lookers::LookerSeat;
use crate::{ConnectError, RowCounts, RowPredicate};

/// Blocks are drawn by this seed: asking again looks at the same rows.
const SEED: u32 = 1;
/// Rows of a table from which on blocks are drawn instead of reading its beginning, which is its oldest part.
const LARGE: u64 = 4 * COUNTED_ROWS;

/// Counts them in rows of blocks all over the table, or in its first rows where it is small or a view.
pub(crate) async fn count(
    seat: &mut LookerSeat<'_>,
    from: &str,
    predicates: &[RowPredicate],
) -> Result<Option<RowCounts>, ConnectError> {
    let database = std::sync::Arc::clone(seat.database());
    let failed = |error| database.failed(from, error);
    let table = seat.table(from).await?;
    let relation = &table.relation;
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
    let answer = seat.session().enter(&sql).await.map_err(failed)?;
    seat.session().leave().await.map_err(failed)?;
    let Some(row) = answer.first() else { return Ok(None) };
    let number = |place: usize| cell(row, place).parse().unwrap_or(0);
    Ok(Some(RowCounts { looked_at: number(0), matches: (1..=predicates.len()).map(number).collect() }))
}
