//! Encryption of a connection, and whom to believe.

use std::path::Path;
use std::sync::Arc;

use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};

use super::tls_identity::TlsIdentity;

/// How far the server must prove who it is. The words are those of libpq's `sslmode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TlsMode {
    /// No encryption.
    Disable,
    /// Encryption with whoever answers.
    Require,
    /// A certificate of a trusted authority, for whatever name.
    VerifyCa,
    /// A certificate of a trusted authority for the very name of the host.
    VerifyFull,
}

impl TlsMode {
    pub(crate) const NAMES: &'static [&'static str] = &["verify-full", "verify-ca", "require", "disable"];

    pub(crate) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "disable" => Self::Disable,
            "require" => Self::Require,
            "verify-ca" => Self::VerifyCa,
            "verify-full" => Self::VerifyFull,
            _ => return None,
        })
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Require => "require",
            Self::VerifyCa => "verify-ca",
            Self::VerifyFull => "verify-full",
        }
    }

    /// libpq's modes that encrypt only perhaps are taken for those that do.
    pub(crate) fn from_sslmode(name: &str) -> Option<Self> {
        match name {
            "allow" | "prefer" => Some(Self::Require),
            other => Self::parse(other),
        }
    }
}

/// What makes encrypted streams. `root` holds the certificates to trust (PEM) instead of the system's, `identity` proves who
/// we are. The error is a reason and an advice.
pub(super) fn tls_connector(
    mode: TlsMode,
    root: Option<&Path>,
    identity: Option<&TlsIdentity>,
) -> Result<TlsConnector, (String, String)> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| (error.to_string(), "report this as a bug".to_owned()))?;
    let config = if mode == TlsMode::Require {
        builder.dangerous().with_custom_certificate_verifier(Arc::new(AnyServer { provider }))
    } else {
        let roots = Arc::new(roots(root)?);
        let verifier = WebPkiServerVerifier::builder_with_provider(roots, provider)
            .build()
            .map_err(|_| ("no certificate is trusted".to_owned(), advice(root)))?;
        if mode == TlsMode::VerifyCa {
            builder.dangerous().with_custom_certificate_verifier(Arc::new(AnyName { verifier }))
        } else {
            builder.with_webpki_verifier(verifier)
        }
    };
    let config = match identity {
        None => config.with_no_client_auth(),
        Some(identity) => {
            let (certificates, key) = identity.load()?;
            config.with_client_auth_cert(certificates, key).map_err(|error| match error {
                Error::InconsistentKeys(_) => (
                    "its `tls_key` is not the key of its `tls_certificate`".to_owned(),
                    "give the two that belong together".to_owned(),
                ),
                error => (
                    format!("its `tls_certificate` is of no use: {error}"),
                    "have its authority make one of version 3, for TLS".to_owned(),
                ),
            })?
        }
    };
    Ok(TlsConnector::from(Arc::new(config)))
}

fn roots(file: Option<&Path>) -> Result<RootCertStore, (String, String)> {
    let mut roots = RootCertStore::empty();
    if let Some(file) = file {
        let certificates = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let certificates = certificates
            .map_err(|error| (format!("cannot read `tls_root` ({}): {error}", file.display()), advice(Some(file))))?;
        let _ = roots.add_parsable_certificates(certificates);
    } else {
        let _ = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    Ok(roots)
}

fn advice(root: Option<&Path>) -> String {
    match root {
        Some(_) => "set `tls_root` to a PEM file with the authority's certificate".to_owned(),
        None => {
            "install the system's certificates (package `ca-certificates`), or set `tls_root` to a PEM file".to_owned()
        }
    }
}

/// Believes whoever answers.
#[derive(Debug)]
struct AnyServer {
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for AnyServer {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Believes a trusted authority, whatever name it certifies.
#[derive(Debug)]
struct AnyName {
    verifier: Arc<WebPkiServerVerifier>,
}

impl ServerCertVerifier for AnyName {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match self.verifier.verify_server_cert(certificate, intermediates, name, ocsp, now) {
            // The name is compared last: everything else was found right.
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            result => result,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
}
