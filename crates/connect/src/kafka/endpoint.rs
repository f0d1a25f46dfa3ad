//! Which cluster, as whom.

use std::fmt;
use std::net::IpAddr;

use tokio_rustls::TlsConnector;

use super::sasl::{Login, Mechanism};
use crate::network::{TlsMode, TlsSettings};
use crate::{ConnectError, SettingProblem, Settings};

/// Which cluster, as whom.
pub(crate) struct Endpoint {
    /// Where the first questions go: `host:port`, one after the other until one answers.
    pub(crate) brokers: Vec<Address>,
    pub(crate) tls: Option<TlsConnector>,
    pub(crate) login: Option<Login>,
}

/// Where a broker listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.host, self.port)
    }
}

impl Address {
    /// `host`, `host:port` or `[address]:port`; 9092 is Kafka's usual port.
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, port.parse().ok()?),
            _ => (text, 9092),
        };
        let host = host.trim_matches(['[', ']']);
        let is_host = !host.is_empty() && !host.contains(['/', '@', ' ']);
        is_host.then(|| Self { host: host.to_owned(), port })
    }

    fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

impl Endpoint {
    pub(crate) fn new(settings: &Settings, tls: &TlsSettings) -> Result<Self, ConnectError> {
        let mut brokers = Vec::new();
        for text in settings.list("brokers").unwrap_or_default() {
            brokers.push(Address::parse(text).ok_or_else(|| {
                problem("brokers", format!("`{text}` is no address of a broker"), "write `host:port`, without a scheme")
            })?);
        }
        let login = login(settings)?;
        let is_near = brokers.iter().all(Address::is_loopback);
        let tls = match tls.mode(is_near) {
            TlsMode::Disable => None,
            mode => Some(tls.connector(mode).map_err(|(reason, advice)| ConnectError::Open {
                what: "Kafka cluster",
                object: brokers.first().map(Address::to_string).unwrap_or_default(),
                reason,
                advice,
            })?),
        };
        Ok(Self { brokers, tls, login })
    }

    /// The cluster for messages.
    pub(crate) fn name(&self) -> String {
        self.brokers.iter().map(Address::to_string).collect::<Vec<_>>().join(", ")
    }
}

fn login(settings: &Settings) -> Result<Option<Login>, ConnectError> {
    let mechanism = settings.text("mechanism").and_then(Mechanism::parse);
    match (settings.text("user"), settings.text("password")) {
        (Some(user), Some(password)) => Ok(Some(Login {
            mechanism: mechanism.unwrap_or(Mechanism::Plain),
            user: user.to_owned(),
            password: password.to_owned(),
        })),
        (None, None) => Ok(None),
        (user, _) => {
            let missing = if user.is_some() { "password" } else { "user" };
            Err(problem(missing, format!("setting `{missing}` is missing"), "`user` and `password` belong together"))
        }
    }
}

fn problem(setting: &str, message: String, hint: &str) -> ConnectError {
    let (setting, hint) = (setting.to_owned(), Some(hint.to_owned()));
    ConnectError::Settings { problems: vec![SettingProblem { setting, missing: false, message, hint }] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_brokers() {
        let parse = |text: &str| Address::parse(text).map(|address| address.to_string());
        assert_eq!(parse("kafka.example.org").as_deref(), Some("kafka.example.org:9092"));
        assert_eq!(parse(" kafka.example.org:19092 ").as_deref(), Some("kafka.example.org:19092"));
        assert_eq!(Address::parse("[::1]:9093"), Some(Address { host: "::1".to_owned(), port: 9093 }));
        for wrong in ["", ":9092", "kafka://a:9092", "user@a:9092", "a:port", "a:99999"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
