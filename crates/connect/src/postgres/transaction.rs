//! A transaction that reads one moment, and steps within it that leave no trace.

use super::catalog::{Leaf, is_true};
use super::limits::Limits;
use super::server_error::SessionError;
use super::session::Session;

impl Session {
    /// Begins the transaction in which everything is read: of the moment `snapshot` that another session has exported, or of
    /// now.
    pub(crate) async fn begin_reading(&mut self, limits: &Limits, snapshot: Option<&str>) -> Result<(), SessionError> {
        let snapshot = snapshot.map(|id| format!("set transaction snapshot {}; ", super::literal::literal(id)));
        let begin = "begin isolation level repeatable read read only";
        let sql = format!("{begin}; {}{}", snapshot.unwrap_or_default(), limits.statements());
        let _ = self.query(&sql).await?;
        if self.major_version() >= 14 {
            // A server that computes for long without a word notices that nobody listens any more, where its system lets it.
            let sql = "savepoint ade; set local client_connection_check_interval = '10s'; release savepoint ade";
            match self.query(sql).await {
                Ok(_) => {}
                Err(SessionError::Server(_)) => self.leave().await?,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Begins a step, of which nothing stays after [`Self::leave`]: no error, and no lock, so that nobody who changes a
    /// table waits for longer than one step. `and` is done along with it, and gives its rows.
    pub(crate) async fn enter(&mut self, and: &str) -> Result<Vec<Vec<Option<String>>>, SessionError> {
        // Somebody may have lost interest in the middle of the step before.
        self.give_up().await?;
        let back = if self.has_failed() { "rollback to savepoint ade; " } else { "" };
        self.query(&format!("{back}savepoint ade; {and}")).await
    }

    /// Ends a step.
    pub(crate) async fn leave(&mut self) -> Result<(), SessionError> {
        self.query("rollback to savepoint ade; release savepoint ade").await.map(drop)
    }

    /// Begins a step that reads `leaf`, and tells whether the table is still what the transaction sees. Who truncates or
    /// rewrites a table puts another file in its place; in it, older transactions see nothing (PostgreSQL's manual, 13.6
    /// “Caveats”), which must not be taken for a table without rows. The lock of the first statement keeps the file in its
    /// place from then on.
    pub(crate) async fn enter_leaf(&mut self, leaf: &Leaf) -> Result<bool, SessionError> {
        let same = "c.relfilenode = 0 or c.relfilenode = pg_catalog.pg_relation_filenode(c.oid)";
        let check = if leaf.is_stored() {
            format!("select coalesce((select {same} from pg_catalog.pg_class c where c.oid = {}), false)", leaf.oid)
        } else {
            // Whatever a view is made of is locked by now.
            format!(
                "select coalesce(bool_and({same}), true) from pg_catalog.pg_locks l join pg_catalog.pg_class c \
                 on c.oid = l.relation where l.pid = pg_catalog.pg_backend_pid() and l.locktype = 'relation' \
                 and l.database = (select oid from pg_catalog.pg_database where datname = current_database())"
            )
        };
        let rows = self.enter(&format!("select 1 from {} limit 0; {check}", leaf.relation)).await?;
        Ok(rows.last().is_some_and(|row| is_true(row, 0)))
    }
}
