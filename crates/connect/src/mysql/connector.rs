//! The connector for MySQL and MariaDB.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use mysql_async::{Opts, OptsBuilder};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};

use super::capture::CaptureSettings;
use super::connection::MySqlConnection;
use super::login::Login;
use super::server::{Limits, Server};
use super::tls::{self, TlsMode};
use crate::network::{TlsSettings, Tunnel};
use crate::{ConnectError, Connection, Connector, ConnectorSpec, OpenContext, SettingKind, SettingSpec, Settings};

/// MySQL (from 5.7) and MariaDB (from 10.4), read only.
pub struct MySqlConnector {
    spec: ConnectorSpec,
}

/// The largest value that a server sends.
const LARGEST_VALUE_BYTES: usize = 1 << 30;

impl MySqlConnector {
    /// The connector.
    pub fn new() -> Self {
        Self {
            spec: ConnectorSpec {
                name: "mysql",
                title: "MySQL and MariaDB",
                description: "Tables and views of a MySQL or MariaDB database, in one read-only transaction: all tables of \
                              InnoDB and other engines with transactions are of one moment, and nobody is locked out. The \
                              login needs the right `select` and no other.",
                settings: settings(),
                table_options: Vec::new(),
                incremental_needs_cursor: true,
            },
        }
    }
}

fn settings() -> Vec<SettingSpec> {
    let milliseconds = SettingKind::Integer { min: 0, max: 86_400_000 };
    vec![
        SettingSpec::optional("host", SettingKind::Text, "The server's name or address."),
        SettingSpec::optional(
            "port",
            SettingKind::Integer { min: 1, max: 65_535 },
            "The server's port; by default 3306.",
        ),
        SettingSpec::optional(
            "database",
            SettingKind::Text,
            "The database that is browsed, and in which tables are looked for first; others are read as \
             `from: database.table`.",
        ),
        SettingSpec::optional(
            "user",
            SettingKind::Text,
            "The user to sign in as: one that may do nothing but `select`.",
        ),
        SettingSpec::optional("password", SettingKind::Text, "The user's password.").secret(),
        SettingSpec::optional(
            "url",
            SettingKind::Text,
            "All of these at once, `mysql://user:password@host:port/database?ssl-mode=…`; what is given apart counts.",
        )
        .secret(),
        SettingSpec::optional(
            "tls",
            SettingKind::Choice(TlsMode::NAMES),
            "How far the server must prove who it is: `verify-full` by a certificate for its name, `require` not at all but \
             encrypted, `disable` not encrypted. By default `verify-full`, and `disable` for a server on this machine.",
        ),
        TlsSettings::root_spec(),
        SettingSpec::optional(
            "tls_server_name",
            SettingKind::Text,
            "The name in the server's certificate, where it is not `host`.",
        ),
        SettingSpec::optional(
            "ssh",
            SettingKind::Text,
            "A machine to go through, `user@host[:port]`, by the system's `ssh`, which must know its key; `host` is the server \
             as that machine sees it.",
        ),
        SettingSpec::optional("ssh_key", SettingKind::Path, "The private key for it; by default `ssh` decides."),
        SettingSpec::optional(
            "connect_timeout_ms",
            SettingKind::Integer { min: 1, max: 600_000 },
            "How long the server may take to answer at first, in milliseconds.",
        )
        .with_default(15_000),
        SettingSpec::optional(
            "statement_timeout_ms",
            milliseconds,
            "How long one statement may take, in milliseconds; 0: as long as it takes, since a large table takes long and a \
             read locks nobody out.",
        )
        .with_default(0),
        SettingSpec::optional(
            "lock_timeout_ms",
            milliseconds,
            "How long to wait for a table whose definition is being changed, in milliseconds (whole seconds).",
        )
        .with_default(5_000),
        SettingSpec::optional(
            "max_rows_per_second",
            SettingKind::Integer { min: 1, max: i64::MAX },
            "Read no faster than this, to leave the server to others.",
        ),
        SettingSpec::optional(
            "server_id",
            SettingKind::Integer { min: 1, max: 4_294_967_295 },
            "The number under which the server knows us when `mode: capture` reads its log: none that it, a replica or another \
             reader of its log has. By default it is made of the project, the environment and the connection.",
        ),
    ]
}

impl Default for MySqlConnector {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Connector for MySqlConnector {
    fn spec(&self) -> &ConnectorSpec {
        &self.spec
    }

    fn captures_changes(&self) -> bool {
        true
    }

    async fn open(&self, settings: &Settings, context: &OpenContext) -> Result<Box<dyn Connection>, ConnectError> {
        let login = Login::of(settings)?;
        let tunnel = tunnel(&login, settings, context).await?;
        let server = Arc::new(Server {
            name: login.name(),
            options: options(&login, tunnel.as_ref(), settings, context)?,
            database: login.database,
            limits: limits(settings),
            position_key: context.position_key.clone(),
            now: context.now,
            capture: CaptureSettings::new(settings),
            _tunnel: tunnel,
        });
        // Proves that it is there and takes the login.
        server.session().await?.close().await;
        Ok(Box::new(MySqlConnection::new(server)))
    }
}

/// The way there, when it leads through another machine.
async fn tunnel(login: &Login, settings: &Settings, context: &OpenContext) -> Result<Option<Tunnel>, ConnectError> {
    let Some(jump) = settings.text("ssh") else { return Ok(None) };
    let key = settings.text("ssh_key").map(|path| context.project_dir.join(path));
    let tunnel = Tunnel::open(jump, key.as_deref(), &login.host, login.port).await;
    tunnel.map(Some).map_err(|reason| ConnectError::Open {
        what: "MySQL server",
        object: login.name(),
        reason,
        advice: "see that `ssh` signs in there without asking, and that its key is known".to_owned(),
    })
}

fn options(
    login: &Login,
    tunnel: Option<&Tunnel>,
    settings: &Settings,
    context: &OpenContext,
) -> Result<Opts, ConnectError> {
    let root = settings.text("tls_root").map(|path| context.project_dir.join(path));
    // The certificate is for the server, wherever the way to it begins.
    let name = settings.text("tls_server_name").unwrap_or(&login.host);
    let tls = tls::options(&login.name(), login.tls, root.as_deref(), name)?;
    if tls.is_some() && CryptoProvider::get_default().is_none() {
        // The driver takes the process's provider, and there is none while several are built in. Another thread may be first.
        let _ = ring::default_provider().install_default();
    }
    let (host, port) = match tunnel {
        Some(tunnel) => ("127.0.0.1", tunnel.port()),
        None => (login.host.as_str(), login.port),
    };
    let options = OptsBuilder::default()
        .ip_or_hostname(host)
        .tcp_port(port)
        .user(Some(login.user.clone()))
        .pass(login.password.clone())
        .db_name(Some(login.database.clone()))
        .ssl_opts(tls)
        .prefer_socket(false)
        .tcp_nodelay(true)
        .tcp_keepalive(Some(Duration::from_secs(30)))
        // Known before, so that they need not be asked for.
        .max_allowed_packet(Some(LARGEST_VALUE_BYTES))
        .wait_timeout(Some(3_600))
        .connect_attribute("program_name", "ade");
    Ok(options.into())
}

fn limits(settings: &Settings) -> Limits {
    let number = |name: &str| settings.integer(name).and_then(|number| u64::try_from(number).ok());
    let time = |name: &str, default: u64| Duration::from_millis(number(name).unwrap_or(default));
    Limits {
        connect: time("connect_timeout_ms", 15_000),
        statement: time("statement_timeout_ms", 0),
        lock: time("lock_timeout_ms", 5_000),
        rows_per_second: number("max_rows_per_second"),
    }
}
