//! A schema registry: what an id before a message stands for. The interface is Confluent's, which others speak too:
//! <https://docs.confluent.io/platform/current/schema-registry/develop/api.html>.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::{Client, Method, StatusCode};
use serde::Deserialize;
use url::Url;

use super::avro_schema::AvroMessages;
use crate::network::{HttpLogin, HttpRequest};
use crate::{ConnectError, Settings};

/// No schema is larger, in bytes.
const MOST_BYTES: usize = 16 << 20;

/// A schema registry.
pub(crate) struct SchemaRegistry {
    client: Client,
    url: Url,
    login: HttpLogin,
    /// By their ids, which never mean another schema later.
    known: Mutex<HashMap<u32, Arc<AvroMessages>>>,
}

/// What the registry says of a schema.
#[derive(Deserialize)]
struct Answer {
    schema: String,
    #[serde(rename = "schemaType", default)]
    kind: Option<String>,
    #[serde(default)]
    references: Vec<serde::de::IgnoredAny>,
}

impl SchemaRegistry {
    /// From the settings of a connection; `None` where none is named.
    pub(crate) fn open(settings: &Settings) -> Result<Option<Self>, ConnectError> {
        let Some(text) = settings.text("schema_registry") else { return Ok(None) };
        let wrong = |reason: &str| ConnectError::Open {
            what: "schema registry",
            // It may have a password in it.
            object: "schema_registry".to_owned(),
            reason: reason.to_owned(),
            advice:
                "write `https://HOST[:PORT]`, and the login as `schema_registry_user` and `schema_registry_password`"
                    .to_owned(),
        };
        let url = Url::parse(text).map_err(|_| wrong("its address is none"))?;
        if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("its address is not one of a web server, or has a login in it"));
        }
        let login = match (settings.text("schema_registry_user"), settings.text("schema_registry_password")) {
            (Some(user), password) => HttpLogin::Basic(user.to_owned(), password.unwrap_or_default().to_owned()),
            (None, _) => HttpLogin::Nobody,
        };
        let client = Client::builder()
            .connect_timeout(Duration::from_secs(15))
            .read_timeout(Duration::from_secs(30))
            .build()
            .map_err(|_| wrong("there is no way to speak to it"))?;
        Ok(Some(Self { client, url, login, known: Mutex::default() }))
    }

    /// A schema that was asked for before.
    pub(crate) fn known(&self, id: u32) -> Option<Arc<AvroMessages>> {
        self.known.lock().ok()?.get(&id).cloned()
    }

    /// Makes a schema known.
    pub(crate) async fn learn(&self, id: u32) -> Result<(), ConnectError> {
        if self.known(id).is_some() {
            return Ok(());
        }
        let object = format!("schema {id}");
        let mut url = self.url.clone();
        url.path_segments_mut()
            .map_err(|()| failed(&object, "the address of the registry has no place for a path"))?
            .pop_if_empty()
            .extend(["schemas", "ids", &id.to_string()]);
        let request =
            HttpRequest { client: &self.client, login: &self.login, object: &object, url, headers: Vec::new() };
        let mut answer = request.send(&Method::GET).await?;
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => {
                return Err(failed(&object, "the registry does not know it; `schema_registry` may be another one's"));
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                return Err(failed(
                    &object,
                    "the registry does not let us in: `schema_registry_user` and its password",
                ));
            }
            status => return Err(failed(&object, &format!("the registry answers {status}"))),
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|_| request.failed("the connection broke off"))? {
            body.extend_from_slice(&chunk);
            if body.len() > MOST_BYTES {
                return Err(failed(&object, "it is larger than any schema is"));
            }
        }
        let answer: Answer =
            serde_json::from_slice(&body).map_err(|_| failed(&object, "the registry's answer is not one"))?;
        match answer.kind.as_deref() {
            None | Some("AVRO") => {}
            Some(other) => return Err(failed(&object, &format!("it is of {other}, which is not read; only Avro is"))),
        }
        if !answer.references.is_empty() {
            return Err(failed(&object, "it refers to other schemas, which are not looked up"));
        }
        let messages = AvroMessages::new(id, answer.schema).map_err(|reason| failed(&object, &reason))?;
        if let Ok(mut known) = self.known.lock() {
            let _ = known.insert(id, Arc::new(messages));
        }
        Ok(())
    }
}

fn failed(object: &str, reason: &str) -> ConnectError {
    ConnectError::SourceFailed { object: object.to_owned(), reason: reason.to_owned() }
}
