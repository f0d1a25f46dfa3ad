//! A connection to one broker: one question at a time, each in the newest version that both sides know.

use std::collections::HashMap;
use std::io;
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use kafka_protocol::messages::{ApiKey, ApiVersionsRequest, RequestHeader, ResponseHeader};
use kafka_protocol::protocol::{Decodable, Encodable, HeaderVersion, Request, StrBytes};
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

use super::endpoint::{Address, Endpoint};
use super::failure::Failure;

/// How long a broker may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// A larger answer is none: it is something else that listens there.
const LARGEST_ANSWER: usize = 1 << 30;

trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

/// A connection to one broker.
pub(crate) struct Broker {
    wire: Box<dyn Wire>,
    address: Address,
    /// The oldest and newest version of each kind of question that the broker knows.
    versions: HashMap<i16, (i16, i16)>,
    last_question: i32,
}

impl Broker {
    /// Connects, encrypts and signs in as the endpoint says.
    pub(crate) async fn open(endpoint: &Endpoint, address: &Address) -> Result<Self, Failure> {
        let tcp = within(address, connect(address)).await?;
        let wire = match &endpoint.tls {
            Some(connector) => encrypt(connector, address, tcp).await?,
            None => Box::new(tcp),
        };
        let mut broker = Self { wire, address: address.clone(), versions: HashMap::new(), last_question: 0 };
        broker.ask_versions().await.map_err(|failure| failure.closed("it was greeted"))?;
        if let Some(login) = &endpoint.login {
            login.prove(&mut broker).await.map_err(|failure| failure.closed("it was told the login"))?;
        }
        Ok(broker)
    }

    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    /// Every broker knows version 0 of this question.
    async fn ask_versions(&mut self) -> Result<(), Failure> {
        let answer = self.ask_in(&ApiVersionsRequest::default(), 0).await?;
        Failure::of_code(answer.error_code, || format!("asking {} for its versions", self.address))?;
        self.versions = answer.api_keys.iter().map(|key| (key.api_key, (key.min_version, key.max_version))).collect();
        Ok(())
    }

    /// Asks, in no newer a version than `newest`.
    pub(crate) async fn ask<R: Request>(&mut self, question: &R, newest: i16) -> Result<R::Response, Failure> {
        let ours = R::VERSIONS;
        let known = self.versions.get(&R::KEY).copied();
        let (oldest_theirs, newest_theirs) = known.ok_or_else(|| self.stranger::<R>())?;
        let version = newest.min(ours.max).min(newest_theirs);
        if version < ours.min.max(oldest_theirs) {
            return Err(self.stranger::<R>());
        }
        self.ask_in(question, version).await
    }

    fn stranger<R: Request>(&self) -> Failure {
        let reason = format!("it knows no version of `{}` that we know; Kafka 1.0 and later do", name_of(R::KEY));
        Failure::Protocol { address: self.address(), reason }
    }

    async fn ask_in<R: Request>(&mut self, question: &R, version: i16) -> Result<R::Response, Failure> {
        self.last_question = self.last_question.wrapping_add(1);
        let cannot =
            |_| Failure::Protocol { address: self.address.to_string(), reason: "cannot be asked so".to_owned() };
        let header = RequestHeader::default()
            .with_request_api_key(R::KEY)
            .with_request_api_version(version)
            .with_correlation_id(self.last_question)
            .with_client_id(Some(StrBytes::from_static_str("ade")));
        let mut frame = BytesMut::new();
        frame.put_i32(0);
        header.encode(&mut frame, R::header_version(version)).map_err(cannot)?;
        question.encode(&mut frame, version).map_err(cannot)?;
        let length = i32::try_from(frame.len() - 4).unwrap_or(i32::MAX);
        frame[..4].copy_from_slice(&length.to_be_bytes());
        let address = self.address.clone();
        let mut answer = within(&address, exchange(&mut self.wire, &frame)).await?;
        let broken = |error| {
            let what = name_of(R::KEY);
            tracing::debug!(%address, what, version, %error, "an answer that cannot be read");
            let reason = format!("its answer to `{what}`, version {version}, is not one of Kafka's protocol");
            Failure::Protocol { address: address.to_string(), reason }
        };
        let header = ResponseHeader::decode(&mut answer, R::Response::header_version(version)).map_err(broken)?;
        if header.correlation_id != self.last_question {
            let reason = "it answers another question".to_owned();
            return Err(Failure::Protocol { address: address.to_string(), reason });
        }
        R::Response::decode(&mut answer, version).map_err(broken)
    }
}

/// Of a kind of question.
fn name_of(key: i16) -> String {
    ApiKey::try_from(key).map_or_else(|()| key.to_string(), |key| format!("{key:?}"))
}

async fn within<T>(address: &Address, work: impl Future<Output = io::Result<T>>) -> Result<T, Failure> {
    match tokio::time::timeout(PATIENCE, work).await {
        Ok(result) => result.map_err(|source| Failure::Broken { address: address.to_string(), source }),
        Err(_) => Err(Failure::Silent { address: address.to_string(), seconds: PATIENCE.as_secs() }),
    }
}

async fn connect(address: &Address) -> io::Result<TcpStream> {
    let tcp = TcpStream::connect((address.host.as_str(), address.port)).await?;
    tcp.set_nodelay(true)?;
    let keepalive = TcpKeepalive::new().with_time(Duration::from_mins(1)).with_interval(Duration::from_secs(15));
    SockRef::from(&tcp).set_tcp_keepalive(&keepalive.with_retries(4))?;
    Ok(tcp)
}

async fn encrypt(connector: &TlsConnector, address: &Address, tcp: TcpStream) -> Result<Box<dyn Wire>, Failure> {
    let untrusted = |reason: String| Failure::Untrusted { address: address.to_string(), reason };
    let name = ServerName::try_from(address.host.clone()).map_err(|error| untrusted(error.to_string()))?;
    match tokio::time::timeout(PATIENCE, connector.connect(name, tcp)).await {
        Ok(stream) => Ok(Box::new(stream.map_err(|error| untrusted(error.to_string()))?)),
        Err(_) => Err(untrusted(format!("{} within {} seconds", Failure::NO_GREETING, PATIENCE.as_secs()))),
    }
}

async fn exchange(wire: &mut Box<dyn Wire>, frame: &[u8]) -> io::Result<Bytes> {
    wire.write_all(frame).await?;
    wire.flush().await?;
    let length = usize::try_from(wire.read_i32().await?).unwrap_or(usize::MAX);
    if length > LARGEST_ANSWER {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "what answers is not a Kafka broker"));
    }
    let mut answer = vec![0; length];
    let _ = wire.read_exact(&mut answer).await?;
    Ok(Bytes::from(answer))
}
