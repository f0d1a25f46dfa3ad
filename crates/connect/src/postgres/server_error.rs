//! What a session can fail with, without any value of a row.

use std::io;

use super::endpoint::Endpoint;
use crate::ConnectError;

/// A complaint of the server. Its message is kept only where it is known to hold names and no values; details, hints, contexts
/// and queries never are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServerError {
    /// SQLSTATE, five characters.
    pub(crate) code: String,
    /// Its words, if they cannot quote a value.
    message: Option<String>,
}

/// Why a session cannot go on.
#[derive(Debug)]
pub(crate) enum SessionError {
    /// The server complained; the session is still good.
    Server(ServerError),
    /// The stream broke.
    Io(io::Error),
    /// It said what nobody expected.
    Protocol(&'static str),
}

impl From<io::Error> for SessionError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Classes of SQLSTATE whose messages name objects, never values: connections, transactions, authorisation, catalogs, names
/// and rights, resources, states, intervention of an operator, the system.
const TOLD: [&str; 13] = ["08", "0A", "25", "28", "3B", "3D", "3F", "40", "42", "53", "55", "57", "58"];

impl ServerError {
    /// From the fields of an error message: kind and text, each ended by a zero.
    pub(crate) fn parse(mut fields: &[u8]) -> Self {
        let (mut code, mut message, mut routine) = (String::new(), String::new(), String::new());
        while let Some((kind, rest)) = fields.split_first().filter(|(kind, _)| **kind != 0) {
            let end = rest.iter().position(|byte| *byte == 0).unwrap_or(rest.len());
            let text = || String::from_utf8_lossy(&rest[..end]).into_owned();
            match kind {
                b'C' => code = text(),
                b'M' => message = text(),
                b'R' => routine = text(),
                _ => {}
            }
            fields = rest.get(end + 1..).unwrap_or_default();
        }
        // A syntax error quotes the statement; a function of the database raises whatever it likes.
        let is_told =
            TOLD.iter().any(|class| code.starts_with(class)) && code != "42601" && routine != "exec_stmt_raise";
        Self { message: is_told.then_some(message), code }
    }

    /// What it says, with its code.
    pub(crate) fn reason(&self) -> String {
        match &self.message {
            Some(message) => format!("PostgreSQL says: {message} ({})", self.code),
            None => format!("PostgreSQL says: {} ({})", meaning(&self.code), self.code),
        }
    }

    fn is(&self, codes: &[&str]) -> bool {
        codes.iter().any(|code| self.code == *code)
    }
}

/// The meaning of codes whose messages may quote values (PostgreSQL's manual, appendix A).
fn meaning(code: &str) -> &'static str {
    match code {
        "21000" => "a subquery gave more than one row",
        "22003" => "a number is out of range",
        "22007" | "22008" => "a date or time does not exist",
        "22012" => "division by zero",
        "22021" => "a text is not valid in its encoding",
        "22P02" => "a text is not of the form that its type has",
        "22P05" => "a character has no equivalent in UTF-8",
        "P0001" => "a function of the database raised an error",
        _ if code.starts_with("22") => "a value does not fit",
        _ if code.starts_with("XX") => "an internal error of the server",
        _ => "it failed",
    }
}

impl SessionError {
    /// As the failure to open a session.
    pub(crate) fn of_opening(self, endpoint: &Endpoint) -> ConnectError {
        match self {
            Self::Server(error) => {
                let advice = match error.code.as_str() {
                    "28P01" => "correct `user` and `password`",
                    "28000" => "have the server's owner let this user in from this machine (`pg_hba.conf`)",
                    "3D000" => "correct `database`",
                    "53300" => "lower `streams`, or have the server's owner raise the limit of connections",
                    "57P03" => "run again when it has started",
                    _ => "ask the server's owner",
                };
                endpoint.cannot_open(error.reason(), advice)
            }
            Self::Io(error) => endpoint.cannot_open(error.to_string(), "see that the server is running"),
            Self::Protocol(what) => endpoint.cannot_open(what, "see that it is a PostgreSQL server"),
        }
    }

    /// As the failure to read `object`. `lock_timeout_ms` is how long locks were waited for.
    pub(crate) fn of_reading(self, object: &str, lock_timeout_ms: u64) -> ConnectError {
        let failed = |reason: String| ConnectError::SourceFailed { object: object.to_owned(), reason };
        match self {
            Self::Server(error) if error.is(&["55P03"]) => {
                ConnectError::Busy { object: object.to_owned(), waited_ms: lock_timeout_ms, setting: "lock_timeout_ms" }
            }
            Self::Server(error) if error.is(&["42501"]) => ConnectError::Request {
                from: object.to_owned(),
                reason: error.reason(),
                advice: "have its owner grant `select` on it to this user".to_owned(),
            },
            Self::Server(error) if error.is(&["42P01", "42703", "XX001"]) => {
                ConnectError::SourceChanged { object: object.to_owned() }
            }
            Self::Server(error) if error.is(&["57014"]) => {
                failed(format!("{}; if it needs longer, raise `statement_timeout_ms`", error.reason()))
            }
            Self::Server(error) if error.is(&["40001"]) => {
                failed(format!("{}; on a standby, its owner may set `hot_standby_feedback`", error.reason()))
            }
            Self::Server(error) => failed(error.reason()),
            Self::Io(error) => failed(format!("the connection to the server broke ({error})")),
            Self::Protocol(what) => failed(what.to_owned()),
        }
    }
}

/// Whether the server complained about a value that a column has in some row, or raised an error while it computed one.
pub(crate) fn is_of_a_value(error: &ConnectError) -> bool {
    let ConnectError::SourceFailed { reason, .. } = error else { return false };
    // As [`ServerError::reason`] ends.
    let code = reason.rsplit_once('(').map_or("", |(_, code)| code);
    ["21", "22", "P0", "38", "39"].iter().any(|class| code.starts_with(class))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(code: &str, routine: &str) -> ServerError {
        ServerError::parse(format!("SERROR\0C{code}\0Mcanary\0Dcanary\0R{routine}\0\0").as_bytes())
    }

    #[test]
    fn complaints_about_values_are_told_from_others() {
        let of = |code| is_of_a_value(&SessionError::Server(error(code, "")).of_reading("t", 1));
        assert!(of("21000") && of("22012") && of("22P02") && of("P0001"));
        assert!(!of("57014") && !of("42P01") && !of("42501") && !of("XX000"));
    }

    #[test]
    fn messages_that_may_quote_values_are_not_kept() {
        for code in ["22P02", "23505", "42601", "P0001", "XX000", "HV000", ""] {
            assert!(!error(code, "").reason().contains("canary"), "{code}");
        }
        assert!(!format!("{:?}", error("42501", "exec_stmt_raise")).contains("canary"));
        assert_eq!(error("28P01", "auth_failed").reason(), "PostgreSQL says: canary (28P01)");
    }
}
