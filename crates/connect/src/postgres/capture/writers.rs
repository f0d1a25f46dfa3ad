//! Transactions that write to a table while its changes begin to be published.
//!
//! What such a transaction wrote before is decoded with the catalog as it was then, in which the table is in no publication:
//! the log never tells it. A snapshot sees it only when the transaction has ended. A slot waits for all of them when it is
//! made; a table that joins later has to be waited for.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use super::target::Target;
use crate::capture::Refusal;
use crate::postgres::server_error::SessionError;
use crate::postgres::session::{Session, TextRow};

/// How often the server is asked.
const PAUSE: Duration = Duration::from_millis(25);

/// A transaction that holds a lock on a table with which one writes, by the numbers of both, and what runs it.
type Writer = (u32, String, Option<String>);

/// Waits until everybody who writes to the tables now has ended, for `patience` at most. Refuses the tables to which somebody
/// still writes.
pub(crate) async fn wait_for_writers(
    session: &mut Session,
    targets: &[&Target],
    patience: Duration,
) -> Result<HashMap<u32, Refusal>, SessionError> {
    let begun = Instant::now();
    let mut left = writers(session, targets).await?;
    while !left.is_empty() && begun.elapsed() < patience {
        tokio::time::sleep(PAUSE).await;
        let now = writers(session, targets).await?;
        left.retain(|writer| now.contains(writer));
    }
    Ok(left.into_iter().map(|(table, _, process)| (table, refusal(process))).collect())
}

fn refusal(process: Option<String>) -> Refusal {
    let who = process.map_or_else(|| "it is prepared".to_owned(), |process| format!("server process {process}"));
    Refusal::new(
        format!("a transaction that began before its changes were given still writes to it ({who})"),
        "run again when that has ended; `lock_timeout_ms` says how long a run waits for it",
    )
}

/// Who writes to the tables, or to partitions of theirs.
async fn writers(session: &mut Session, targets: &[&Target]) -> Result<HashSet<Writer>, SessionError> {
    let mut roots = HashMap::new();
    for target in targets {
        let root = target.relation.table;
        let partitions = target.shape.partitions.iter().map(|partition| partition.table);
        roots.extend(partitions.chain([root]).map(|table| (table, root)));
    }
    if roots.is_empty() {
        return Ok(HashSet::new());
    }
    let tables: Vec<String> = roots.keys().map(u32::to_string).collect();
    let sql = format!(
        "select distinct relation, virtualtransaction, pid from pg_locks where locktype = 'relation' and granted \
         and database = (select oid from pg_database where datname = current_database()) and relation in ({}) \
         and mode in ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock') \
         and pid is distinct from pg_backend_pid()",
        tables.join(", ")
    );
    let writer = |row: TextRow| {
        let mut cells = row.into_iter();
        let table: u32 = cells.next()??.parse().ok()?;
        Some((*roots.get(&table)?, cells.next()??, cells.next()?))
    };
    Ok(session.query(&sql).await?.into_iter().filter_map(writer).collect())
}
