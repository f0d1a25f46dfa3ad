//! A server's log as it is sent to those that replicate.

use std::time::Duration;

use futures::StreamExt;
use mysql_async::binlog::events::Event;
use mysql_async::prelude::Queryable;
use mysql_async::{BinlogStream, BinlogStreamRequest};
use tokio::time::timeout;

use super::follower::Header;
use super::log_error::{LogError, log_of};
use super::log_place::LogPlace;
use crate::ConnectError;
use crate::mysql::server::Server;

/// After this time without a word the server is gone: it says at once when there is nothing more.
const SILENCE: Duration = Duration::from_mins(2);

/// How long a good-bye may take.
const PARTING: Duration = Duration::from_secs(2);

/// The code of a file's first event.
const DESCRIPTION: u8 = 15;

/// A server's log, from one place to where it ends now.
pub(crate) struct LogStream<'a> {
    server: &'a Server,
    stream: BinlogStream,
}

impl<'a> LogStream<'a> {
    /// Begins at a place. `server_id` is the number under which the server knows us.
    pub(crate) async fn start(server: &'a Server, server_id: u32, from: &LogPlace) -> Result<Self, LogError> {
        // A file that is larger cannot be asked for from there.
        if u32::try_from(from.offset).is_err() {
            return Err(LogError::Gone);
        }
        let failed = |error| LogError::new(&server.name, &error);
        let mut connection = server.connect().await.map_err(LogError::Failed)?;
        // We may be slower than the server's patience is long.
        connection.query_drop("set session net_write_timeout = 3600").await.map_err(failed)?;
        // MariaDB's own events are understood: otherwise it makes others of them, which it cannot do of all. MySQL knows no such
        // variable, and takes it for one of ours.
        connection.query_drop("set @mariadb_slave_capability = 4").await.map_err(failed)?;
        let request = BinlogStreamRequest::new(server_id)
            .with_filename(from.file.as_bytes())
            .with_pos(from.offset)
            .with_non_blocking();
        let stream = connection.get_binlog_stream(request).await.map_err(failed)?;
        Ok(Self { server, stream })
    }

    /// The next event; `None` when there is no more.
    pub(crate) async fn next(&mut self) -> Result<Option<Event>, LogError> {
        match timeout(SILENCE, self.stream.next()).await {
            Ok(event) => event.transpose().map_err(|error| LogError::new(&self.server.name, &error)),
            Err(_) => Err(LogError::Failed(ConnectError::SourceFailed {
                object: log_of(&self.server.name),
                reason: format!("the server has not said anything for {} s", SILENCE.as_secs()),
            })),
        }
    }

    /// Says good-bye.
    pub(crate) async fn close(self) {
        // A server that is still sending finds out by itself.
        let _ = timeout(PARTING, self.stream.close()).await;
    }
}

/// What an event's header says.
pub(crate) fn header(event: &Event) -> Header {
    let header = event.header();
    Header { code: header.event_type_raw(), time_s: header.timestamp(), end: header.log_pos() }
}

/// When the server began the file of a place.
pub(crate) async fn file_begun(server: &Server, server_id: u32, place: &LogPlace) -> Result<u32, LogError> {
    let mut stream = LogStream::start(server, server_id, place).await?;
    let begun = loop {
        match stream.next().await? {
            Some(event) if event.header().event_type_raw() == DESCRIPTION => break event.header().timestamp(),
            Some(_) => {}
            None => return Err(LogError::Gone),
        }
    };
    stream.close().await;
    Ok(begun)
}
