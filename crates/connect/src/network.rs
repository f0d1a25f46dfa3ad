//! Ways to servers that several connectors go.

mod tls;
mod tls_identity;
mod tunnel;

pub(crate) use tls::{TlsMode, tls_connector};
pub(crate) use tls_identity::TlsIdentity;
pub(crate) use tunnel::Tunnel;
