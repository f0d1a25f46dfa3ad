//! What goes wrong between us and a cluster.

use std::io;

use kafka_protocol::ResponseError;
use thiserror::Error;

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
    /// Whether to look for the leaders again, and try once more.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Broken { .. } | Self::Silent { .. } => true,
            Self::Answer { error, .. } => error.is_retriable(),
            Self::Refused { .. } | Self::Protocol { .. } => false,
        }
    }

    /// Whether messages that were asked for are not there (any more).
    pub(crate) fn is_out_of_range(&self) -> bool {
        matches!(self, Self::Answer { error: ResponseError::OffsetOutOfRange, .. })
    }

    /// An error's code as a failure, if it is one.
    pub(crate) fn of_code(code: i16, what: impl FnOnce() -> String) -> Result<(), Self> {
        match ResponseError::try_from_code(code) {
            None => Ok(()),
            Some(error) => Err(Self::Answer { what: what(), error }),
        }
    }
}
