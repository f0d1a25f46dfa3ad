//! From the settings of a connection to a place on another machine.

use std::sync::Arc;

use tokio::runtime::Handle;

use super::Remote;
use super::http::Http;
use super::remote_store::RemoteStore;
use super::s3::S3;
use crate::files::store::FileStore;
use crate::{ConnectError, SettingKind, SettingSpec, Settings};

/// Whether `path` of a connection is not a folder of this machine.
pub(crate) fn is_remote(path: &str) -> bool {
    path.contains("://")
}

/// The settings that only such places have.
pub(crate) fn specs() -> Vec<SettingSpec> {
    let text = |name, description| SettingSpec::optional(name, SettingKind::Text, description);
    let megabytes = SettingKind::Integer { min: 1, max: 16_384 };
    vec![
        text("user", "HTTP: the user to sign in as (basic authentication)."),
        text("password", "HTTP: the user's password.").secret(),
        text("token", "HTTP: what to send as `Authorization: Bearer …`.").secret(),
        SettingSpec::optional(
            "max_whole_mb",
            megabytes,
            "HTTP: the largest file, in megabytes, that is held in memory because its server gives it only as a whole.",
        )
        .with_default(256),
        text("endpoint", "S3: the server's address, where it is not Amazon's (`https://…`)."),
        text("region", "S3: the region.").with_default("us-east-1"),
        text("access_key_id", "S3: the key to sign with.").secret(),
        text("secret_access_key", "S3: its secret.").secret(),
        text("session_token", "S3: the token of a temporary key.").secret(),
        SettingSpec::optional("anonymous", SettingKind::Boolean, "S3: whether to read a public bucket without a key.")
            .with_default(false),
        SettingSpec::optional(
            "allow_http",
            SettingKind::Boolean,
            "Whether keys, passwords and rows may go over `http://` to another machine, where everybody in between sees them.",
        )
        .with_default(false),
    ]
}

/// The place that `path` names.
pub(crate) fn open(path: &str, settings: &Settings) -> Result<Arc<dyn FileStore>, ConnectError> {
    let remote: Arc<dyn Remote> = match path.split_once("://") {
        Some(("s3", _)) => Arc::new(S3::open(path, settings)?),
        Some(("http" | "https", _)) => Arc::new(Http::open(path, settings)?),
        _ => {
            return Err(refused(
                path,
                "no such kind of place is known",
                "write a folder, `s3://BUCKET/FOLDER` or `https://…`",
            ));
        }
    };
    let runtime = Handle::try_current()
        .map_err(|_| refused(path, "there is no runtime to reach it from", "this is an error of the program"))?;
    Ok(Arc::new(RemoteStore::new(remote, runtime)))
}

/// The error of a place that is not tried.
pub(super) fn refused(object: &str, reason: &str, advice: &str) -> ConnectError {
    ConnectError::Open {
        what: "place of files",
        object: object.to_owned(),
        reason: reason.to_owned(),
        advice: advice.to_owned(),
    }
}

/// Whether a host is this machine.
pub(super) fn is_here(host: Option<&url::Host<&str>>) -> bool {
    match host {
        Some(url::Host::Domain(name)) => *name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
