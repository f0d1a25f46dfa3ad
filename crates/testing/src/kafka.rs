//! A real Kafka broker for the time of a test: tansu, on a free loopback port, with its messages in memory.
//!
//! What is written to it comes from the client that most programs have, librdkafka, by way of its package for Python. Both are
//! where `scripts/install-tools test` puts them. What this broker has not got, TLS and users, stands before it ([`KafkaGate`]).

mod gate;

use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

pub use self::gate::KafkaGate;
use crate::server_process::ServerProcess;

/// How often a start is tried: another process may take the free port first.
const ATTEMPTS: usize = 5;

/// Reads topics and messages, one a line, and writes them.
const PRODUCER: &str = include_str!("kafka/produce.py");

/// Why there is no broker, or it does not take what it is given.
#[derive(Debug, thiserror::Error)]
pub enum KafkaError {
    /// A program is missing.
    #[error("{} is not there: run `scripts/install-tools test`", .0.display())]
    NotInstalled(PathBuf),
    /// A step did not work.
    #[error("cannot {step}: {reason}")]
    Failed {
        /// What was tried.
        step: &'static str,
        /// What the system or the program said.
        reason: String,
    },
}

/// A running broker. Dropping it stops it, and its messages are gone.
#[derive(Debug)]
pub struct Kafka {
    /// Where clients reach it.
    address: String,
    /// How librdkafka does, besides.
    settings: Value,
    folder: TempDir,
    _gate: Option<ServerProcess>,
    _process: ServerProcess,
}

impl Kafka {
    /// Starts a broker without topics, that asks nobody who they are.
    pub fn start() -> Result<Self, KafkaError> {
        Self::begin(None)
    }

    /// The same with something before it that everybody has to come through.
    pub fn start_behind(gate: KafkaGate) -> Result<Self, KafkaError> {
        Self::begin(Some(gate))
    }

    fn begin(gate: Option<KafkaGate>) -> Result<Self, KafkaError> {
        let program = tool("tansu-0.6.0/bin/tansu")?;
        let mut last = KafkaError::Failed { step: "start tansu", reason: "no attempt was made".to_owned() };
        for _ in 0..ATTEMPTS {
            match launch(&program, gate) {
                Ok(kafka) => return Ok(kafka),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Where clients reach it: `host:port`.
    pub fn address(&self) -> String {
        self.address.clone()
    }

    /// A file of those that TLS needs: `authority.pem`, and for a client `client.pem` and `client.key`.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Makes a topic.
    pub fn topic(&self, name: &str, partitions: u32) -> Result<(), KafkaError> {
        self.tell(&format!("{}\n", serde_json::json!({ "topic": name, "partitions": partitions })))
    }

    /// Writes messages to a topic and waits until the broker has them: for each its partition, key and value (`None`: none of
    /// it, as in a tombstone).
    pub fn produce<'a>(
        &self,
        topic: &str,
        messages: impl IntoIterator<Item = (u32, Option<&'a str>, Option<&'a str>)>,
    ) -> Result<(), KafkaError> {
        let line = |(partition, key, value): (u32, Option<&str>, Option<&str>)| {
            format!("{}\n", serde_json::json!({ "to": topic, "partition": partition, "key": key, "value": value }))
        };
        self.tell(&messages.into_iter().map(line).collect::<String>())
    }

    /// The same with values that are no text.
    pub fn produce_bytes<'a>(
        &self,
        topic: &str,
        messages: impl IntoIterator<Item = (u32, Option<&'a str>, &'a [u8])>,
    ) -> Result<(), KafkaError> {
        let line = |(partition, key, bytes): (u32, Option<&str>, &[u8])| {
            let told =
                serde_json::json!({ "to": topic, "partition": partition, "key": key, "value": null, "bytes": bytes });
            format!("{told}\n")
        };
        self.tell(&messages.into_iter().map(line).collect::<String>())
    }

    /// The same with keys that are no text, either.
    pub fn produce_pairs<'a>(
        &self,
        topic: &str,
        messages: impl IntoIterator<Item = (u32, &'a [u8], Option<&'a [u8]>)>,
    ) -> Result<(), KafkaError> {
        let line = |(partition, key, value): (u32, &[u8], Option<&[u8]>)| {
            let mut told = json!({ "to": topic, "partition": partition, "key": null, "value": null, "key_bytes": key });
            if let Some(value) = value {
                told["bytes"] = json!(value);
            }
            format!("{told}\n")
        };
        self.tell(&messages.into_iter().map(line).collect::<String>())
    }

    fn tell(&self, lines: &str) -> Result<(), KafkaError> {
        let failed = |reason: String| KafkaError::Failed { step: "write to the broker", reason };
        let mut producer = Command::new(tool("kafka/bin/python")?)
            .args(["-c", PRODUCER, &self.settings.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| failed(error.to_string()))?;
        if let Some(mut input) = producer.stdin.take() {
            input.write_all(lines.as_bytes()).map_err(|error| failed(error.to_string()))?;
        }
        let output = producer.wait_with_output().map_err(|error| failed(error.to_string()))?;
        if output.status.success() {
            return Ok(());
        }
        Err(failed(String::from_utf8_lossy(&output.stderr).into_owned()))
    }
}

/// A program that `scripts/install-tools test` installs.
fn tool(path: &str) -> Result<PathBuf, KafkaError> {
    #[expect(
        clippy::disallowed_methods,
        reason = "tests find the tools that `scripts/install-tools` puts under the home folder"
    )]
    let home = std::env::var_os("HOME").unwrap_or_default();
    let found = Path::new(&home).join(".cache/ade/tools").join(path);
    if found.exists() { Ok(found) } else { Err(KafkaError::NotInstalled(found)) }
}

fn launch(program: &Path, gate: Option<KafkaGate>) -> Result<Kafka, KafkaError> {
    let failed = |reason: String| KafkaError::Failed { step: "start tansu", reason };
    let (port, outside) = (free_port().map_err(failed)?, free_port().map_err(failed)?);
    // What it tells clients is where they are to come: a certificate is for a name.
    let address = if gate.is_some() { format!("localhost:{outside}") } else { format!("127.0.0.1:{port}") };
    // It says that it is ready where others write their results.
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "sh", "-c", "exec \"$0\" \"$@\" 1>&2"]).arg(program);
    command.args(["broker", "--storage-engine", "memory://tansu/"]);
    command.args(["--listener-url", &format!("tcp://127.0.0.1:{port}")]);
    command.args(["--advertised-listener-url", &format!("tcp://{address}")]);
    let process = ServerProcess::start(command, "ready in").map_err(failed)?;
    let folder = tempfile::Builder::new().prefix("ade-kafka-").tempdir().map_err(|error| failed(error.to_string()))?;
    let mut settings = gate.map_or_else(|| json!({}), |gate| gate.settings(folder.path(), "SCRAM-SHA-512"));
    settings["bootstrap.servers"] = json!(address);
    let gate = gate.map(|gate| gate.start(outside, port, &folder)).transpose()?;
    Ok(Kafka { address, settings, folder, _gate: gate, _process: process })
}

fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
    listener.map(|address| address.port()).map_err(|error| error.to_string())
}
