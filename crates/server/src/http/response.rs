//! Answers.

use std::fmt::Write;
use std::time::Duration;

use serde_json::{Value, json};

/// An answer.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    kind: &'static str,
    /// Seconds after which to try again.
    retry_after: Option<u64>,
    /// The methods that there are instead.
    allow: Option<&'static str>,
    body: Vec<u8>,
}

impl Response {
    /// An answer in JSON.
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        let body = body.to_string().into_bytes();
        Self { status, kind: "application/json", retry_after: None, allow: None, body }
    }

    /// An answer in words.
    pub(crate) fn text(status: u16, body: String) -> Self {
        Self { status, kind: "text/plain; version=0.0.4", retry_after: None, allow: None, body: body.into_bytes() }
    }

    /// What was asked for is done.
    pub(crate) fn success() -> Self {
        Self::json(200, &json!({ "success": true }))
    }

    /// It is not done, and why. No value of an event is in it.
    pub(crate) fn failure(status: u16, message: &str) -> Self {
        Self::json(status, &json!({ "success": false, "message": message }))
    }

    /// The same, to be tried again.
    pub(crate) fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// Another method than these was asked for.
    pub(crate) fn other_method(allow: &'static str, message: &str) -> Self {
        Self { allow: Some(allow), ..Self::failure(405, message) }
    }

    /// There is nothing to say.
    pub(crate) fn nothing() -> Self {
        Self { status: 204, kind: "", retry_after: None, allow: None, body: Vec::new() }
    }

    /// As it goes over the wire. Browsers may ask from anywhere: a write key lets nobody read. To a `HEAD`, the body is not
    /// sent, and all is said of it.
    pub(crate) fn to_bytes(&self, stays: Option<Duration>, to_head: bool) -> Vec<u8> {
        let mut head =
            format!("HTTP/1.1 {} {}\r\naccess-control-allow-origin: *\r\n", self.status, reason(self.status));
        if self.status == 204 {
            head.push_str(
                "access-control-allow-methods: GET, POST, OPTIONS\r\naccess-control-allow-headers: authorization, content-encoding, \
                 content-type\r\naccess-control-max-age: 86400\r\n",
            );
        } else {
            let _ = write!(head, "content-type: {}\r\ncontent-length: {}\r\n", self.kind, self.body.len());
        }
        if let Some(seconds) = self.retry_after {
            let _ = write!(head, "retry-after: {seconds}\r\n");
        }
        if let Some(methods) = self.allow {
            let _ = write!(head, "allow: {methods}\r\n");
        }
        let _ = match stays {
            // A client that sends again just when its time is over finds the connection closed: it gives it up before.
            Some(idle) => {
                let seconds = idle.as_secs().saturating_sub(5).max(1);
                write!(head, "connection: keep-alive\r\nkeep-alive: timeout={seconds}\r\n\r\n")
            }
            None => write!(head, "connection: close\r\n\r\n"),
        };
        let mut bytes = head.into_bytes();
        if !to_head {
            bytes.extend_from_slice(&self.body);
        }
        bytes
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        204 => "No Content",
        400 => "Bad Request",
        401 => "Unauthorized",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        415 => "Unsupported Media Type",
        417 => "Expectation Failed",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        505 => "HTTP Version Not Supported",
        _ => "Error",
    }
}
