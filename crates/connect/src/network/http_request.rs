//! Requests to a web server: sent again while it is not well, and its refusals in words.

use std::time::Duration;

use reqwest::header::{ACCEPT_ENCODING, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Method, Response, StatusCode};
use url::Url;

use crate::ConnectError;

/// How often a request is sent that a server may answer the next time.
const ATTEMPTS: u32 = 5;

/// How long a server may have us wait.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Who is asking.
pub(crate) enum HttpLogin {
    Nobody,
    Basic(String, String),
    Bearer(String),
}

/// A request to be sent, again if need be.
pub(crate) struct HttpRequest<'a> {
    pub(crate) client: &'a Client,
    pub(crate) login: &'a HttpLogin,
    /// In messages.
    pub(crate) object: &'a str,
    pub(crate) url: Url,
    pub(crate) headers: Vec<(HeaderName, String)>,
}

impl HttpRequest<'_> {
    /// What the server answers at last, whatever it is; an error when it does not answer.
    pub(crate) async fn send(&self, method: &Method) -> Result<Response, ConnectError> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let answer = self.once(method).await;
            let wait = match &answer {
                Ok(answer) if !may_pass(answer.status()) => None,
                Ok(answer) => Some(asked_to_wait(answer.headers())),
                Err(error) => (error.is_connect() || error.is_timeout() || error.is_request()).then_some(None),
            };
            match wait.filter(|_| attempt < ATTEMPTS) {
                Some(asked) => tokio::time::sleep(asked.unwrap_or(Duration::from_millis(100 << attempt))).await,
                None => return answer.map_err(|error| self.unanswered(&error)),
            }
        }
    }

    async fn once(&self, method: &Method) -> reqwest::Result<Response> {
        let mut headers = HeaderMap::new();
        // The bytes of the file, not of what the server makes of it on the way.
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        for (name, value) in &self.headers {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name.clone(), value);
            }
        }
        let request = self.client.request(method.clone(), self.url.clone()).headers(headers);
        let request = match self.login {
            HttpLogin::Nobody => request,
            HttpLogin::Basic(user, password) => request.basic_auth(user, Some(password)),
            HttpLogin::Bearer(token) => request.bearer_auth(token),
        };
        request.send().await
    }

    fn unanswered(&self, error: &reqwest::Error) -> ConnectError {
        // The address may hold a secret, and causes may hold the address.
        let reason = match error {
            error if error.is_redirect() => {
                "it leads from one address to the next without an end, or from `https` to `http`"
            }
            error if error.is_timeout() => "the server does not answer in time",
            error if error.is_connect() => "the server cannot be reached, or does not prove who it is",
            _ => "the connection broke off",
        };
        self.failed(reason)
    }

    pub(crate) fn failed(&self, reason: &str) -> ConnectError {
        ConnectError::SourceFailed { object: self.object.to_owned(), reason: reason.to_owned() }
    }

    /// The error of an answer that is none to what was asked.
    pub(crate) fn refused(&self, status: StatusCode) -> ConnectError {
        let advice = match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                "give `user` and `password`, or `token`, by reference, of somebody who may read it"
            }
            StatusCode::PRECONDITION_FAILED => return ConnectError::SourceChanged { object: self.object.to_owned() },
            status if may_pass(status) => return self.failed(&format!("the server answers {status}")),
            _ => "correct `from`, or `path` of the connection",
        };
        ConnectError::Open {
            what: "file",
            object: self.object.to_owned(),
            reason: format!("the server answers {status}"),
            advice: advice.to_owned(),
        }
    }
}

/// Whether the same request may be answered later.
fn may_pass(status: StatusCode) -> bool {
    matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT)
        || (status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED)
}

fn asked_to_wait(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST_WAIT))
}
