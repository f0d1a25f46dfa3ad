//! The connector for Kafka.

use std::sync::Arc;

use async_trait::async_trait;

use super::cluster::Cluster;
use super::connection::KafkaConnection;
use super::endpoint::Endpoint;
use super::options::TopicOptions;
use super::sasl::Mechanism;
use super::schema_registry::SchemaRegistry;
use crate::network::TlsSettings;
use crate::{ConnectError, Connection, Connector, ConnectorSpec, OpenContext, SettingKind, SettingSpec, Settings};

/// Topics of Kafka, and of what speaks its protocol.
pub struct KafkaConnector {
    spec: ConnectorSpec,
}

impl KafkaConnector {
    /// The connector.
    pub fn new() -> Self {
        Self {
            spec: ConnectorSpec {
                name: "kafka",
                title: "Kafka",
                description: "Topics of Apache Kafka (1.0 and later) and of what speaks its protocol. No consumer group is joined: \
                              how far a topic has been read is in the commit that carries its rows, so that each message lands \
                              once. Messages of open or aborted transactions are not read.",
                settings: settings(),
                table_options: TopicOptions::specs(),
                incremental_needs_cursor: false,
            },
        }
    }
}

fn settings() -> Vec<SettingSpec> {
    let settings = vec![
        SettingSpec::required(
            "brokers",
            SettingKind::TextList,
            "Brokers to ask first, as `host:port`; the others are learned from them.",
        ),
        SettingSpec::optional("user", SettingKind::Text, "The user to sign in as (SASL)."),
        SettingSpec::optional("password", SettingKind::Text, "The user's password.").secret(),
        SettingSpec::optional(
            "mechanism",
            SettingKind::Choice(Mechanism::NAMES),
            "How the password is proved; by default `PLAIN`.",
        ),
        SettingSpec::optional(
            "schema_registry",
            SettingKind::Text,
            "The address of the schema registry (Confluent's interface), for `format: avro`.",
        ),
        SettingSpec::optional("schema_registry_user", SettingKind::Text, "The user to sign in there as."),
        SettingSpec::optional("schema_registry_password", SettingKind::Text, "That user's password.").secret(),
    ];
    settings.into_iter().chain(TlsSettings::specs()).collect()
}

impl Default for KafkaConnector {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Connector for KafkaConnector {
    fn spec(&self) -> &ConnectorSpec {
        &self.spec
    }

    async fn open(&self, settings: &Settings, context: &OpenContext) -> Result<Box<dyn Connection>, ConnectError> {
        let tls = TlsSettings::new(settings, &context.project_dir)?;
        let registry = SchemaRegistry::open(settings, &tls)?.map(Arc::new);
        let endpoint = Endpoint::new(settings, &tls)?;
        let name = endpoint.name();
        let cluster = Cluster::open(endpoint).await.map_err(|failure| ConnectError::Open {
            what: "Kafka cluster",
            object: name,
            reason: failure.to_string(),
            advice: failure.advice().to_owned(),
        })?;
        Ok(Box::new(KafkaConnection { cluster: Arc::new(cluster), registry, threads: context.threads }))
    }
}
