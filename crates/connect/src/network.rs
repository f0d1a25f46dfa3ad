//! Ways to servers that several connectors go.

mod tunnel;

pub(crate) use tunnel::Tunnel;
