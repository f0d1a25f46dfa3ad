//! How far a topic has been read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::span::Span;
use super::topic::Topic;
use crate::ConnectError;

/// How far a topic has been read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Position {
    pub(crate) topic: String,
    /// Of the topic, so that another one with its name is noticed; nil where the cluster gives none.
    pub(crate) id: Uuid,
    /// By partition: the offset of the first message that has not been read.
    pub(crate) next: BTreeMap<i32, i64>,
}

impl Position {
    pub(crate) fn parse(from: &str, value: Option<&Value>) -> Result<Option<Self>, ConnectError> {
        let Some(value) = value else { return Ok(None) };
        serde_json::from_value(value.clone()).map(Some).map_err(|_| ConnectError::Request {
            from: from.to_owned(),
            reason: "the stored position is not one of a topic".to_owned(),
            advice: "load the table anew with `--full-refresh`".to_owned(),
        })
    }

    /// The same after these messages.
    pub(crate) fn after(before: Option<Value>, topic: &Topic, spans: &[Span]) -> Option<Value> {
        let before = before.and_then(|value| serde_json::from_value::<Self>(value).ok());
        let same = before.filter(|before| before.topic == topic.name && before.id == topic.id);
        let mut next = same.map(|before| before.next).unwrap_or_default();
        next.extend(spans.iter().map(|span| (span.partition, span.to)));
        serde_json::to_value(Self { topic: topic.name.clone(), id: topic.id, next }).ok()
    }
}
