//! Which server, which database, as whom, and how far it may be burdened.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use url::Url;

use crate::network::{TlsMode, TlsSettings, Tunnel};
use crate::{ConnectError, OpenContext, SettingProblem, Settings};

/// Which server, which database, as whom.
#[derive(Clone)]
pub(crate) struct Endpoint {
    /// A name, an address, or the folder of a Unix socket (it begins with `/`).
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) database: String,
    pub(crate) user: String,
    pub(crate) password: Option<String>,
    pub(crate) tls: TlsMode,
    pub(crate) tls_settings: TlsSettings,
    /// The way there, when it leads through another machine.
    pub(crate) tunnel: Option<Arc<Tunnel>>,
}

impl Endpoint {
    /// From the settings of a connection; the tunnel is not open yet. `project_dir` is where relative paths start.
    pub(crate) fn new(settings: &Settings, project_dir: &std::path::Path) -> Result<Self, ConnectError> {
        let text = |name: &str| settings.text(name).map(str::to_owned);
        let mut host = text("host");
        let mut port = settings.integer("port").and_then(|port| u16::try_from(port).ok());
        let (mut database, mut user, mut password) = (text("database"), text("user"), text("password"));
        let mut tls_settings = TlsSettings::new(settings, project_dir)?;
        if let Some(url) = settings.text("url") {
            let url = Parts::parse(url).map_err(|message| problem("url", false, message, None))?;
            host = host.or(url.host);
            port = port.or(url.port);
            database = database.or(url.database);
            user = user.or(url.user);
            password = password.or(url.password);
            tls_settings = tls_settings.or_mode(url.tls);
        }
        let needed = |name: &'static str, value: Option<String>| {
            let hint = format!("add `{name}:`, or give it in `url`");
            value.ok_or_else(|| problem(name, true, format!("setting `{name}` is missing"), Some(hint)))
        };
        let host = needed("host", host)?;
        let user = needed("user", user)?;
        Ok(Self {
            tls: tls_settings.mode(is_loopback(&host)),
            tls_settings,
            port: port.unwrap_or(5432),
            database: database.unwrap_or_else(|| user.clone()),
            host,
            user,
            password,
            tunnel: None,
        })
    }

    /// The same with the tunnel open, where the way leads through another machine.
    pub(crate) async fn open(settings: &Settings, context: &OpenContext) -> Result<Arc<Self>, ConnectError> {
        let mut endpoint = Self::new(settings, &context.project_dir)?;
        if let Some(jump) = settings.text("ssh") {
            let key = settings.text("ssh_key").map(|path| context.project_dir.join(path));
            let tunnel = Tunnel::open(jump, key.as_deref(), &endpoint.host, endpoint.port).await;
            let advice = "see that `ssh` signs in there without asking, and that its key is known";
            endpoint.tunnel = Some(Arc::new(tunnel.map_err(|reason| endpoint.cannot_open(reason, advice))?));
        }
        Ok(Arc::new(endpoint))
    }

    /// The server and database for messages: `db.example.org:5432/shop`.
    pub(crate) fn name(&self) -> String {
        format!("{}:{}/{}", self.host, self.port, self.database)
    }

    /// The error of a server that cannot be reached or refuses.
    pub(crate) fn cannot_open(&self, reason: impl Into<String>, advice: impl Into<String>) -> ConnectError {
        ConnectError::Open {
            what: "PostgreSQL database",
            object: self.name(),
            reason: reason.into(),
            advice: advice.into(),
        }
    }
}

/// Without the password.
impl fmt::Debug for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Endpoint").field("name", &self.name()).field("tls", &self.tls).finish_non_exhaustive()
    }
}

pub(crate) fn problem(setting: &str, missing: bool, message: String, hint: Option<String>) -> ConnectError {
    ConnectError::Settings { problems: vec![SettingProblem { setting: setting.to_owned(), missing, message, hint }] }
}

/// Whether what is sent to `host` never leaves this machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.starts_with('/') || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// What a `postgres://` URL says.
#[derive(Default)]
struct Parts {
    host: Option<String>,
    port: Option<u16>,
    database: Option<String>,
    user: Option<String>,
    password: Option<String>,
    tls: Option<TlsMode>,
}

impl Parts {
    /// The error never quotes the URL: it holds the password.
    fn parse(text: &str) -> Result<Self, String> {
        const FORM: &str = "`url` is not of the form `postgres://user:password@host:port/database`";
        let url = Url::parse(text).map_err(|_| FORM.to_owned())?;
        // A password with `/`, `?` or `#` in it that is not written `%2F`, … ends up where messages would show it.
        let is_cut = text.contains('@') && url.username().is_empty() && url.password().is_none();
        if !matches!(url.scheme(), "postgres" | "postgresql") || url.cannot_be_a_base() || is_cut {
            return Err(FORM.to_owned());
        }
        let decoded = |text: &str| percent_decode_str(text).decode_utf8().ok().map(String::from);
        let filled = |text: &str| Some(text).filter(|text| !text.is_empty()).and_then(decoded);
        let mut parts = Self {
            host: url.host_str().map(|host| host.trim_matches(['[', ']'])).and_then(filled),
            port: url.port(),
            database: filled(url.path().trim_start_matches('/')),
            user: filled(url.username()),
            password: url.password().and_then(filled),
            tls: None,
        };
        for (name, value) in url.query_pairs() {
            match &*name {
                "host" => parts.host = Some(value.into_owned()),
                "sslmode" => {
                    let tls = TlsMode::from_sslmode(&value);
                    parts.tls = Some(tls.ok_or_else(|| "`sslmode` in `url` is none that PostgreSQL knows".to_owned())?);
                }
                // What other programs need to know changes nothing here.
                _ => {}
            }
        }
        Ok(parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_says_all_of_it() {
        let parts = Parts::parse("postgres://app%40x:p%2Fw@db.example.org:6432/shop%20two?sslmode=require").unwrap();
        assert_eq!(parts.host.as_deref(), Some("db.example.org"));
        assert_eq!((parts.port, parts.database.as_deref()), (Some(6432), Some("shop two")));
        assert_eq!((parts.user.as_deref(), parts.password.as_deref()), (Some("app@x"), Some("p/w")));
        assert_eq!(parts.tls, Some(TlsMode::Require));
        assert_eq!(Parts::parse("postgresql://[::1]/x").unwrap().host.as_deref(), Some("::1"));
        for wrong in [
            "mysql://secret@x/y",
            "secret",
            "postgres:secret",
            "postgres://h/d?sslmode=secret",
            "postgres://u:12/secret@h/d",
            "postgres://u:12?secret@h/d",
            "postgres://u:12#secret@h/d",
        ] {
            let error = Parts::parse(wrong).err().unwrap();
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn loopback_is_known() {
        for (host, expected) in
            [("localhost", true), ("127.0.0.9", true), ("::1", true), ("/run/postgresql", true), ("10.0.0.1", false)]
        {
            assert_eq!(is_loopback(host), expected, "{host}");
        }
    }
}
