//! The connector for Singer taps.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Map, Value};

use super::connection::SingerConnection;
use super::folder::home;
use super::kept::KeptSettings;
use super::program::TapProgram;
use crate::{ConnectError, Connection, Connector, ConnectorSpec, OpenContext, SettingKind, SettingSpec, Settings};

/// Singer taps: programs that read some system and write its rows as lines of JSON.
pub struct SingerConnector {
    spec: ConnectorSpec,
}

impl SingerConnector {
    /// The connector.
    pub fn new() -> Self {
        Self {
            spec: ConnectorSpec {
                name: "singer",
                title: "Singer taps",
                description: "Any program that speaks the Singer protocol, in any language: Salesforce, Google Analytics, \
                              Mixpanel, Stripe, Zendesk, GitHub and hundreds more. One process of it serves all tables of a \
                              run; its STATE is committed with the rows that it covers.",
                settings: settings(),
                table_options: table_options(),
                incremental_needs_cursor: false,
            },
        }
    }
}

fn settings() -> Vec<SettingSpec> {
    let limit = |max| SettingKind::Integer { min: 0, max };
    vec![
        SettingSpec::optional(
            "command",
            SettingKind::TextList,
            "The tap's program and its arguments; it is started in the project's folder. Not needed where a tap is piped into \
             `ade ingest --singer`.",
        ),
        SettingSpec::optional(
            "config",
            SettingKind::Mapping,
            "The tap's own settings, as its documentation has them. Secrets by reference; the tap finds them in a file that only \
             it can read and that goes when it ends.",
        ),
        SettingSpec::optional(
            "catalog",
            SettingKind::Path,
            "A catalog to use instead of asking the tap with `--discover` in each run.",
        ),
        SettingSpec::optional(
            "state",
            SettingKind::Path,
            "A STATE to begin with, of a tap that ran somewhere else before.",
        ),
        SettingSpec::optional(
            "catalog_option",
            SettingKind::Choice(&["--catalog", "--properties"]),
            "How the tap is given its catalog; `--properties` for taps of the first years.",
        )
        .with_default("--catalog"),
        SettingSpec::optional(
            "commit_mb",
            limit(1 << 20),
            "Rows are committed with the first STATE after so many megabytes (0: with each) …",
        )
        .with_default(128),
        SettingSpec::optional("commit_seconds", limit(86_400), "… or so many seconds.").with_default(60),
    ]
}

fn table_options() -> Vec<SettingSpec> {
    vec![
        SettingSpec::optional(
            "stream",
            SettingKind::Text,
            "The name under which the stream's rows come, where it is not the one that it has in the catalog (`from`).",
        )
        .beside_rows(),
        SettingSpec::optional(
            "versions",
            SettingKind::Choice(&["follow", "ignore"]),
            "Whether rows of an older version go when the tap says so (ACTIVATE_VERSION).",
        )
        .with_default("follow")
        .beside_rows(),
    ]
}

impl Default for SingerConnector {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Connector for SingerConnector {
    fn spec(&self) -> &ConnectorSpec {
        &self.spec
    }

    fn is_feed(&self) -> bool {
        true
    }

    async fn open(&self, settings: &Settings, context: &OpenContext) -> Result<Box<dyn Connection>, ConnectError> {
        let path = |name: &str| settings.text(name).map(|path| context.project_dir.join(path));
        let amount =
            |name: &str| settings.integer(name).and_then(|amount| u64::try_from(amount).ok()).unwrap_or_default();
        let command = settings.list("command").unwrap_or_default().into_iter();
        let command: Vec<String> = command.map(str::to_owned).collect();
        let config = settings.value("config").cloned().unwrap_or_else(|| Value::Object(Map::new()));
        let kept = context
            .position_key
            .clone()
            .map(|key| KeptSettings::new(&home(&context.project_dir), &command, &config, key));
        Ok(Box::new(SingerConnection {
            program: TapProgram {
                command,
                config,
                kept,
                catalog_option: settings.text("catalog_option").unwrap_or("--catalog").to_owned(),
                project_dir: context.project_dir.clone(),
            },
            catalog: path("catalog"),
            state: path("state"),
            limits: (amount("commit_mb") << 20, Duration::from_secs(amount("commit_seconds"))),
            key: context.position_key.clone(),
            threads: context.threads.get(),
        }))
    }
}
