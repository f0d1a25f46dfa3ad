//! How the way to a server is kept from others.

use std::path::Path;

use mysql_async::SslOpts;

use crate::ConnectError;

/// How the way to a server is kept from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TlsMode {
    /// Nobody reads along, and the server is the one that is meant.
    VerifyFull,
    /// Nobody reads along who does not take the server's place.
    Require,
    /// As it is.
    Disable,
}

impl TlsMode {
    pub(crate) const NAMES: &'static [&'static str] = &["verify-full", "require", "disable"];

    pub(crate) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "verify-full" => Self::VerifyFull,
            "require" => Self::Require,
            "disable" => Self::Disable,
            _ => return None,
        })
    }

    /// By the words of MySQL's own programs. Modes that encrypt only perhaps are taken for those that do; to look at the
    /// authority alone is not offered by the driver, so the name is looked at, too.
    pub(crate) fn from_ssl_mode(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().replace('-', "_").as_str() {
            "disabled" | "disable" => Self::Disable,
            "preferred" | "prefer" | "required" | "require" => Self::Require,
            "verify_ca" | "verify_identity" | "verify_full" => Self::VerifyFull,
            _ => return None,
        })
    }
}

/// What the driver needs to know; `None`: no TLS. `root` is a file of certificates (PEM) instead of the system's; `name` is
/// the name that the server's certificate must have.
pub(crate) fn options(
    server: &str,
    mode: TlsMode,
    root: Option<&Path>,
    name: &str,
) -> Result<Option<SslOpts>, ConnectError> {
    let options = SslOpts::default().with_disable_built_in_roots(true);
    let roots = match (mode, root) {
        (TlsMode::Disable, _) => return Ok(None),
        (_, Some(root)) => vec![from_file(server, root)?],
        // The driver wants certificates even where it looks at none.
        (TlsMode::Require, None) => {
            return Ok(Some(options.with_disable_built_in_roots(false).with_danger_accept_invalid_certs(true)));
        }
        (TlsMode::VerifyFull, None) => from_system(server)?,
    };
    let options = options
        .with_root_certs(roots.into_iter().map(Into::into).collect())
        .with_danger_tls_hostname_override(Some(name.to_owned()));
    Ok(Some(options.with_danger_accept_invalid_certs(mode == TlsMode::Require)))
}

fn from_file(server: &str, path: &Path) -> Result<Vec<u8>, ConnectError> {
    let reason = match std::fs::read_to_string(path) {
        Ok(text) if text.contains("-----BEGIN CERTIFICATE-----") => return Ok(text.into_bytes()),
        Ok(_) => "it holds no certificate".to_owned(),
        Err(error) => error.to_string(),
    };
    Err(cannot(
        server,
        format!("cannot use `tls_root` {}: {reason}", path.display()),
        "correct `tls_root` of the connection",
    ))
}

fn from_system(server: &str) -> Result<Vec<Vec<u8>>, ConnectError> {
    let found = rustls_native_certs::load_native_certs().certs;
    if found.is_empty() {
        let advice = "install the package `ca-certificates`, or give `tls_root`";
        return Err(cannot(server, "this system trusts no certificates".to_owned(), advice));
    }
    Ok(found.into_iter().map(|certificate| certificate.to_vec()).collect())
}

fn cannot(server: &str, reason: String, advice: &str) -> ConnectError {
    ConnectError::Open { what: "MySQL server", object: server.to_owned(), reason, advice: advice.to_owned() }
}
