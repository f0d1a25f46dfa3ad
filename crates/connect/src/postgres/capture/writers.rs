//! Transactions that write to a table while its changes begin to be published.
//!
//! What such a transaction wrote before is decoded with the catalog as it was then, in which the table is in no publication:
//! the log never tells it. A snapshot sees it only when the transaction has ended. A slot waits for all of them when it is
//! made; a table that joins later has to be waited for.

use std::collections::HashSet;
use std::time::Duration;

use super::target::Target;
use crate::postgres::server_error::SessionError;
use crate::postgres::session::Session;

/// How often the server is asked.
const PAUSE: Duration = Duration::from_millis(25);

/// A transaction that holds a lock on a table with which one writes, by the numbers of both.
type Writer = (u32, String);

/// Waits until everybody who writes to the tables now has ended, for `patience` at most. Gives the tables to which somebody
/// still writes.
pub(crate) async fn wait_for_writers(
    session: &mut Session,
    targets: &[&Target],
    patience: Duration,
) -> Result<HashSet<u32>, SessionError> {
    let mut left = writers(session, targets).await?;
    let mut pauses = patience.as_millis() / PAUSE.as_millis();
    while !left.is_empty() && pauses > 0 {
        tokio::time::sleep(PAUSE).await;
        pauses -= 1;
        let now = writers(session, targets).await?;
        left.retain(|writer| now.contains(writer));
    }
    Ok(left.into_iter().map(|(table, _)| table).collect())
}

/// Who writes to the tables, or to partitions of theirs.
async fn writers(session: &mut Session, targets: &[&Target]) -> Result<HashSet<Writer>, SessionError> {
    let mut found = HashSet::new();
    for target in targets {
        let table = target.relation.table;
        let all = target.shape.partitions.iter().map(|partition| partition.table).chain([table]);
        let all: Vec<String> = all.map(|number| number.to_string()).collect();
        let sql = format!(
            "select distinct virtualtransaction from pg_locks where locktype = 'relation' and granted \
             and database = (select oid from pg_database where datname = current_database()) and relation in ({}) \
             and mode in ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock') \
             and pid is distinct from pg_backend_pid()",
            all.join(", ")
        );
        let rows = session.query(&sql).await?.into_iter();
        found.extend(rows.filter_map(|row| Some((table, row.into_iter().next()??))));
    }
    Ok(found)
}
