//! Files of a web server.

use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use reqwest::header::{CONTENT_LENGTH, CONTENT_RANGE, ETAG, HeaderMap, HeaderName, IF_MATCH, RANGE};
use reqwest::redirect::{Attempt, Policy};
use reqwest::{Client, Method, Response, StatusCode};
use url::Url;

use super::open::{is_here, refused};
use super::{Piece, Remote};
use crate::files::store::FileEntry;
use crate::network::{HttpLogin as Login, HttpRequest};
use crate::{ConnectError, Settings};

/// How many addresses one may lead to.
const REDIRECTS: usize = 5;

/// Some folder of a web server.
pub(super) struct Http {
    name: String,
    base: Url,
    client: Client,
    login: Login,
    max_whole_bytes: u64,
}

impl Http {
    pub(super) fn open(path: &str, settings: &Settings) -> Result<Self, ConnectError> {
        let mut base =
            Url::parse(path).map_err(|_| refused("the address", "it is none", "write `https://HOST/FOLDER`"))?;
        if !base.username().is_empty() || base.password().is_some() || base.query().is_some() {
            let advice =
                "give `user` and `password`, or `token`, by reference; what stands after a `?` belongs to `from`";
            return Err(refused("the address", "it has a user, a password or a `?` in it", advice));
        }
        base.set_fragment(None);
        let name = base.as_str().trim_end_matches('/').to_owned();
        let login = match (settings.text("user"), settings.text("password"), settings.text("token")) {
            (None, None, None) => Login::Nobody,
            (Some(user), password, None) => Login::Basic(user.to_owned(), password.unwrap_or_default().to_owned()),
            (None, None, Some(token)) => Login::Bearer(token.to_owned()),
            _ => {
                return Err(refused(&name, "it has several logins", "give `user` and `password`, or else `token`"));
            }
        };
        if base.scheme() == "http" && !settings.boolean("allow_http") && !is_here(base.host().as_ref()) {
            let reason = "it is `http://`, where everybody in between sees what is read";
            return Err(refused(&name, reason, "write `https://`, or `allow_http: true`"));
        }
        let client = Client::builder()
            .connect_timeout(Duration::from_secs(15))
            .read_timeout(Duration::from_mins(1))
            .redirect(Policy::custom(follow))
            .build()
            .map_err(|_| {
                refused(&name, "there is no way to speak to it", "look at the certificates of this machine")
            })?;
        let megabytes = settings.integer("max_whole_mb").and_then(|number| u64::try_from(number).ok()).unwrap_or(256);
        Ok(Self { name, base, client, login, max_whole_bytes: megabytes << 20 })
    }

    /// What `from` names below the folder: also with what stands after a `?`.
    fn request<'a>(
        &'a self,
        object: &'a str,
        headers: Vec<(HeaderName, String)>,
    ) -> Result<HttpRequest<'a>, ConnectError> {
        let (path, query) = object.split_once('?').map_or((object, None), |(path, query)| (path, Some(query)));
        let mut url = self.base.clone();
        url.path_segments_mut()
            .map_err(|()| ConnectError::OutsideFolder { from: path.to_owned() })?
            .pop_if_empty()
            .extend(path.split('/'));
        url.set_query(query);
        Ok(HttpRequest { client: &self.client, login: &self.login, object: path, url, headers })
    }

    /// The file as a server says that gives no size, or nothing without the rest.
    async fn whole_entry(&self, path: &str) -> Result<Option<FileEntry>, ConnectError> {
        let request = self.request(path, vec![(RANGE, "bytes=0-0".to_owned())])?;
        let answer = request.send(&Method::GET).await?;
        let version = version(answer.headers());
        let size_bytes = match answer.status() {
            StatusCode::NOT_FOUND | StatusCode::GONE => return Ok(None),
            StatusCode::PARTIAL_CONTENT => total(answer.headers()),
            // Of an empty file there is no first byte.
            StatusCode::RANGE_NOT_SATISFIABLE => Some(0),
            status if status.is_success() => match size(answer.headers()) {
                Some(size) => Some(size),
                None => Some(self.body(&request, answer).await?.len() as u64),
            },
            status => return Err(request.refused(status)),
        };
        let size_bytes = size_bytes.ok_or_else(|| request.failed("the server does not say how large it is"))?;
        Ok(Some(FileEntry { path: path.to_owned(), size_bytes, version }))
    }

    /// The body of an answer, if it is not too large.
    async fn body(&self, request: &HttpRequest<'_>, mut answer: Response) -> Result<Bytes, ConnectError> {
        let mut body = BytesMut::new();
        while let Some(chunk) = answer.chunk().await.map_err(|_| request.failed("the connection broke off"))? {
            body.extend_from_slice(&chunk);
            if body.len() as u64 > self.max_whole_bytes {
                return Err(ConnectError::Request {
                    from: request.object.to_owned(),
                    reason: format!(
                        "its server gives it only as a whole, and it is larger than {} MB, which are held in memory",
                        self.max_whole_bytes >> 20
                    ),
                    advice: "raise `max_whole_mb` of the connection, or have the server give pieces (`Accept-Ranges: bytes`)"
                        .to_owned(),
                });
            }
        }
        Ok(body.freeze())
    }
}

#[async_trait]
impl Remote for Http {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn lists(&self) -> bool {
        false
    }

    async fn list(&self, _folder: &str) -> Result<Vec<FileEntry>, ConnectError> {
        Err(ConnectError::Request {
            from: self.name.clone(),
            reason: "a web server does not list its files".to_owned(),
            advice: "name each file after `from:`, without `*` and its like (and in `ade inspect … --table FILE`)"
                .to_owned(),
        })
    }

    async fn entry(&self, path: &str) -> Result<Option<FileEntry>, ConnectError> {
        let request = self.request(path, Vec::new())?;
        let answer = request.send(&Method::HEAD).await?;
        match answer.status() {
            StatusCode::NOT_FOUND | StatusCode::GONE => Ok(None),
            status if status.is_success() && size(answer.headers()).is_some() => {
                let size_bytes = size(answer.headers()).unwrap_or_default();
                Ok(Some(FileEntry { path: path.to_owned(), size_bytes, version: version(answer.headers()) }))
            }
            StatusCode::UNAUTHORIZED => Err(request.refused(StatusCode::UNAUTHORIZED)),
            // Not everything that can be read can be asked about.
            _ => self.whole_entry(path).await,
        }
    }

    async fn piece(&self, file: &FileEntry, offset: u64, length: u64) -> Result<Piece, ConnectError> {
        let mut headers = vec![(RANGE, format!("bytes={offset}-{}", offset + length - 1))];
        headers.extend(file.version.clone().map(|version| (IF_MATCH, version)));
        let request = self.request(&file.path, headers)?;
        let changed = || ConnectError::SourceChanged { object: file.path.clone() };
        let mut attempts = 3;
        loop {
            let answer = request.send(&Method::GET).await?;
            let is_other = file.version.is_some() && version(answer.headers()) != file.version;
            let (is_part, status) = (answer.status() == StatusCode::PARTIAL_CONTENT, answer.status());
            if !status.is_success() {
                return Err(if matches!(status, StatusCode::NOT_FOUND | StatusCode::RANGE_NOT_SATISFIABLE) {
                    changed()
                } else {
                    request.refused(status)
                });
            }
            if is_other || (is_part && total(answer.headers()) != Some(file.size_bytes)) {
                return Err(changed());
            }
            let wanted = if is_part { length } else { file.size_bytes };
            attempts -= 1;
            match self.body(&request, answer).await {
                Ok(body) if body.len() as u64 == wanted => {
                    return Ok(if is_part { Piece::Part(body) } else { Piece::Whole(body) });
                }
                Ok(_) if !is_part => return Err(changed()),
                // It broke off within: once more.
                Ok(_) | Err(ConnectError::SourceFailed { .. }) if attempts > 0 => {}
                Ok(_) => return Err(request.failed("the server gives less than it was asked for")),
                Err(error) => return Err(error),
            }
        }
    }
}

/// Never from an address that nobody can listen to, to one where everybody can.
fn follow(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let was_private = attempt.previous().iter().any(|url| url.scheme() == "https");
    if attempt.previous().len() > REDIRECTS || (was_private && attempt.url().scheme() != "https") {
        return attempt.error("too many, or to an open one");
    }
    attempt.follow()
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

fn size(headers: &HeaderMap) -> Option<u64> {
    text(headers, &CONTENT_LENGTH)?.trim().parse().ok()
}

/// Of `bytes 0-9/100`, the last number.
fn total(headers: &HeaderMap) -> Option<u64> {
    text(headers, &CONTENT_RANGE)?.rsplit_once('/')?.1.trim().parse().ok()
}

/// What names these bytes and no others: a weak tag does not.
fn version(headers: &HeaderMap) -> Option<String> {
    text(headers, &ETAG).filter(|tag| !tag.starts_with("W/"))
}
