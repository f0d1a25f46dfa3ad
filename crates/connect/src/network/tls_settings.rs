//! The settings with which a connection says how it is encrypted, and whom it believes.

use std::path::{Path, PathBuf};

use tokio_rustls::TlsConnector;

use super::tls::{TlsMode, tls_connector};
use super::tls_identity::TlsIdentity;
use crate::{ConnectError, SettingKind, SettingProblem, SettingSpec, Settings};

/// How a connection is encrypted, and whom it believes.
#[derive(Debug, Clone, Default)]
pub(crate) struct TlsSettings {
    /// As it is written; what counts where nothing is depends on where the server is ([`Self::mode`]).
    mode: Option<TlsMode>,
    /// The certificates to trust instead of the system's.
    root: Option<PathBuf>,
    /// What proves who we are, beside a password or instead of it.
    identity: Option<TlsIdentity>,
}

impl TlsSettings {
    /// The settings, for the description of a connector.
    pub(crate) fn specs() -> [SettingSpec; 4] {
        [
            SettingSpec::optional(
                "tls",
                SettingKind::Choice(TlsMode::NAMES),
                "How far the server must prove who it is, in the words of PostgreSQL's `sslmode`. By default `verify-full`, and \
                 `disable` for a server on this machine.",
            ),
            Self::root_spec(),
            SettingSpec::optional(
                "tls_certificate",
                SettingKind::Path,
                "A file (PEM) with a certificate that proves who we are, for a server that asks for one; it needs `tls_key`.",
            ),
            SettingSpec::optional(
                "tls_key",
                SettingKind::Path,
                "The file (PEM, without a passphrase) with its private key.",
            ),
        ]
    }

    /// `tls_root` alone.
    pub(crate) fn root_spec() -> SettingSpec {
        SettingSpec::optional(
            "tls_root",
            SettingKind::Path,
            "A file (PEM) with the certificates to trust; by default the system's.",
        )
    }

    /// What is written. `project_dir` is where relative paths start.
    pub(crate) fn new(settings: &Settings, project_dir: &Path) -> Result<Self, ConnectError> {
        let file = |name: &str| settings.text(name).map(|path| project_dir.join(path));
        let identity = match (file("tls_certificate"), file("tls_key")) {
            (Some(certificate), Some(key)) => Some(TlsIdentity { certificate, key }),
            (None, None) => None,
            (certificate, _) => {
                let missing = if certificate.is_some() { "tls_key" } else { "tls_certificate" };
                return Err(ConnectError::Settings {
                    problems: vec![SettingProblem {
                        setting: missing.to_owned(),
                        missing: true,
                        message: format!(
                            "setting `{missing}` is missing: a certificate and its key prove something together"
                        ),
                        hint: None,
                    }],
                });
            }
        };
        let mode = settings.text("tls").and_then(TlsMode::parse);
        Ok(Self { mode, root: file("tls_root"), identity })
    }

    /// The same, where the address says how far the server must prove who it is and no setting does.
    pub(crate) fn or_mode(self, mode: Option<TlsMode>) -> Self {
        Self { mode: self.mode.or(mode), ..self }
    }

    /// How far the server must prove who it is. `is_near`: what is sent there never leaves this machine.
    pub(crate) fn mode(&self, is_near: bool) -> TlsMode {
        self.mode.unwrap_or(if is_near { TlsMode::Disable } else { TlsMode::VerifyFull })
    }

    /// Whether certificates of an own authority are to be trusted.
    pub(crate) fn has_root(&self) -> bool {
        self.root.is_some()
    }

    /// What makes encrypted streams. The error is a reason and an advice.
    pub(crate) fn connector(&self, mode: TlsMode) -> Result<TlsConnector, (String, String)> {
        tls_connector(mode, self.root.as_deref(), self.identity.as_ref())
    }
}
