//! Change documents, as messages of the log: `POST /v1/changes/{source}`.
//!
//! A body is one document, a list of them, or what a DynamoDB stream hands to its readers (`{"Records": […]}`). What a document
//! tells is understood when it lands; here it gets an id, so that one which is delivered again is known: its own (`eventID`,
//! `id`), or a digest of all of it where it says its place in a log, since that place comes once.

use serde_json::{Map, Value, json};

use crate::segment::{Message, Sent, parse};

/// A body of documents is never longer: a row of DynamoDB alone may have 400 KB, and comes as it was and as it is.
pub(crate) const MOST_BYTES: usize = 4 << 20;

/// The source that a path is for.
pub(crate) fn source_of(path: &str) -> Option<&str> {
    let source = path.strip_prefix("/v1/changes/")?;
    let source = source.strip_suffix('/').unwrap_or(source);
    (!source.is_empty() && !source.contains('/')).then_some(source)
}

/// Reads a body; gives what is wrong with it. `digest` names a document by all of it.
pub(crate) fn read(body: &[u8], digest: impl Fn(&str) -> u64) -> Result<Sent, &'static str> {
    let documents = match parse(body)? {
        Value::Array(documents) => documents,
        Value::Object(mut object) => match object.shift_remove("Records") {
            Some(Value::Array(documents)) => documents,
            _ => vec![Value::Object(object)],
        },
        _ => return Err("the body is neither a change document nor a list of them"),
    };
    let messages = documents.into_iter().map(|document| {
        let id = id_of(&document, &digest);
        let mut message = Message { id: id.clone(), value: json!({ "type": "change", "document": document }) };
        if let Some(id) = id {
            message.identified(id);
        }
        message
    });
    Ok(Sent { write_key: None, left_at: None, most_bytes: usize::MAX, messages: messages.collect() })
}

fn id_of(document: &Value, digest: &impl Fn(&str) -> u64) -> Option<String> {
    let said = |name: &str| document.get(name).and_then(Value::as_str).filter(|id| !id.is_empty());
    if let Some(id) = said("eventID").or(said("id")).or(said("messageId")) {
        return Some(id.to_owned());
    }
    let envelope = document.get("payload").unwrap_or(document);
    let source = envelope.get("source").and_then(Value::as_object);
    let of_log = |source: &Map<String, Value>| {
        ["lsn", "pos", "gtid", "scn", "ord", "resume_token"]
            .iter()
            .any(|name| source.get(*name).is_some_and(|place| !place.is_null()))
    };
    let has_place = envelope.get("position").is_some_and(|place| !place.is_null()) || source.is_some_and(of_log);
    has_place.then(|| format!("change-{:016x}", digest(&document.to_string())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(body: &Value) -> Vec<Option<String>> {
        let sent = read(body.to_string().as_bytes(), |text| text.len() as u64).unwrap();
        sent.messages.into_iter().map(|message| message.id).collect()
    }

    #[test]
    fn documents_that_come_again_have_the_same_id() {
        let place = json!({"payload": {"after": {"id": 1}, "source": {"lsn": 7}}});
        assert_eq!(ids(&place), ids(&place));
        assert!(ids(&place)[0].is_some());
        assert_eq!(
            ids(&json!({"Records": [{"eventID": "e1"}, {"eventID": "e2"}]})),
            [Some("e1".to_owned()), Some("e2".to_owned())]
        );
        assert_eq!(ids(&json!([{"table": "t", "after": {}}])), [None], "the same change may be made twice");
        assert!(ids(&json!({"table": "t", "position": 3}))[0].is_some());
    }

    #[test]
    fn a_path_names_one_source() {
        assert_eq!(source_of("/v1/changes/shop"), Some("shop"));
        assert_eq!(source_of("/v1/changes/shop/"), Some("shop"));
        assert_eq!(source_of("/v1/changes/"), None);
        assert_eq!(source_of("/v1/changes/a/b"), None);
    }
}
