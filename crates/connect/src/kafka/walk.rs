//! Goes over the messages of spans, in order, some megabytes at a time.

use std::collections::VecDeque;
use std::sync::Arc;

use super::cluster::Cluster;
use super::failure::Failure;
use super::message::Message;
use super::span::Span;
use crate::ConnectError;

/// Fetches that bring nothing, one after the other, where the cluster said that there is something: half a minute.
const MOST_IN_VAIN: usize = 60;

/// Goes over the messages of spans.
pub(crate) struct Walk {
    cluster: Arc<Cluster>,
    topic: String,
    spans: VecDeque<Span>,
    /// Whether it ends at the very ends of the spans.
    is_exact: bool,
}

/// What is between two places of a walk.
pub(crate) struct Step {
    /// May be none: what was looked at had no messages.
    pub(crate) messages: Vec<Message>,
    /// What was looked at, part of one span.
    pub(crate) span: Span,
}

impl Walk {
    /// Over these messages and no others.
    pub(crate) fn new(cluster: Arc<Cluster>, topic: &str, spans: &[Span]) -> Self {
        let spans = spans.iter().filter(|span| !span.is_empty()).copied().collect();
        Self { cluster, topic: topic.to_owned(), spans, is_exact: true }
    }

    /// Over these and those that a broker sends along with the last of them: all that it sends is committed, and a broker that
    /// tells its end by batches (tansu) has more than it tells.
    pub(crate) fn at_least(cluster: Arc<Cluster>, topic: &str, spans: &[Span]) -> Self {
        Self { is_exact: false, ..Self::new(cluster, topic, spans) }
    }

    /// The next messages; `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Step>, ConnectError> {
        let Some(span) = self.spans.front_mut() else { return Ok(None) };
        for _ in 0..MOST_IN_VAIN {
            let fetched = self.cluster.fetch(&self.topic, span.partition, span.from).await;
            let fetched = fetched.map_err(|failure| lost(&self.topic, &failure))?;
            if fetched.next <= span.from {
                continue;
            }
            let to = if self.is_exact { fetched.next.min(span.to) } else { fetched.next };
            let looked_at = Span { to, ..*span };
            let mut messages = fetched.messages;
            messages.retain(|message| message.offset < to);
            span.from = looked_at.to;
            if span.is_empty() {
                let _ = self.spans.pop_front();
            }
            return Ok(Some(Step { messages, span: looked_at }));
        }
        Err(ConnectError::SourceFailed {
            object: self.topic.clone(),
            reason: format!(
                "partition {} gives nothing from offset {} on, although it has more",
                span.partition, span.from
            ),
        })
    }
}

/// Messages that a plan counted on and that are gone: retention is quicker than we are.
fn lost(topic: &str, failure: &Failure) -> ConnectError {
    if failure.is_out_of_range() {
        return ConnectError::SourceChanged { object: topic.to_owned() };
    }
    ConnectError::SourceFailed { object: topic.to_owned(), reason: failure.to_string() }
}
