//! The connector of collected events.

use async_trait::async_trait;

use super::connection::EventsConnection;
use crate::{ConnectError, Connection, Connector, ConnectorSpec, OpenContext, SettingKind, SettingSpec, Settings};

/// Events that `ade serve` collects.
pub struct EventsConnector {
    spec: ConnectorSpec,
}

impl EventsConnector {
    /// The connector.
    pub fn new() -> Self {
        let most = |max| SettingKind::Integer { min: 1, max };
        let settings = vec![
            SettingSpec::required(
                "write_keys",
                SettingKind::TextMap,
                "The write key of each source, by the source's name: what its clients name it by.",
            )
            .secret(),
            SettingSpec::optional(
                "folder",
                SettingKind::Path,
                "Where events wait, encrypted, until they have landed. Default: a folder of the connection's name in `.ade/events`.",
            ),
            SettingSpec::optional(
                "backlog_mb",
                most(1 << 20),
                "How many MB may wait: clients are told to come again later (429) while there are more.",
            )
            .with_default(2_048),
            SettingSpec::optional(
                "segment_mb",
                most(1_024),
                "The size of the files in which they wait, in MB; a file goes when all of it has landed.",
            )
            .with_default(32),
        ];
        Self {
            spec: ConnectorSpec {
                name: "events",
                title: "Events",
                description: "Events of websites, apps and servers, which `ade serve` collects by the Segment HTTP API. An event that \
                              is acknowledged is on disk; it lands within seconds.",
                settings,
                table_options: Vec::new(),
                incremental_needs_cursor: false,
            },
        }
    }
}

impl Default for EventsConnector {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Connector for EventsConnector {
    fn spec(&self) -> &ConnectorSpec {
        &self.spec
    }

    async fn open(&self, _settings: &Settings, _context: &OpenContext) -> Result<Box<dyn Connection>, ConnectError> {
        Ok(Box::new(EventsConnection))
    }
}
