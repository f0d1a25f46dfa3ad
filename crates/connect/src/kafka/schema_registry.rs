//! A schema registry: what an id before a message stands for. The interface is Confluent's, which others speak too:
//! <https://docs.confluent.io/platform/current/schema-registry/develop/api.html>.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::{Client, Method, StatusCode};
use serde::Deserialize;
use url::Url;

use super::avro_references::inlined;
use super::avro_schema::AvroMessages;
use crate::network::{HttpLogin, HttpRequest, TlsMode, TlsSettings};
use crate::{ConnectError, Settings};

/// No schema is larger, in bytes.
const MOST_BYTES: usize = 16 << 20;

/// Schemas that one refers to, and those that these refer to, are no more.
const MOST_REFERENCES: usize = 500;

/// What is known of a schema: how its messages are read, or why they cannot be.
pub(crate) type Known = Result<Arc<AvroMessages>, String>;

/// A schema registry.
pub(crate) struct SchemaRegistry {
    client: Client,
    url: Url,
    login: HttpLogin,
    /// By their ids, which never mean another schema later.
    known: Mutex<HashMap<u32, Known>>,
}

/// What the registry says of a schema.
#[derive(Deserialize)]
struct Answer {
    schema: String,
    #[serde(rename = "schemaType", default)]
    kind: Option<String>,
    #[serde(default)]
    references: Vec<Reference>,
}

/// A schema that another one names.
#[derive(Clone, PartialEq, Deserialize)]
struct Reference {
    name: String,
    subject: String,
    version: i64,
}

impl SchemaRegistry {
    /// From the settings of a connection; `None` where none is named.
    pub(crate) fn open(settings: &Settings, tls: &TlsSettings) -> Result<Option<Self>, ConnectError> {
        let Some(text) = settings.text("schema_registry") else { return Ok(None) };
        let refused = |reason: &str, advice: &str| ConnectError::Open {
            what: "schema registry",
            // It may have a password in it.
            object: "schema_registry".to_owned(),
            reason: reason.to_owned(),
            advice: advice.to_owned(),
        };
        let form =
            "write `https://HOST[:PORT]`, and the login as `schema_registry_user` and `schema_registry_password`";
        let url = Url::parse(text).map_err(|_| refused("its address is none", form))?;
        if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() || url.password().is_some() {
            return Err(refused("its address is not one of a web server, or has a login in it", form));
        }
        let login = match (settings.text("schema_registry_user"), settings.text("schema_registry_password")) {
            (Some(user), password) => HttpLogin::Basic(user.to_owned(), password.unwrap_or_default().to_owned()),
            (None, _) => HttpLogin::Nobody,
        };
        if url.scheme() == "http" && !matches!(login, HttpLogin::Nobody) && !is_here(&url) {
            let reason = "its address is `http://`, where everybody in between would see the password";
            return Err(refused(reason, "write `https://`"));
        }
        let mut client =
            Client::builder().connect_timeout(Duration::from_secs(15)).read_timeout(Duration::from_secs(30));
        if tls.has_root() && url.scheme() == "https" {
            let connector = tls.connector(TlsMode::VerifyFull);
            let connector = connector.map_err(|(reason, advice)| refused(&reason, &advice))?;
            client = client.use_preconfigured_tls(connector.config().as_ref().clone());
        }
        let client = client
            .build()
            .map_err(|_| refused("there is no way to speak to it", "look at the certificates of this machine"))?;
        Ok(Some(Self { client, url, login, known: Mutex::default() }))
    }

    /// A schema that was asked for before.
    pub(crate) fn known(&self, id: u32) -> Option<Known> {
        self.known.lock().ok()?.get(&id).cloned()
    }

    /// Makes a schema known. An error is that the registry could not be asked.
    pub(crate) async fn learn(&self, id: u32) -> Result<(), ConnectError> {
        if self.known(id).is_some() {
            return Ok(());
        }
        let found = self.messages(id).await?;
        if let Ok(mut known) = self.known.lock() {
            let _ = known.insert(id, found.map(Arc::new));
        }
        Ok(())
    }

    async fn messages(&self, id: u32) -> Result<Result<AvroMessages, String>, ConnectError> {
        let Some(answer) = self.ask(&format!("schema {id}"), &["schemas", "ids", &id.to_string()]).await? else {
            return Ok(Err("the registry does not know it".to_owned()));
        };
        if let Some(kind) = answer.kind.as_deref().filter(|kind| *kind != "AVRO") {
            return Ok(Err(format!("it is of {kind}, which is not read; only Avro is")));
        }
        if answer.references.is_empty() {
            return Ok(AvroMessages::new(id, answer.schema));
        }
        let mut named = BTreeMap::new();
        let mut open = answer.references;
        while let Some(Reference { name, subject, version }) = open.pop() {
            if named.contains_key(&name) {
                continue;
            }
            if named.len() >= MOST_REFERENCES {
                return Ok(Err(format!("it refers to more than {MOST_REFERENCES} others")));
            }
            let path = ["subjects", &subject, "versions", &version.to_string()];
            let Some(found) = self.ask(&format!("schema {id}"), &path).await? else {
                return Ok(Err(format!(
                    "it refers to version {version} of `{subject}`, which the registry does not know"
                )));
            };
            open.extend(found.references);
            let _ = named.insert(name, found.schema);
        }
        let whole = inlined(&answer.schema, &named).ok_or("it, or one that it refers to, is none that can be read");
        Ok(whole.map_err(str::to_owned).and_then(|whole| AvroMessages::new(id, whole)))
    }

    /// What the registry says; `None` where it has no such thing.
    async fn ask(&self, object: &str, path: &[&str]) -> Result<Option<Answer>, ConnectError> {
        let mut url = self.url.clone();
        url.path_segments_mut()
            .map_err(|()| failed(object, "the address of the registry has no place for a path"))?
            .pop_if_empty()
            .extend(path);
        let request = HttpRequest { client: &self.client, login: &self.login, object, url, headers: Vec::new() };
        let mut answer = request.send(&Method::GET).await?;
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Ok(None),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                return Err(failed(object, "the registry does not let us in: `schema_registry_user` and its password"));
            }
            status => return Err(failed(object, &format!("the registry answers {status}"))),
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|_| request.failed("the connection broke off"))? {
            body.extend_from_slice(&chunk);
            if body.len() > MOST_BYTES {
                return Err(failed(object, "it is larger than any schema is"));
            }
        }
        serde_json::from_slice(&body).map(Some).map_err(|_| failed(object, "the registry's answer is not one"))
    }
}

/// Whether what is sent there never leaves this machine.
fn is_here(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn failed(object: &str, reason: &str) -> ConnectError {
    ConnectError::SourceFailed { object: object.to_owned(), reason: reason.to_owned() }
}
