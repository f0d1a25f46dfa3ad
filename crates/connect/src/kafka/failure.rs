//! What goes wrong between us and a cluster.

use std::io;

use kafka_protocol::ResponseError;
use thiserror::Error;
use tokio_rustls::rustls;

/// What goes wrong between us and a cluster. Nothing of it quotes a message.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    /// No broker could be reached, or the connection broke.
    #[error("{address}: {source}")]
    Broken {
        /// Of the broker.
        address: String,
        /// Why.
        source: io::Error,
    },
    /// It did not answer in time.
    #[error("{address} did not answer within {seconds} seconds")]
    Silent {
        /// Of the broker.
        address: String,
        /// How long it was waited for.
        seconds: u64,
    },
    /// What answers did not prove that it is the broker, or does not speak TLS.
    #[error("{address}: TLS failed: {reason}")]
    Untrusted {
        /// Of the broker.
        address: String,
        /// In the words of the library.
        reason: String,
    },
    /// It closed the connection in place of an answer.
    #[error("{address} closed the connection when {when}")]
    Closed {
        /// Of the broker.
        address: String,
        /// What it was told.
        when: &'static str,
    },
    /// It will not let us in.
    #[error("{address} does not let us in: {reason}")]
    Refused {
        /// Of the broker.
        address: String,
        /// In its words, without secrets.
        reason: String,
    },
    /// It says something that is not Kafka's protocol, or a release of it that is too old.
    #[error("{address}: {reason}")]
    Protocol {
        /// Of the broker.
        address: String,
        /// What is wrong.
        reason: String,
    },
    /// It answered with an error of Kafka's.
    #[error("{what}: {error}")]
    Answer {
        /// What was asked for.
        what: String,
        /// Kafka's error.
        error: ResponseError,
    },
}

impl Failure {
    /// How it begins that what answers does not go on with TLS.
    pub(crate) const NO_GREETING: &str = "it did not answer the greeting";

    /// Whether to look for the leaders again, and try once more.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Broken { .. } | Self::Silent { .. } | Self::Closed { .. } => true,
            Self::Answer { error, .. } => error.is_retriable(),
            Self::Untrusted { .. } | Self::Refused { .. } | Self::Protocol { .. } => false,
        }
    }

    /// What to do about it, where a connection is opened.
    pub(crate) fn advice(&self) -> &'static str {
        match self {
            Self::Broken { .. } | Self::Silent { .. } => {
                "correct `brokers` of the connection, and let the firewall pass this machine"
            }
            Self::Untrusted { reason, .. }
                if ["corrupt message", "eof", Self::NO_GREETING].iter().any(|word| reason.contains(word)) =>
            {
                "it seems to speak no TLS there: use its port for TLS, or set `tls: disable` if nobody else can listen on the way"
            }
            Self::Untrusted { .. } => {
                "set `tls_root` of the connection to the certificate of the authority that signed the broker's; `brokers`, and \
                 what they are advertised as, must be the names in their certificates"
            }
            Self::Closed { .. } => {
                "it may want TLS or a login: set `tls`, or `user`, `password` and `mechanism`, of the connection"
            }
            Self::Refused { .. } => "correct `user`, `password` and `mechanism` of the connection",
            Self::Protocol { .. } | Self::Answer { .. } => "correct `brokers` of the connection: they must be Kafka's",
        }
    }

    /// Whether messages that were asked for are not there (any more).
    pub(crate) fn is_out_of_range(&self) -> bool {
        matches!(self, Self::Answer { error: ResponseError::OffsetOutOfRange, .. })
    }

    /// The same, where that the connection ended is an answer to what the broker was told. A certificate that it wants and does
    /// not get it complains of only then.
    pub(crate) fn closed(self, when: &'static str) -> Self {
        let is_end = |source: &io::Error| {
            matches!(
                source.kind(),
                io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe
            )
        };
        match self {
            Self::Broken { address, source }
                if source.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()).is_some() =>
            {
                Self::Untrusted { address, reason: source.to_string() }
            }
            Self::Broken { address, source } if is_end(&source) => Self::Closed { address, when },
            other => other,
        }
    }

    /// An error's code as a failure, if it is one.
    pub(crate) fn of_code(code: i16, what: impl FnOnce() -> String) -> Result<(), Self> {
        match ResponseError::try_from_code(code) {
            None => Ok(()),
            Some(error) => Err(Self::Answer { what: what(), error }),
        }
    }
}
