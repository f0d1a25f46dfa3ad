//! Answers requests.

use std::collections::HashMap;
use std::sync::Arc;

use ade_run::events::{EventLogKey, EventRecord};
use ade_run::{Clock, Ids};
use serde_json::json;

use crate::backlog::Backlog;
use crate::changes;
use crate::committer::{Committer, Uncommitted};
use crate::http::{Request, Response};
use crate::metrics::Metrics;
use crate::segment::{self, Endpoint, MOST_MESSAGE_BYTES, Message, Sent};

/// Where the events of one write key go.
#[derive(Debug, Clone)]
pub(crate) struct Destination {
    /// The source's name.
    pub(crate) source: String,
    pub(crate) key: EventLogKey,
    pub(crate) committer: Committer,
    pub(crate) backlog: Arc<Backlog>,
}

/// Answers requests.
pub(crate) struct Collector {
    /// By write key.
    pub(crate) destinations: HashMap<String, Destination>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn Ids>,
    pub(crate) metrics: Arc<Metrics>,
    /// Seconds after which a client that was put off is told to come again.
    pub(crate) retry_after: u64,
}

impl Collector {
    /// Answers one request. What it says is done is on disk.
    pub(crate) async fn answer(&self, request: Request) -> Response {
        let response = self.route(request).await;
        Metrics::add(&self.metrics.requests, 1);
        match response.status {
            429 => Metrics::add(&self.metrics.put_off, 1),
            503 => Metrics::add(&self.metrics.unwritten, 1),
            400.. => Metrics::add(&self.metrics.refused, 1),
            _ => {}
        }
        response
    }

    async fn route(&self, request: Request) -> Response {
        let (method, path) = (request.head.method.as_str(), request.head.path.as_str());
        match (method, path) {
            ("OPTIONS", _) => return Response::nothing(),
            ("GET" | "HEAD", "/health") => return self.health(),
            ("GET" | "HEAD", "/metrics") => {
                let backlog = self.backlogs().map(Backlog::bytes).sum();
                return Response::text(200, self.metrics.to_text(backlog));
            }
            (_, "/health" | "/metrics") => {
                return Response::other_method("GET, HEAD, OPTIONS", "this is only to be read");
            }
            _ => {}
        }
        if let Some(source) = changes::source_of(path) {
            if method != "POST" {
                return Response::other_method("POST, OPTIONS", "change documents are sent with POST");
            }
            return self.take_changes(source, &request).await;
        }
        match Endpoint::of(path) {
            None => Response::failure(404, "there is nothing here; events go to /v1/track, /v1/batch and so on"),
            Some(_) if method != "POST" => Response::other_method("POST, OPTIONS", "events are sent with POST"),
            Some(Endpoint::Telemetry) => Response::success(),
            Some(endpoint) => self.collect(endpoint, &request).await,
        }
    }

    /// Whether events are taken, and how far behind the lake is.
    fn health(&self) -> Response {
        let backlog: u64 = self.backlogs().map(Backlog::bytes).sum();
        let is_full = self.backlogs().any(Backlog::is_full);
        let status = if is_full { "behind" } else { "ok" };
        Response::json(200, &json!({ "status": status, "backlog_bytes": backlog }))
    }

    /// Of each log once: sources of one connection share it.
    fn backlogs(&self) -> impl Iterator<Item = &Backlog> {
        let mut seen = Vec::new();
        self.destinations.values().map(|destination| &*destination.backlog).filter(move |backlog| {
            let place = std::ptr::from_ref::<Backlog>(backlog);
            let is_new = !seen.contains(&place);
            seen.push(place);
            is_new
        })
    }

    async fn collect(&self, endpoint: Endpoint, request: &Request) -> Response {
        if matches!(endpoint, Endpoint::One(_)) && request.body.len() > MOST_MESSAGE_BYTES {
            return Response::failure(400, "the message is longer than 32 KB");
        }
        let sent = match segment::read(endpoint, &request.body) {
            Ok(sent) => sent,
            Err(problem) => return Response::failure(400, problem),
        };
        let Some(key) = segment::key_of(&request.head).or_else(|| sent.write_key.clone()) else {
            return Response::failure(
                401,
                "there is no write key, neither as user of Basic authentication nor as `writeKey`",
            );
        };
        let Some(destination) = self.destinations.get(&key) else {
            return Response::failure(401, "no source has this write key");
        };
        self.commit(destination, sent).await
    }

    async fn take_changes(&self, source: &str, request: &Request) -> Response {
        let Some(key) = segment::key_of(&request.head) else {
            return Response::failure(401, "there is no write key as user of Basic authentication");
        };
        let Some(destination) = self.destinations.get(&key).filter(|destination| destination.source == source) else {
            return Response::failure(401, "the source of this path does not have this write key");
        };
        match changes::read(&request.body, |document| destination.key.digest(source, document)) {
            Ok(sent) => self.commit(destination, sent).await,
            Err(problem) => Response::failure(400, problem),
        }
    }

    async fn commit(&self, destination: &Destination, sent: Sent) -> Response {
        if destination.backlog.is_full() {
            let full = Response::failure(429, "what was sent before has not landed yet; send it again later");
            return full.retry_after(self.retry_after);
        }
        let (left_at, most) = (sent.left_at, sent.most_bytes);
        let records: Vec<EventRecord> =
            sent.messages.into_iter().map(|message| self.record(destination, message, left_at, most)).collect();
        if records.is_empty() {
            return Response::success();
        }
        match destination.committer.commit(records).await {
            Ok(()) => Response::success(),
            Err(Uncommitted::Busy) => {
                Response::failure(429, "more requests than can be written at once; send it again").retry_after(1)
            }
            Err(Uncommitted::Unwritten) => {
                let failed =
                    Response::failure(503, "it could not be written to disk, so it is not taken; send it again later");
                failed.retry_after(self.retry_after)
            }
        }
    }

    fn record(
        &self,
        destination: &Destination,
        mut message: Message,
        sent_at: Option<i64>,
        most_bytes: usize,
    ) -> EventRecord {
        let id = message.id.take().unwrap_or_else(|| {
            let id = format!("api-{}", self.ids.next());
            message.identified(id.clone());
            id
        });
        let body = message.value.to_string().into_bytes();
        EventRecord {
            source: destination.source.clone(),
            received_at: self.clock.now().timestamp_micros(),
            sent_at,
            digest: destination.key.digest(&destination.source, &id),
            is_duplicate: false,
            is_too_long: body.len() > most_bytes,
            body,
        }
    }
}
