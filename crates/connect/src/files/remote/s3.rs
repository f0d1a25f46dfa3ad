//! A bucket of S3, or of a server that speaks as it does.

use std::time::Duration;

use async_trait::async_trait;
use futures::TryStreamExt;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::{ClientOptions, Error, GetOptions, ObjectMeta, ObjectStore, ObjectStoreExt, RetryConfig};

use super::open::{is_here, refused};
use super::{Piece, Remote};
use crate::files::store::FileEntry;
use crate::{ConnectError, Settings};

/// How long a server is tried again that is not well.
const RETRY: Duration = Duration::from_mins(1);

/// Some folder of a bucket.
pub(super) struct S3 {
    name: String,
    prefix: Path,
    bucket: AmazonS3,
}

impl S3 {
    pub(super) fn open(path: &str, settings: &Settings) -> Result<Self, ConnectError> {
        let refused = |reason: &str, advice: &str| refused(path, reason, advice);
        let (bucket, prefix) =
            path.trim_start_matches("s3://").split_once('/').unwrap_or((path.trim_start_matches("s3://"), ""));
        if bucket.is_empty() {
            return Err(refused("it names no bucket", "write `s3://BUCKET/FOLDER`"));
        }
        let retry = RetryConfig { max_retries: 5, retry_timeout: RETRY, ..RetryConfig::default() };
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(bucket)
            .with_region(settings.text("region").unwrap_or("us-east-1"))
            .with_retry(retry)
            .with_client_options(ClientOptions::new().with_connect_timeout(Duration::from_secs(15)));
        if let Some(endpoint) = settings.text("endpoint") {
            let url = url::Url::parse(endpoint)
                .map_err(|_| refused("`endpoint` is no address", "write `https://HOST:PORT`"))?;
            let is_open = url.scheme() == "http";
            if is_open && !settings.boolean("allow_http") && !is_here(url.host().as_ref()) {
                return Err(refused(
                    "`endpoint` is `http://`, where everybody in between sees what is read",
                    "write `https://`, or `allow_http: true`",
                ));
            }
            builder = builder.with_endpoint(endpoint).with_allow_http(is_open);
        }
        builder = match (
            settings.text("access_key_id"),
            settings.text("secret_access_key"),
            settings.boolean("anonymous"),
        ) {
            (None, None, true) => builder.with_skip_signature(true),
            (Some(id), Some(secret), false) => builder.with_access_key_id(id).with_secret_access_key(secret),
            _ => {
                return Err(refused(
                    "nothing says as whom it is read",
                    "give `access_key_id` and `secret_access_key` by reference, or `anonymous: true` for a public bucket",
                ));
            }
        };
        if let Some(token) = settings.text("session_token") {
            builder = builder.with_token(token);
        }
        let bucket =
            builder.build().map_err(|error| refused(&error.to_string(), "correct the settings of the connection"))?;
        let prefix = Path::parse(prefix.trim_matches('/'))
            .map_err(|_| refused("its folder is no path", "write a path without empty parts, `.` and `..`"))?;
        Ok(Self { name: path.trim_end_matches('/').to_owned(), prefix, bucket })
    }

    fn location(&self, path: &str) -> Result<Path, ConnectError> {
        let whole = if self.prefix.as_ref().is_empty() { path.to_owned() } else { format!("{}/{path}", self.prefix) };
        Path::parse(whole).map_err(|_| ConnectError::OutsideFolder { from: path.to_owned() })
    }

    fn of(&self, found: &ObjectMeta) -> Option<FileEntry> {
        let rest = found.location.as_ref().strip_prefix(self.prefix.as_ref())?;
        Some(FileEntry {
            path: rest.trim_start_matches('/').to_owned(),
            size_bytes: found.size,
            version: found.e_tag.clone().filter(|tag| !tag.starts_with("W/")),
        })
    }

    fn failed(&self, object: &str, error: &Error) -> ConnectError {
        let refused = |reason: &str, advice: &str| ConnectError::Open {
            what: "place of files",
            object: self.name.clone(),
            reason: reason.to_owned(),
            advice: advice.to_owned(),
        };
        let text = error.to_string();
        let code = text.split_once("<Code>").and_then(|(_, rest)| Some(rest.split_once("</Code>")?.0));
        match (error, code) {
            (Error::Precondition { .. }, _) => ConnectError::SourceChanged { object: object.to_owned() },
            (_, Some("NoSuchBucket")) => {
                refused("there is no such bucket", "correct `path` of the connection, `endpoint` or `region`")
            }
            (Error::NotFound { .. }, _) => ConnectError::SourceChanged { object: object.to_owned() },
            (Error::PermissionDenied { .. } | Error::Unauthenticated { .. }, _)
            | (_, Some("AccessDenied" | "InvalidAccessKeyId" | "SignatureDoesNotMatch" | "ExpiredToken")) => refused(
                "the server refuses the key",
                "it needs `s3:ListBucket` on the bucket and `s3:GetObject` on its objects; look at `access_key_id`, \
                 `secret_access_key`, `session_token` and `region`",
            ),
            (_, code) => ConnectError::SourceFailed {
                object: if object.is_empty() { self.name.clone() } else { object.to_owned() },
                // What comes behind the first line is the server's answer as it stands.
                reason: code.map_or_else(
                    || text.lines().next().unwrap_or_default().to_owned(),
                    |code| format!("the server answers {code}"),
                ),
            },
        }
    }
}

#[async_trait]
impl Remote for S3 {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn lists(&self) -> bool {
        true
    }

    async fn list(&self, folder: &str) -> Result<Vec<FileEntry>, ConnectError> {
        let below = if folder.is_empty() { self.prefix.clone() } else { self.location(folder)? };
        let found: Vec<ObjectMeta> =
            self.bucket.list(Some(&below)).try_collect().await.map_err(|error| self.failed("", &error))?;
        Ok(found.iter().filter_map(|found| self.of(found)).collect())
    }

    async fn entry(&self, path: &str) -> Result<Option<FileEntry>, ConnectError> {
        match self.bucket.head(&self.location(path)?).await {
            Ok(found) => Ok(self.of(&found)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.failed(path, &error)),
        }
    }

    async fn piece(&self, file: &FileEntry, offset: u64, length: u64) -> Result<Piece, ConnectError> {
        let options = GetOptions {
            if_match: file.version.clone(),
            range: Some((offset..offset + length).into()),
            ..GetOptions::default()
        };
        let failed = |error: Error| self.failed(&file.path, &error);
        let answer = self.bucket.get_opts(&self.location(&file.path)?, options).await.map_err(failed)?;
        if answer.meta.size != file.size_bytes {
            return Err(ConnectError::SourceChanged { object: file.path.clone() });
        }
        Ok(Piece::Part(answer.bytes().await.map_err(failed)?))
    }
}
