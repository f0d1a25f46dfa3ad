//! Somebody who sits between a client and a PostgreSQL server, with a certificate of his own, and passes on what both say.

use std::process::Command;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// Asks for encryption.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// Somebody who sits between.
pub(crate) struct Between {
    /// Where he pretends to be the server.
    pub(crate) port: u16,
}

impl Between {
    /// For the server on `port`, which has a certificate for `localhost`.
    pub(crate) async fn start(port: u16, authority: &std::path::Path) -> Self {
        let (acceptor, connector) = (acceptor(), connector(authority));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let here = listener.local_addr().unwrap().port();
        drop(tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                // A client that gives up ends the conversation.
                let _ = pass(client, port, &acceptor, &connector).await;
            }
        }));
        Self { port: here }
    }
}

async fn pass(
    mut client: TcpStream,
    port: u16,
    acceptor: &TlsAcceptor,
    connector: &TlsConnector,
) -> std::io::Result<()> {
    let mut asked = [0; 8];
    client.read_exact(&mut asked).await?;
    client.write_all(b"S").await?;
    let mut client = acceptor.accept(client).await?;
    let mut server = TcpStream::connect(("127.0.0.1", port)).await?;
    server.write_all(&SSL_REQUEST).await?;
    assert_eq!(server.read_u8().await?, b'S');
    let mut server = connector.connect(ServerName::try_from("localhost").unwrap(), server).await?;
    copy_bidirectional(&mut client, &mut server).await.map(drop)
}

fn acceptor() -> TlsAcceptor {
    let folder = tempfile::tempdir().unwrap();
    let request = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout key.pem -out own.pem";
    let made = Command::new("openssl").args(request.split(' ')).current_dir(folder.path()).output().unwrap();
    assert!(made.status.success());
    let certificate = CertificateDer::from_pem_file(folder.path().join("own.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(folder.path().join("key.pem")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    TlsAcceptor::from(Arc::new(config.with_single_cert(vec![certificate], key).unwrap()))
}

fn connector(authority: &std::path::Path) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(authority).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().with_root_certificates(roots);
    TlsConnector::from(Arc::new(config.with_no_client_auth()))
}
