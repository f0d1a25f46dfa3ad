//! Proving to a broker who we are: SASL in Kafka's own frames (KIP-152).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kafka_protocol::messages::{SaslAuthenticateRequest, SaslHandshakeRequest};
use kafka_protocol::protocol::StrBytes;
use tokio_rustls::rustls::crypto::ring;

use super::broker::Broker;
use super::failure::Failure;
use super::scram::{Digest, Scram};

/// As whom, and how it is proved.
pub(crate) struct Login {
    pub(crate) mechanism: Mechanism,
    pub(crate) user: String,
    pub(crate) password: String,
}

/// How it is proved, by the names that Kafka has for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mechanism {
    /// The password itself.
    Plain,
    /// A proof of it by SHA-256.
    ScramSha256,
    /// … by SHA-512.
    ScramSha512,
}

impl Mechanism {
    pub(crate) const NAMES: &'static [&'static str] = &["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"];

    pub(crate) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "PLAIN" => Self::Plain,
            "SCRAM-SHA-256" => Self::ScramSha256,
            "SCRAM-SHA-512" => Self::ScramSha512,
            _ => return None,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Plain => Self::NAMES[0],
            Self::ScramSha256 => Self::NAMES[1],
            Self::ScramSha512 => Self::NAMES[2],
        }
    }
}

impl Login {
    /// Signs in.
    pub(crate) async fn prove(&self, broker: &mut Broker) -> Result<(), Failure> {
        let name = self.mechanism.name();
        let handshake = SaslHandshakeRequest::default().with_mechanism(StrBytes::from_static_str(name));
        let answer = broker.ask(&handshake, 1).await?;
        if answer.error_code != 0 {
            let offered: Vec<&str> = answer.mechanisms.iter().map(StrBytes::as_str).collect();
            let reason = if offered.is_empty() || offered.contains(&name) {
                "it signs nobody in: leave out `user` and `password`".to_owned()
            } else {
                format!("it does not know `mechanism: {name}`; it offers {}", offered.join(", "))
            };
            return Err(Failure::Refused { address: broker.address(), reason });
        }
        match self.mechanism {
            Mechanism::Plain => {
                let proof = format!("\0{}\0{}", self.user, self.password);
                self.say(broker, proof.into_bytes()).await.map(|_| ())
            }
            Mechanism::ScramSha256 => self.scram(broker, Digest::Sha256).await,
            Mechanism::ScramSha512 => self.scram(broker, Digest::Sha512).await,
        }
    }

    async fn scram(&self, broker: &mut Broker, digest: Digest) -> Result<(), Failure> {
        let wrong =
            |address: String| move |reason: &'static str| Failure::Refused { address, reason: reason.to_owned() };
        let nonce = nonce().ok_or_else(|| wrong(broker.address())("the system gives no random numbers"))?;
        let scram = Scram::new(digest, &self.user, &self.password, &nonce);
        let first = self.say(broker, scram.first()).await?;
        let (last, proof) = scram.last(&first).map_err(wrong(broker.address()))?;
        let answer = self.say(broker, last).await?;
        proof.check(&answer).map_err(wrong(broker.address()))
    }

    async fn say(&self, broker: &mut Broker, bytes: Vec<u8>) -> Result<Vec<u8>, Failure> {
        let answer = broker.ask(&SaslAuthenticateRequest::default().with_auth_bytes(bytes.into()), 2).await?;
        if answer.error_code != 0 {
            // A broker may quote the name, never the password: it has not got it in SCRAM, and does not say it in PLAIN.
            let reason = answer.error_message.map(|message| message.replace(&self.password, "…"));
            let reason = reason.filter(|reason| !reason.is_empty()).unwrap_or_else(|| "user or password".to_owned());
            return Err(Failure::Refused { address: broker.address(), reason });
        }
        Ok(answer.auth_bytes.to_vec())
    }
}

/// Letters and digits that nobody can guess.
fn nonce() -> Option<String> {
    let mut bytes = [0; 18];
    ring::default_provider().secure_random.fill(&mut bytes).ok()?;
    Some(URL_SAFE_NO_PAD.encode(bytes))
}
