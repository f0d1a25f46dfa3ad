//! What the driver's and the server's errors mean, without anything that was read.
//!
//! A server's message may quote a value (“Incorrect date value: '…'”), so only messages of codes that are known to name
//! objects alone are passed on.

use mysql_async::Error;

use crate::ConnectError;

/// The statement was ended from outside: by `kill query`, or by the time that a statement may take.
const INTERRUPTED: u16 = 1317;
const TIMED_OUT: [u16; 3] = [1969, 3024, 1028];
/// No lock within the time, deadlock.
const LOCKED: [u16; 2] = [1205, 1213];
/// The table changed its shape since the snapshot was taken.
const TABLE_CHANGED: [u16; 3] = [1412, 1615, 1146];
/// No such host of this login, wrong password, no right to the database.
const DENIED: [u16; 3] = [1044, 1045, 1698];
const UNKNOWN_DATABASE: u16 = 1049;
const TOO_MANY: [u16; 3] = [1040, 1203, 1226];
const HOST_REFUSED: [u16; 2] = [1129, 1130];
const NEEDS_TLS: u16 = 3159;
/// Codes of which the message names tables, columns and logins, and nothing else: no right to a table or column, no such
/// column, a view that refers to what is gone.
const NAMES_ONLY: [u16; 6] = [1142, 1143, 1227, 1054, 1356, 1449];

/// A number out of its range, a subquery with several rows, a text that is no JSON, an error that a function raises: what a view can
/// fail with while it computes a column.
const OF_A_VALUE: [u16; 4] = [1690, 1242, 3141, 1644];

/// Whether the server failed to compute a column in some row.
pub(crate) fn is_of_a_value(error: &ConnectError) -> bool {
    let ConnectError::SourceFailed { reason, .. } = error else { return false };
    OF_A_VALUE.iter().any(|code| reason.starts_with(&answered(*code)))
}

fn answered(code: u16) -> String {
    format!("the server answered with error {code} ")
}

/// An error of a statement that reads `object`.
pub(crate) fn failed(server: &str, object: &str, error: &Error) -> ConnectError {
    let failed = |reason: String| ConnectError::SourceFailed { object: object.to_owned(), reason };
    let Error::Server(error) = error else {
        return failed(format!("the connection to `{server}` broke ({})", transport(error)));
    };
    match error.code {
        code if TABLE_CHANGED.contains(&code) => ConnectError::SourceChanged { object: object.to_owned() },
        code if TIMED_OUT.contains(&code) => ConnectError::Request {
            from: object.to_owned(),
            reason: "a statement took longer than it may".to_owned(),
            advice: "raise `statement_timeout_ms` of the connection, or give the cursor an index".to_owned(),
        },
        code if LOCKED.contains(&code) => {
            failed("another program held a lock for longer than `lock_timeout_ms` of the connection".to_owned())
        }
        code if NAMES_ONLY.contains(&code) => ConnectError::Request {
            from: object.to_owned(),
            reason: format!("the server says: {}", error.message),
            advice: "repair the view or table in the source, grant the login the right to read it, or leave it out"
                .to_owned(),
        },
        INTERRUPTED => failed("the server ended the statement (error 1317)".to_owned()),
        code => failed(format!("{}(SQLSTATE {})", answered(code), error.state)),
    }
}

/// An error of opening a connection to `server`.
pub(crate) fn cannot_open(server: &str, error: &Error) -> ConnectError {
    let (reason, advice) = match error {
        Error::Server(error) => match error.code {
            code if DENIED.contains(&code) => (
                "the server refuses this login".to_owned(),
                "check `user`, `password` and `database` of the connection, and that the login may come from this host",
            ),
            UNKNOWN_DATABASE => ("the server has no such database".to_owned(), "correct `database` of the connection"),
            code if TOO_MANY.contains(&code) => (
                "the server takes no more connections".to_owned(),
                "run again later, or ask its owner to raise the limit",
            ),
            code if HOST_REFUSED.contains(&code) => (
                "the server takes no connections from this host".to_owned(),
                "ask its owner to allow the login from this host",
            ),
            NEEDS_TLS => ("the server demands TLS".to_owned(), "set `tls: verify-full`"),
            code => (
                format!("the server answered with error {code} (SQLSTATE {})", error.state),
                "check the server's log, and `host` and `port` of the connection",
            ),
        },
        Error::Driver(mysql_async::DriverError::NoClientSslFlagFromServer) => (
            "the server offers no TLS".to_owned(),
            "ask its owner to switch it on; `tls: disable` sends everything as it is and serves within a private network only",
        ),
        Error::Driver(mysql_async::DriverError::UnknownAuthPlugin { name }) => (
            format!("the login is checked by `{name}`, which is not supported"),
            "ask for a login with `caching_sha2_password`, `mysql_native_password` or `ed25519`",
        ),
        Error::Driver(mysql_async::DriverError::CleartextPluginDisabled) => (
            "the server asks for the password as it is".to_owned(),
            "ask for a login with `caching_sha2_password`, `mysql_native_password` or `ed25519`",
        ),
        other => (transport(other), "check `host`, `port` and `tls` of the connection, and that the server runs"),
    };
    ConnectError::Open { what: "MySQL server", object: server.to_owned(), reason, advice: advice.to_owned() }
}

/// What happened on the way to the server, in words that hold nothing of what went over it.
fn transport(error: &Error) -> String {
    match error {
        Error::Io(mysql_async::IoError::Io(error)) => {
            // Of certificates and protocol versions; it holds names of hosts, and nothing of the rows.
            let tls = error.get_ref().and_then(|error| error.downcast_ref::<tokio_rustls::rustls::Error>());
            tls.map_or_else(|| error.kind().to_string(), ToString::to_string)
        }
        Error::Io(mysql_async::IoError::Tls(error)) => error.to_string(),
        Error::Driver(mysql_async::DriverError::ConnectionClosed) => "it is closed".to_owned(),
        _ => "it did not speak as MySQL does".to_owned(),
    }
}
