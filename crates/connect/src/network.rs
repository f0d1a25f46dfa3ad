//! Ways to servers that several connectors go.

mod http_request;
mod tls;
mod tls_identity;
mod tls_settings;
mod tunnel;

pub(crate) use http_request::{HttpLogin, HttpRequest};
pub(crate) use tls::TlsMode;
pub(crate) use tls_settings::TlsSettings;
pub(crate) use tunnel::Tunnel;
