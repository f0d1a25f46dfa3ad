//! A moment of a server, and the place of its log that it is of.

use std::sync::Arc;

use super::log_error::log_of;
use super::log_place::{FIRST_EVENT, LogPlace};
use super::server_log::ServerLog;
use crate::ConnectError;
use crate::capture::Refusal;
use crate::mysql::server::Server;
use crate::mysql::session::Session;
use crate::mysql::worker::Worker;

/// A moment of a server, and the place of its log that it is of.
pub(crate) struct Moment {
    pub(crate) worker: Worker,
    pub(crate) log: ServerLog,
    /// A place up to which changes are read: what was written before is in the moment, or will be given again.
    pub(crate) end: LogPlace,
    /// From where on the log has what the moment has not.
    pub(crate) since: LogPlace,
    /// Up to where it may have what the moment has, too.
    pub(crate) copied: Option<LogPlace>,
    /// When the server said so, by its own clock, in seconds since 1970.
    pub(crate) copied_at_s: Option<u32>,
}

impl Moment {
    /// Takes one. MariaDB says to which place of its log a transaction's moment belongs. MySQL does not, and a transaction is
    /// in its log a little before others see its rows; but a file of the log is ended only when all of it is seen. So what a
    /// moment lacks is in the file that was the last one before it.
    pub(crate) async fn take(server: &Arc<Server>) -> Result<Self, ConnectError> {
        let mut first = server.session().await?;
        let looked = Self::look(server, &mut first).await;
        first.close().await;
        let (log, before) = looked?;
        let worker = Worker::start(Arc::clone(server)).await?;
        if let Some((before, at_s)) = before {
            let since = LogPlace { offset: FIRST_EVENT, ..before.clone() };
            let copied_at_s = Some(at_s);
            return Ok(Self { worker, log, end: before.clone(), since, copied: Some(before), copied_at_s });
        }
        let asked = Arc::clone(server);
        let exact = worker.run(move |session| Box::pin(async move { snapshot_place(&asked, session).await })).await?;
        let exact = exact.ok_or_else(|| ConnectError::SourceFailed {
            object: log_of(&server.name),
            reason: "the server does not say of which place of its log a moment is".to_owned(),
        })?;
        Ok(Self { worker, log, end: exact.clone(), since: exact, copied: None, copied_at_s: None })
    }

    /// What the server says of its log; and where it ends and since when, where it cannot say more of a moment.
    async fn look(
        server: &Server,
        session: &mut Session,
    ) -> Result<(ServerLog, Option<(LogPlace, u32)>), ConnectError> {
        let log = ServerLog::look(server, session).await?;
        let is_exact = snapshot_place(server, session).await?.is_some();
        if is_exact {
            return Ok((log, None));
        }
        let now: Vec<u32> = session.all(server, &log_of(&server.name), "select unix_timestamp()", ()).await?;
        let end = end_of_log(server, session, &log).await?;
        Ok((log, Some((end, now.first().copied().unwrap_or(0)))))
    }
}

/// The place that the moment of the session's transaction is of.
async fn snapshot_place(server: &Server, session: &mut Session) -> Result<Option<LogPlace>, ConnectError> {
    let sql = "show session status where variable_name in ('Binlog_snapshot_file', 'Binlog_snapshot_position')";
    let rows: Vec<(String, String)> = session.all(server, &log_of(&server.name), sql, ()).await?;
    let value = |name: &str| rows.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    let file = value("Binlog_snapshot_file").filter(|file| !file.is_empty());
    let offset = value("Binlog_snapshot_position").and_then(|offset| offset.parse().ok());
    Ok(file.zip(offset).map(|(file, offset)| LogPlace::new(file, offset)))
}

async fn end_of_log(server: &Server, session: &mut Session, log: &ServerLog) -> Result<LogPlace, ConnectError> {
    let object = log_of(&server.name);
    let rows: Vec<mysql_async::Row> =
        session.all(server, &object, log.end_statement(), ()).await.map_err(|error| match error {
            ConnectError::Request { .. } => Refusal::new(
                "this login may not ask where the server's log ends",
                format!("have the server's owner run: grant replication client on *.* to {}", log.user),
            )
            .of(&object),
            error => error,
        })?;
    let place = rows.first().and_then(|row| Some(LogPlace::new(row.get::<String, _>(0)?, row.get::<u64, _>(1)?)));
    place.ok_or_else(|| ConnectError::SourceFailed {
        object,
        reason: "the server does not say where its log ends".to_owned(),
    })
}
