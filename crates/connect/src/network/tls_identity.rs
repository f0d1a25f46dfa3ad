//! What proves to a server who we are.

use std::path::PathBuf;

use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// A certificate and its key, in files (PEM).
#[derive(Debug, Clone)]
pub(crate) struct TlsIdentity {
    /// The certificate, and behind it those of authorities that the server may not know.
    pub(crate) certificate: PathBuf,
    /// Its private key, without a passphrase.
    pub(crate) key: PathBuf,
}

impl TlsIdentity {
    /// Reads both. The error is a reason and an advice.
    pub(crate) fn load(&self) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), (String, String)> {
        let (certificate, key) = (self.certificate.display(), self.key.display());
        let certificates = CertificateDer::pem_file_iter(&self.certificate);
        let certificates = certificates.and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let certificates = certificates.map_err(|error| {
            let advice = "set `tls_certificate` to a PEM file with your certificate".to_owned();
            (format!("cannot read `tls_certificate` ({certificate}): {error}"), advice)
        })?;
        // What a library says of a key may quote it.
        let private = PrivateKeyDer::from_pem_file(&self.key).map_err(|_| {
            let advice = "set `tls_key` to a PEM file with a private key that has no passphrase".to_owned();
            (format!("cannot read `tls_key` ({key})"), advice)
        })?;
        Ok((certificates, private))
    }
}
