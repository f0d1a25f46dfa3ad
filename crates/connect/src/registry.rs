//! The connectors that there are.

use std::sync::Arc;

use crate::{
    ConnectError, Connector, EventsConnector, FilesConnector, MySqlConnector, PostgresConnector, SingerConnector,
    SqliteConnector,
};

/// The connectors that there are, in one visible list.
#[derive(Clone)]
pub struct Registry {
    connectors: Vec<Arc<dyn Connector>>,
}

impl Registry {
    /// Those of this crate.
    pub fn builtin() -> Self {
        Self {
            connectors: vec![
                Arc::new(EventsConnector::new()),
                Arc::new(FilesConnector::new()),
                #[cfg(feature = "kafka")]
                Arc::new(crate::KafkaConnector::new()),
                Arc::new(MySqlConnector::new()),
                Arc::new(PostgresConnector::new()),
                Arc::new(SingerConnector::new()),
                Arc::new(SqliteConnector::new()),
            ],
        }
    }

    /// The same and one more; it comes before those that were there under the same name.
    pub fn with(mut self, connector: Arc<dyn Connector>) -> Self {
        self.connectors.insert(0, connector);
        self
    }

    /// All of them, in the order of the list.
    pub fn connectors(&self) -> impl Iterator<Item = &Arc<dyn Connector>> {
        self.connectors.iter()
    }

    /// The one that is called `name` (the word after `type:`).
    pub fn get(&self, name: &str) -> Result<&Arc<dyn Connector>, ConnectError> {
        self.connectors.iter().find(|connector| connector.spec().name == name).ok_or_else(|| {
            ConnectError::UnknownConnector {
                name: name.to_owned(),
                known: self.connectors.iter().map(|connector| connector.spec().name.to_owned()).collect(),
            }
        })
    }
}
