//! Answers.

use std::fmt::Write;

use serde_json::{Value, json};

/// An answer.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    kind: &'static str,
    /// Seconds after which to try again.
    retry_after: Option<u64>,
    body: Vec<u8>,
}

impl Response {
    /// An answer in JSON.
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        let body = body.to_string().into_bytes();
        Self { status, kind: "application/json", retry_after: None, body }
    }

    /// An answer in words.
    pub(crate) fn text(status: u16, body: String) -> Self {
        Self { status, kind: "text/plain; version=0.0.4", retry_after: None, body: body.into_bytes() }
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

    /// The same without a body.
    pub(crate) fn without_body(mut self) -> Self {
        self.body.clear();
        self
    }

    /// As it goes over the wire. Browsers may ask from anywhere: a write key lets nobody read.
    pub(crate) fn to_bytes(&self, stays: bool) -> Vec<u8> {
        let mut head = format!(
            "HTTP/1.1 {} {}\r\ncontent-type: {}\r\ncontent-length: {}\r\naccess-control-allow-origin: *\r\n",
            self.status,
            reason(self.status),
            self.kind,
            self.body.len()
        );
        if self.status == 204 {
            head.push_str(
                "access-control-allow-methods: GET, POST, OPTIONS\r\naccess-control-allow-headers: authorization, content-encoding, \
                 content-type\r\naccess-control-max-age: 86400\r\n",
            );
        }
        if let Some(seconds) = self.retry_after {
            let _ = write!(head, "retry-after: {seconds}\r\n");
        }
        head.push_str(if stays { "connection: keep-alive\r\n\r\n" } else { "connection: close\r\n\r\n" });
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(&self.body);
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
        429 => "Too Many Requests",
        503 => "Service Unavailable",
        _ => "Error",
    }
}
