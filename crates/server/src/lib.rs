//! What ade answers over the network: at present the collector of events.
//!
//! [`serve`] listens for clients of the Segment HTTP API. A request is read ([`http`]), understood (`segment`), written to the
//! event log of its connection and acknowledged when that is on disk (`committer`: requests that come at the same time share
//! one write). Every few seconds what is in the log lands, like the rows of any other source (`landing`).
//!
//! The part of HTTP/1.1 that such clients speak is small, and `http` is strict about it; TLS is for a proxy in front.

mod backlog;
mod changes;
mod collector;
mod committer;
mod error;
mod http;
mod landing;
mod metrics;
mod segment;
mod serve;

pub use error::ServerError;
pub use serve::{ServeOptions, serve};
