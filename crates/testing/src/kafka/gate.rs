//! What stands before a broker: TLS and logins, as brokers have them.

use std::path::Path;
use std::process::Command;

use serde_json::json;
use tempfile::TempDir;

use super::{KafkaError, tool};
use crate::certificates::certify;
use crate::server_process::ServerProcess;

/// The program that does it.
const GATE: &str = include_str!("gate.py");

/// What a broker asks of whoever comes.
#[derive(Debug, Clone, Copy, Default)]
pub struct KafkaGate {
    /// Whether it speaks TLS, with a certificate for `localhost` of an authority of its own.
    pub has_tls: bool,
    /// Whether it asks for a certificate of that authority.
    pub asks_certificate: bool,
    /// Name and password of the user that it lets in, and no other.
    pub user: Option<(&'static str, &'static str)>,
}

impl KafkaGate {
    /// Starts it before the broker at a port.
    pub(super) fn start(self, listen: u16, broker: u16, folder: &TempDir) -> Result<ServerProcess, KafkaError> {
        let failed = |reason: String| KafkaError::Failed { step: "start what stands before the broker", reason };
        let mut told = json!({ "listen": listen, "broker": broker });
        let file = |name: &str| folder.path().join(name);
        if self.has_tls {
            std::fs::create_dir(file("data")).map_err(|error| failed(error.to_string()))?;
            certify(folder.path(), false).map_err(|error| failed(error.to_string()))?;
            told["certificate"] = json!(file("data/server.crt"));
            told["key"] = json!(file("data/server.key"));
        }
        if self.asks_certificate {
            told["authority"] = json!(file("authority.pem"));
        }
        if let Some((name, password)) = self.user {
            told["users"] = json!({ name: password });
        }
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL"]).arg(tool("kafka/bin/python")?).args(["-c", GATE, &told.to_string()]);
        ServerProcess::start(command, "ready").map_err(failed)
    }

    /// How librdkafka comes through it. `mechanism`: one of those that brokers know.
    pub(super) fn settings(self, folder: &Path, mechanism: &str) -> serde_json::Value {
        let protocol = match (self.has_tls, self.user.is_some()) {
            (false, false) => "PLAINTEXT",
            (true, false) => "SSL",
            (false, true) => "SASL_PLAINTEXT",
            (true, true) => "SASL_SSL",
        };
        let mut settings = json!({ "security.protocol": protocol });
        if self.has_tls {
            settings["ssl.ca.location"] = json!(folder.join("authority.pem"));
        }
        if self.asks_certificate {
            settings["ssl.certificate.location"] = json!(folder.join("client.pem"));
            settings["ssl.key.location"] = json!(folder.join("client.key"));
        }
        if let Some((name, password)) = self.user {
            settings["sasl.mechanism"] = json!(mechanism);
            settings["sasl.username"] = json!(name);
            settings["sasl.password"] = json!(password);
        }
        settings
    }
}
