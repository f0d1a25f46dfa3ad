//! The log of a database as it is streamed.
//!
//! PostgreSQL's manual, 55.4 “Streaming Replication Protocol”, `START_REPLICATION SLOT … LOGICAL`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use postgres_protocol::message::frontend;
use tokio::time::timeout;

use super::lsn::Lsn;
use super::message::Message;
use crate::ConnectError;
use crate::postgres::endpoint::Endpoint;
use crate::postgres::literal::{identifier, literal};
use crate::postgres::server_error::{ServerError, SessionError};
use crate::postgres::session::Session;
use crate::postgres::startup::Purpose;

/// How long a slot may be in use by a session that is about to end, and how often that is looked at.
const SLOT_PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(50);

/// After this time without a word the server is asked how far it is.
const PATIENCE: Duration = Duration::from_millis(20);

/// And after this one it is gone.
const SILENCE: Duration = Duration::from_mins(1);

const GARBLED: SessionError = SessionError::Protocol("the server sent a message that is none of the protocol");

/// What a stream says.
pub(crate) enum Event {
    /// A message of the output plugin.
    Message(Message),
    /// All that the log holds up to here has been sent.
    At(Lsn),
}

/// A stream of the log from a slot.
pub(crate) struct Replication {
    session: Session,
    /// Up to where the source need not keep its log.
    confirmed: Lsn,
}

impl Replication {
    /// Begins behind `from`, or behind what the slot has confirmed if that is later. A session of ours that is about to end may
    /// have the slot for a moment longer.
    pub(crate) async fn start(
        endpoint: &Arc<Endpoint>,
        slot: &str,
        publication: &str,
        from: Lsn,
    ) -> Result<Self, ConnectError> {
        const IN_USE: &str = "55006";
        let begun = Instant::now();
        loop {
            match Self::try_start(endpoint, slot, publication, from).await? {
                Err(SessionError::Server(said)) if said.code == IN_USE && begun.elapsed() < SLOT_PATIENCE => {
                    tokio::time::sleep(PAUSE).await;
                }
                started => return started.map_err(|error| error.of_reading(slot, 0)),
            }
        }
    }

    async fn try_start(
        endpoint: &Arc<Endpoint>,
        slot: &str,
        publication: &str,
        from: Lsn,
    ) -> Result<Result<Self, SessionError>, ConnectError> {
        let mut session = Session::open(endpoint, Purpose::Replicate).await?;
        // Version 2 came with PostgreSQL 14; without streaming of open transactions both say the same.
        let protocol = if session.major_version() >= 14 { 2 } else { 1 };
        let command = format!(
            "START_REPLICATION SLOT {} LOGICAL {from} (proto_version '{protocol}', publication_names {})",
            identifier(slot),
            literal(&identifier(publication)),
        );
        let begun = async {
            session.send(|buffer| frontend::query(&command, buffer)).await?;
            let message = session.next().await?;
            match message.kind {
                b'W' => Ok(()),
                b'E' => Err(SessionError::Server(ServerError::parse(message.content))),
                _ => Err(GARBLED),
            }
        };
        let begun = begun.await;
        Ok(begun.map(|()| Self { session, confirmed: Lsn::default() }))
    }

    /// What comes next. A server that has nothing to send says how far it is.
    pub(crate) async fn next(&mut self) -> Result<Event, SessionError> {
        let mut waited = Duration::ZERO;
        loop {
            // Looked for first: setting a timer for every message would cost more than reading it.
            match self.arrived()? {
                Some(Arrived::Event(event)) => return Ok(event),
                Some(Arrived::At { lsn, wants_answer }) => {
                    if wants_answer {
                        self.report(false).await?;
                    }
                    return Ok(Event::At(lsn));
                }
                Some(Arrived::Remark) => {}
                None => {
                    if let Ok(filled) = timeout(PATIENCE, self.session.fill()).await {
                        filled?;
                        continue;
                    }
                    waited += PATIENCE;
                    if waited >= SILENCE {
                        return Err(SessionError::Protocol("the server has not said anything for a minute"));
                    }
                    self.report(true).await?;
                }
            }
        }
    }

    /// The source need not keep its log up to here any longer. Returns when it knows.
    pub(crate) async fn confirm(&mut self, lsn: Lsn) -> Result<(), SessionError> {
        self.confirmed = self.confirmed.max(lsn);
        self.report(true).await?;
        while !matches!(self.next().await?, Event::At(_)) {}
        Ok(())
    }

    fn arrived(&mut self) -> Result<Option<Arrived>, SessionError> {
        let Some(message) = self.session.buffered()? else { return Ok(None) };
        match message.kind {
            b'd' => {}
            b'E' => return Err(SessionError::Server(ServerError::parse(message.content))),
            b'N' | b'S' | b'A' => return Ok(Some(Arrived::Remark)),
            _ => return Err(SessionError::Protocol("the server ended the stream of its log")),
        }
        match message.content.split_first() {
            // Where it begins, where the log ends, and the server's clock come before it.
            Some((b'w', rest)) => {
                let message = rest.get(24..).and_then(Message::parse).ok_or(GARBLED)?;
                Ok(Some(Arrived::Event(Event::Message(message))))
            }
            Some((b'k', rest)) => {
                let (lsn, rest) = rest.split_first_chunk::<8>().ok_or(GARBLED)?;
                Ok(Some(Arrived::At { lsn: Lsn(u64::from_be_bytes(*lsn)), wants_answer: rest.get(8) == Some(&1) }))
            }
            _ => Err(GARBLED),
        }
    }

    /// “Standby status update”: written, flushed and applied up to what is confirmed. Our clock is of no use to the server.
    async fn report(&mut self, wants_answer: bool) -> Result<(), SessionError> {
        let mut update = [0; 34];
        update[0] = b'r';
        for place in [1, 9, 17] {
            update[place..place + 8].copy_from_slice(&self.confirmed.0.to_be_bytes());
        }
        update[33] = u8::from(wants_answer);
        self.session
            .send(|buffer| {
                frontend::CopyData::new(&update[..])?.write(buffer);
                Ok(())
            })
            .await
    }
}

/// What has arrived from the server.
enum Arrived {
    Event(Event),
    At {
        lsn: Lsn,
        wants_answer: bool,
    },
    /// What has nothing to do with the log.
    Remark,
}
