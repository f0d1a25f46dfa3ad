//! How a session begins: who we are, the proof of it, and what the session is to be like.

use std::sync::Arc;

use bytes::BytesMut;
use postgres_protocol::authentication::md5_hash;
use postgres_protocol::authentication::sasl::{ChannelBinding, SCRAM_SHA_256, SCRAM_SHA_256_PLUS, ScramSha256};
use postgres_protocol::message::frontend;

use super::endpoint::Endpoint;
use super::server_error::{ServerError, SessionError};
use super::session::Session;
use super::stream::{PATIENCE, open_stream};
use crate::ConnectError;

/// What a session is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Statements that read.
    Read,
    /// The same, in the server's own time zone: for asking which it is.
    Inquire,
    /// Statements that may also write: of the server's bookkeeping of replication, never of its tables.
    Administer,
    /// The commands and the stream of logical replication.
    Replicate,
}

/// Values come in one form whatever the server's or the user's defaults are.
const PARAMETERS: [(&str, &str); 4] =
    [("application_name", "ade"), ("client_encoding", "UTF8"), ("DateStyle", "ISO"), ("TimeZone", "UTC")];

/// The same, where the server itself answers. A pooler (PgBouncer) may refuse options; transactions set them again.
const OPTIONS: &str = "-c IntervalStyle=postgres -c extra_float_digits=1 -c bytea_output=hex";

impl Session {
    /// Opens a session.
    pub(crate) async fn open(endpoint: &Arc<Endpoint>, purpose: Purpose) -> Result<Self, ConnectError> {
        let mut opened = Self::open_with(endpoint, purpose, true).await?;
        if matches!(&opened, Err(SessionError::Server(error)) if matches!(error.code.as_str(), "08P01" | "0A000")) {
            opened = Self::open_with(endpoint, purpose, false).await?;
        }
        let session = opened.map_err(|error| error.of_opening(endpoint))?;
        session.refuse_old(endpoint)?;
        Ok(session)
    }

    async fn open_with(
        endpoint: &Arc<Endpoint>,
        purpose: Purpose,
        with_options: bool,
    ) -> Result<Result<Self, SessionError>, ConnectError> {
        let stream = open_stream(endpoint).await?;
        let mut session = Self::new(stream, Arc::clone(endpoint));
        let started = session.start(purpose, with_options);
        match tokio::time::timeout(PATIENCE, started).await {
            Ok(Ok(())) => Ok(Ok(session)),
            Ok(Err(error)) => {
                session.stream = None;
                Ok(Err(error))
            }
            Err(_) => Err(endpoint.cannot_open(
                format!("it did not answer within {} seconds", PATIENCE.as_secs()),
                "see that it is a PostgreSQL server, and not too busy for one more session",
            )),
        }
    }

    async fn start(&mut self, purpose: Purpose, with_options: bool) -> Result<(), SessionError> {
        let endpoint = Arc::clone(&self.endpoint);
        let mut parameters = vec![("user", endpoint.user.as_str()), ("database", endpoint.database.as_str())];
        parameters.extend(PARAMETERS.iter().filter(|(name, _)| purpose != Purpose::Inquire || *name != "TimeZone"));
        let read_only = format!("{OPTIONS} -c default_transaction_read_only=on");
        if with_options {
            parameters.push((
                "options",
                if matches!(purpose, Purpose::Read | Purpose::Inquire) { &read_only } else { OPTIONS },
            ));
        }
        if purpose == Purpose::Replicate {
            parameters.push(("replication", "database"));
        }
        self.send(|buffer| frontend::startup_message(parameters, buffer)).await?;
        self.authenticate(&endpoint).await?;
        loop {
            // Parameters are of interest here: `next` leaves them out.
            let Some(message) = self.buffered()? else {
                self.fill().await?;
                continue;
            };
            let content = message.content;
            match message.kind {
                b'E' => return Err(SessionError::Server(ServerError::parse(content))),
                b'K' => self.cancel_key = cancel_key(content),
                b'S' => {
                    if let Some(version) = content.strip_prefix(b"server_version\0") {
                        let version = String::from_utf8_lossy(version).trim_end_matches('\0').to_owned();
                        self.version = version;
                    }
                }
                b'Z' => return Ok(()),
                _ => {}
            }
        }
    }

    /// PostgreSQL's manual, 55.2.1 “Start-up” and 55.3 “SASL Authentication”.
    async fn authenticate(&mut self, endpoint: &Endpoint) -> Result<(), SessionError> {
        const NO_PASSWORD: SessionError =
            SessionError::Protocol("it asks for a password, and the connection has none (`password`)");
        let mut scram: Option<ScramSha256> = None;
        let mut end_point = self.stream.as_ref().and_then(|stream| stream.end_point());
        loop {
            let message = self.next().await?;
            let content = match message.kind {
                b'R' => message.content,
                b'E' => return Err(SessionError::Server(ServerError::parse(message.content))),
                _ => return Err(SessionError::Protocol("its answer is none of PostgreSQL's")),
            };
            let (kind, data) =
                content.split_first_chunk::<4>().ok_or(SessionError::Protocol("its answer is cut off"))?;
            let password = endpoint.password.as_deref().map(str::as_bytes);
            let mut answer = BytesMut::new();
            match (u32::from_be_bytes(*kind), &mut scram) {
                (0, _) => return Ok(()),
                (3, _) => frontend::password_message(password.ok_or(NO_PASSWORD)?, &mut answer)?,
                (5, _) => {
                    let salt = *data.first_chunk().ok_or(SessionError::Protocol("its answer is cut off"))?;
                    let hash = md5_hash(endpoint.user.as_bytes(), password.ok_or(NO_PASSWORD)?, salt);
                    frontend::password_message(hash.as_bytes(), &mut answer)?;
                }
                (10, scram) => {
                    let offers =
                        |mechanism: &str| data.split(|byte| *byte == 0).any(|name| name == mechanism.as_bytes());
                    // On an encrypted stream the proof is for the very server whose certificate it has: who sits between
                    // cannot pass it on.
                    let (mechanism, binding) = match end_point.take() {
                        Some(end_point) if offers(SCRAM_SHA_256_PLUS) => {
                            (SCRAM_SHA_256_PLUS, ChannelBinding::tls_server_end_point(end_point))
                        }
                        // A server that could have bound it, too, notices that somebody took away the offer.
                        Some(_) => (SCRAM_SHA_256, ChannelBinding::unrequested()),
                        None => (SCRAM_SHA_256, ChannelBinding::unsupported()),
                    };
                    if !offers(mechanism) {
                        return Err(SessionError::Protocol("it asks for a SASL mechanism other than SCRAM-SHA-256"));
                    }
                    let begun = scram.insert(ScramSha256::new(password.ok_or(NO_PASSWORD)?, binding));
                    frontend::sasl_initial_response(mechanism, begun.message(), &mut answer)?;
                }
                (11, Some(scram)) => {
                    scram.update(data)?;
                    frontend::sasl_response(scram.message(), &mut answer)?;
                }
                (12, Some(scram)) => scram.finish(data)?,
                _ => {
                    return Err(SessionError::Protocol(
                        "it asks for a kind of proof other than a password (GSS, SSPI or a certificate)",
                    ));
                }
            }
            if !answer.is_empty() {
                self.send(|buffer| {
                    buffer.extend_from_slice(&answer);
                    Ok(())
                })
                .await?;
            }
        }
    }
}

fn cancel_key(content: &[u8]) -> Option<(i32, i32)> {
    let (process, secret) = content.split_first_chunk::<4>()?;
    Some((i32::from_be_bytes(*process), i32::from_be_bytes(*secret.first_chunk()?)))
}
