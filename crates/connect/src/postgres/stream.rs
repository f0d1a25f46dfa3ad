//! A raw stream to a server: TCP, a Unix socket or an SSH tunnel, encrypted or not. Nothing has been said on it but the wish
//! to encrypt; what comes next is the caller's: a start-up message or a cancel request.

use std::io;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;

use super::endpoint::Endpoint;
use super::tls_end_point::tls_server_end_point;
use crate::ConnectError;
use crate::network::TlsMode;

/// How long a server may take to answer at all.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Bytes to and from a server.
pub(crate) trait ServerIo: AsyncRead + AsyncWrite + Send + Sync + Unpin {
    /// What binds the proof of a password to this very stream; `None` where nothing is encrypted.
    fn end_point(&self) -> Option<Vec<u8>> {
        None
    }
}

impl ServerIo for TcpStream {}
impl ServerIo for UnixStream {}

impl ServerIo for TlsStream<TcpStream> {
    fn end_point(&self) -> Option<Vec<u8>> {
        tls_server_end_point(self.get_ref().1.peer_certificates()?.first()?)
    }
}

/// Bytes to and from a server, by whatever way.
pub(crate) type ServerStream = Box<dyn ServerIo>;

/// Opens a stream to the server, encrypted as the endpoint says.
pub(crate) async fn open_stream(endpoint: &Endpoint) -> Result<ServerStream, ConnectError> {
    tokio::time::timeout(PATIENCE, open(endpoint)).await.unwrap_or_else(|_| {
        let reason = format!("it did not answer within {} seconds", PATIENCE.as_secs());
        Err(endpoint.cannot_open(reason, "correct `host` and `port`, and let the firewall pass this machine"))
    })
}

async fn open(endpoint: &Endpoint) -> Result<ServerStream, ConnectError> {
    let unreachable = |error: io::Error| {
        endpoint.cannot_open(error.to_string(), "correct `host` and `port`, and see that the server is running")
    };
    if endpoint.host.starts_with('/') {
        let path = format!("{}/.s.PGSQL.{}", endpoint.host, endpoint.port);
        return Ok(Box::new(UnixStream::connect(path).await.map_err(unreachable)?));
    }
    let tcp = match &endpoint.tunnel {
        Some(tunnel) => TcpStream::connect(("127.0.0.1", tunnel.port())).await,
        None => TcpStream::connect((endpoint.host.as_str(), endpoint.port)).await,
    };
    let tcp = tcp.map_err(unreachable)?;
    tcp.set_nodelay(true).map_err(unreachable)?;
    // A server that went away without a word is noticed after two minutes, not never.
    let keepalive = TcpKeepalive::new().with_time(Duration::from_mins(1)).with_interval(Duration::from_secs(15));
    SockRef::from(&tcp).set_tcp_keepalive(&keepalive.with_retries(4)).map_err(unreachable)?;
    if endpoint.tls == TlsMode::Disable {
        return Ok(Box::new(tcp));
    }
    encrypt(endpoint, tcp).await
}

async fn encrypt(endpoint: &Endpoint, mut tcp: TcpStream) -> Result<ServerStream, ConnectError> {
    const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];
    let broken = |error: io::Error| endpoint.cannot_open(error.to_string(), "see that it is a PostgreSQL server");
    tcp.write_all(&SSL_REQUEST).await.map_err(broken)?;
    let answer = tcp.read_u8().await.map_err(broken)?;
    if answer != b'S' {
        return Err(endpoint.cannot_open(
            "it offers no TLS",
            "have its owner turn on `ssl`, or set `tls: disable` if nobody else can listen on the way there",
        ));
    }
    let connector = endpoint.tls_settings.connector(endpoint.tls);
    let connector = connector.map_err(|(reason, advice)| endpoint.cannot_open(reason, advice))?;
    let name = ServerName::try_from(endpoint.host.clone())
        .map_err(|_| endpoint.cannot_open("its name is no name of a host", "correct `host`"))?;
    let stream = connector.connect(name, tcp).await.map_err(|error| {
        endpoint.cannot_open(
            format!("TLS failed: {error}"),
            "set `tls_root` to the certificate of the authority that signed the server's, and `host` to the name in it",
        )
    })?;
    Ok(Box::new(stream))
}
