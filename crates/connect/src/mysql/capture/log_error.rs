//! Why a server's log cannot be read.

use mysql_async::Error;

use crate::ConnectError;
use crate::capture::Refusal;
use crate::mysql::failure::failed;

/// Why a server's log cannot be read.
#[derive(Debug)]
pub(crate) enum LogError {
    /// It is not there, or not from where it was asked for.
    Gone,
    /// It has the names and places of one that was there before, and is another.
    Anew,
    /// The server does not give it to us.
    Refused(Refusal),
    Failed(ConnectError),
}

/// The log cannot be sent, of which the message says why. It names files and places of the log, and no values.
const FATAL: u16 = 1236;
/// The login has not got the right.
const DENIED: [u16; 3] = [1044, 1045, 1227];

/// What the server says of a place that its log has not got (`rpl_binlog_sender.cc`, MariaDB's `sql_repl.cc`).
const GONE: [&str; 5] = [
    "could not find first log file name",
    "impossible position",
    "position > file size",
    "has purged",
    "could not find next log",
];

impl LogError {
    /// What an error of reading the log of `server` means.
    pub(crate) fn new(server: &str, error: &Error) -> Self {
        let Error::Server(said) = error else { return Self::Failed(failed(server, &log_of(server), error)) };
        let message = said.message.to_lowercase();
        match said.code {
            FATAL if GONE.iter().any(|words| message.contains(words)) => Self::Gone,
            FATAL => Self::Failed(ConnectError::SourceFailed {
                object: log_of(server),
                reason: format!("the server cannot send it: {}", said.message),
            }),
            code if DENIED.contains(&code) => Self::Refused(Refusal::new(
                "this login may not read the server's log",
                "have the server's owner run: grant replication slave on *.* to USER",
            )),
            _ => Self::Failed(failed(server, &log_of(server), error)),
        }
    }

    /// As an error of capturing as `user` from `server`, where no table can go on without the log.
    pub(crate) fn into_error(self, server: &str, user: &str) -> ConnectError {
        match self {
            Self::Gone | Self::Anew => ConnectError::SourceChanged { object: log_of(server) },
            Self::Refused(refusal) => {
                Refusal { advice: refusal.advice.replace("USER", user), ..refusal }.of(&log_of(server))
            }
            Self::Failed(error) => error,
        }
    }
}

/// For messages.
pub(crate) fn log_of(server: &str) -> String {
    format!("log of {server}")
}
