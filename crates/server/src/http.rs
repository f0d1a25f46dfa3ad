//! HTTP/1.1 as clients of a collector speak it: requests with a body of bounded size, one after the other on a connection.
//!
//! Heads are parsed by `httparse`, the parser of hyper. What could be understood in two ways (two lengths, a length beside
//! chunks, a length that is no number) is refused, since a proxy in front may have understood it in the other.

mod body;
mod connection;
mod head;
mod incoming;
mod response;

pub(crate) use connection::{Limits, converse};
pub(crate) use head::Head;
pub(crate) use response::Response;

/// A request with its whole body, uncompressed.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) head: Head,
    pub(crate) body: Vec<u8>,
}
