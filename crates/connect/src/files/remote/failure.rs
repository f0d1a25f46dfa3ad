//! Errors of servers on their way through readers that only know those of the system.

use std::io;

use crate::ConnectError;

/// An error of reading bytes as one of this crate: what a server said stays what it is.
pub(crate) fn of_io(object: &str, source: io::Error) -> ConnectError {
    match source.downcast::<ConnectError>() {
        Ok(error) => error,
        Err(source) => ConnectError::Io { object: object.to_owned(), source },
    }
}
