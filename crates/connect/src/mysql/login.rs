//! Where a server is and who asks, from the settings of a connection.

use std::net::IpAddr;

use percent_encoding::percent_decode_str;
use url::Url;

use super::tls::TlsMode;
use crate::{ConnectError, SettingProblem, Settings};

/// Where a server is and who asks.
#[derive(Clone)]
pub(crate) struct Login {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) user: String,
    pub(crate) password: Option<String>,
    pub(crate) database: String,
    pub(crate) tls: TlsMode,
}

impl Login {
    /// From `url`, and from the settings for its parts, which count more.
    pub(crate) fn of(settings: &Settings) -> Result<Self, ConnectError> {
        let url = settings.text("url").map(Parts::parse).transpose();
        let url = url.map_err(|message| problem("url", false, message, None))?.unwrap_or_default();
        let needed = |name: &'static str, of_url: Option<String>| {
            let value = settings.text(name).map(str::to_owned).or(of_url);
            let hint = format!("add `{name}:`, or give it in `url`");
            value.ok_or_else(|| problem(name, true, format!("setting `{name}` is missing; {hint}"), Some(hint)))
        };
        let host = needed("host", url.host)?;
        let tls = settings.text("tls").and_then(TlsMode::parse).or(url.tls);
        Ok(Self {
            port: settings.integer("port").and_then(|port| u16::try_from(port).ok()).or(url.port).unwrap_or(3306),
            user: needed("user", url.user)?,
            password: settings.text("password").map(str::to_owned).or(url.password),
            database: needed("database", url.database)?,
            tls: tls.unwrap_or(if is_loopback(&host) { TlsMode::Disable } else { TlsMode::VerifyFull }),
            host,
        })
    }

    /// For messages: who is asked for what, without the password.
    pub(crate) fn name(&self) -> String {
        format!("{}:{}/{}", self.host, self.port, self.database)
    }
}

/// Whether what is sent to `host` never leaves this machine.
fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// What a `mysql://` URL says.
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
    /// `mysql://user:password@host:port/database?ssl-mode=…`, also with `mariadb:`. The error never quotes the URL: it holds
    /// the password.
    fn parse(text: &str) -> Result<Self, String> {
        const FORM: &str = "`url` is not of the form `mysql://user:password@host:port/database`";
        let url = Url::parse(text).map_err(|_| FORM.to_owned())?;
        if !matches!(url.scheme(), "mysql" | "mariadb") {
            return Err(FORM.to_owned());
        }
        let decoded = |text: &str| percent_decode_str(text).decode_utf8().ok().map(String::from);
        let filled = |text: &str| Some(text).filter(|text| !text.is_empty()).and_then(decoded);
        let mode = url.query_pairs().find(|(name, _)| matches!(&**name, "ssl-mode" | "sslmode" | "ssl_mode"));
        let tls =
            mode.map(|(_, mode)| TlsMode::from_ssl_mode(&mode).ok_or("`ssl-mode` in `url` is none that MySQL knows"));
        Ok(Self {
            host: url.host_str().map(|host| host.trim_matches(['[', ']'])).and_then(filled),
            port: url.port(),
            database: filled(url.path().trim_start_matches('/')),
            user: filled(url.username()),
            password: url.password().and_then(filled),
            tls: tls.transpose()?,
        })
    }
}

fn problem(setting: &str, missing: bool, message: String, hint: Option<String>) -> ConnectError {
    ConnectError::Settings { problems: vec![SettingProblem { setting: setting.to_owned(), missing, message, hint }] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_says_everything() {
        let parts = Parts::parse("mysql://app%40x:p%3Fw@db.example.com:3307/shop?ssl-mode=REQUIRED&charset=x").unwrap();
        assert_eq!((parts.host.as_deref(), parts.port), (Some("db.example.com"), Some(3307)));
        assert_eq!((parts.user.as_deref(), parts.password.as_deref()), (Some("app@x"), Some("p?w")));
        assert_eq!((parts.database.as_deref(), parts.tls), (Some("shop"), Some(TlsMode::Require)));
        assert_eq!(Parts::parse("mariadb://root@[::1]/app").unwrap().host.as_deref(), Some("::1"));
        assert!(is_loopback("::1") && is_loopback("LOCALHOST") && !is_loopback("10.0.0.1"));
        for wrong in ["postgres://secret@b/c", "secret", "mysql://a@b/c?ssl-mode=secret"] {
            assert!(!Parts::parse(wrong).err().unwrap().contains("secret"));
        }
    }
}
