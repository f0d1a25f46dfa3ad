//! Ways to servers that several connectors go.

mod http_request;
mod tls;
mod tls_identity;
mod tunnel;

pub(crate) use http_request::{HttpLogin, HttpRequest};
pub(crate) use tls::{TlsMode, tls_connector};
pub(crate) use tls_identity::TlsIdentity;
pub(crate) use tunnel::Tunnel;
