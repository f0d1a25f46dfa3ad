//! A session with a server: one transaction that sees one moment.

use mysql_async::prelude::{FromRow, Queryable};
use mysql_async::{BinaryProtocol, Conn, Params, QueryResult, Row};

use super::failure::failed;
use super::server::{SAVEPOINT, Server};
use crate::ConnectError;

/// A session with a server, within a transaction that sees one moment.
pub(crate) struct Session {
    connection: Conn,
    /// Whether rows of a statement may be on their way that nobody has read.
    is_streaming: bool,
}

/// The rows of a statement, on their way.
pub(crate) struct Rows<'a> {
    result: QueryResult<'a, 'static, BinaryProtocol>,
    is_streaming: &'a mut bool,
}

/// How often the rest of a statement that was ended is asked for.
const SETTLING: usize = 4;

impl Session {
    pub(crate) fn new(connection: Conn) -> Self {
        Self { connection, is_streaming: false }
    }

    /// The server's number of it.
    pub(crate) fn id(&self) -> u32 {
        self.connection.id()
    }

    /// All rows of a short result. `object` is for messages.
    pub(crate) async fn all<T: FromRow + Send + 'static>(
        &mut self,
        server: &Server,
        object: &str,
        sql: &str,
        parameters: impl Into<Params> + Send,
    ) -> Result<Vec<T>, ConnectError> {
        let rows: Vec<Row> =
            self.connection.exec(sql, parameters).await.map_err(|error| failed(&server.name, object, &error))?;
        rows.into_iter().map(mysql_async::from_row_opt).collect::<Result<_, _>>().map_err(|_| {
            let reason = "its catalog has other columns than those of MySQL and MariaDB".to_owned();
            ConnectError::SourceFailed { object: object.to_owned(), reason }
        })
    }

    /// Starts to read the rows of a statement.
    pub(crate) async fn rows(
        &mut self,
        sql: &str,
        parameters: impl Into<Params> + Send,
    ) -> Result<Rows<'_>, mysql_async::Error> {
        self.is_streaming = true;
        let result = self.connection.exec_iter(sql, parameters).await;
        let result = match result {
            Ok(result) => result,
            Err(error) => {
                self.is_streaming = false;
                return Err(error);
            }
        };
        Ok(Rows { result, is_streaming: &mut self.is_streaming })
    }

    /// Makes the session ready for the next piece of work, and lets go of the tables of the last one: else whoever wants to
    /// change their definition would wait for the end of the transaction, and all others behind him. `was_ended`: whether a
    /// statement was given up and has been ended.
    pub(crate) async fn settle(&mut self, server: &Server, was_ended: bool) {
        if self.is_streaming && !was_ended {
            server.end_statement(self.id()).await;
        }
        self.is_streaming = false;
        // The next statement reads what is left of the one before, and says that it was ended; it may also be hit itself.
        for _ in 0..SETTLING {
            match self.connection.query_drop(format!("rollback to savepoint {SAVEPOINT}")).await {
                Err(mysql_async::Error::Server(_)) => {}
                _ => return,
            }
        }
    }

    /// Lets no statement take longer than this from now on, as far as the server can.
    pub(crate) async fn limit_statements(&mut self, server: &Server, timeout_ms: u64) {
        let declared_ms = u64::try_from(server.limits.statement.as_millis()).unwrap_or(timeout_ms);
        let timeout_ms = if declared_ms == 0 { timeout_ms } else { timeout_ms.min(declared_ms) };
        // Each server knows one of the two.
        for statement in [
            format!("set session max_execution_time = {timeout_ms}"),
            format!("set session max_statement_time = {}", timeout_ms.div_ceil(1_000)),
        ] {
            let _ = self.connection.query_drop(statement).await;
        }
    }

    /// Says good-bye.
    pub(crate) async fn close(self) {
        // A connection that is broken is closed.
        let _ = self.connection.disconnect().await;
    }
}

impl Rows<'_> {
    /// The next row.
    pub(crate) async fn next(&mut self) -> Result<Option<Row>, mysql_async::Error> {
        // `stream` would box a future for every row.
        let row = self.result.next().await;
        if !matches!(row, Ok(Some(_))) {
            *self.is_streaming = false;
        }
        row
    }
}
