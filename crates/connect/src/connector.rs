//! What every kind of source system implements.

use async_trait::async_trait;

use crate::{ConnectError, Connection, ConnectorSpec, OpenContext, Settings};

/// One kind of source system. It describes itself and opens connections; it holds no state.
#[async_trait]
pub trait Connector: Send + Sync {
    /// What it is called, what can be set on a connection and on a table.
    fn spec(&self) -> &ConnectorSpec;

    /// Whether its tables can be read by `mode: capture`.
    fn captures_changes(&self) -> bool {
        false
    }

    /// Whether its tables come through [`Connection::feed`], all of a connection together.
    fn is_feed(&self) -> bool {
        false
    }

    /// Opens a connection and proves that the source answers. `settings` are those of
    /// [`ConnectorSpec::settings`], validated and with their references resolved.
    async fn open(&self, settings: &Settings, context: &OpenContext) -> Result<Box<dyn Connection>, ConnectError>;
}
