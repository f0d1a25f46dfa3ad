//! A real PostgreSQL server for the time of a test.
//!
//! The server runs from Debian's package, or from where `ADE_TEST_POSTGRES_BIN` says, on a free loopback port, with its data
//! in a temporary folder and without any regard for durability. PostgreSQL refuses to run as root; then it runs as the
//! package's user `postgres`. It dies with the test process, however that ends.

mod programs;

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use tempfile::TempDir;

use crate::certificates::certify;

use programs::{BIN, init, is_owned_by_root, of_server, program};
pub(crate) use programs::{of_clients, run};

/// How often a start is tried: another process may take the free port first.
const ATTEMPTS: usize = 5;

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    /// The programs are missing.
    #[error(
        "{} is not there: install PostgreSQL 15 (apt-get install postgresql-15), or correct `{BIN}`",
        .program.display()
    )]
    NotInstalled {
        /// The program that was looked for.
        program: PathBuf,
    },
    /// A step did not work.
    #[error("cannot {step}: {reason}")]
    Failed {
        /// What was tried.
        step: &'static str,
        /// What the system or the program said.
        reason: String,
    },
}

impl PostgresError {
    pub(crate) fn failed(step: &'static str, reason: impl std::fmt::Display) -> Self {
        Self::Failed { step, reason: reason.to_string() }
    }
}

/// A running server. Dropping it stops the server and removes its data.
#[derive(Debug)]
pub struct Postgres {
    port: u16,
    stop: Option<Sender<()>>,
    keeper: Option<JoinHandle<()>>,
    folder: Option<TempDir>,
    settings: Vec<String>,
    environment: Vec<(String, String)>,
}

impl Postgres {
    /// Starts a server with an empty database `postgres`, UTF-8, sorting by code point, in UTC.
    pub fn start() -> Result<Self, PostgresError> {
        Self::start_with(&[])
    }

    /// The same with further settings, `name=value`.
    pub fn start_with(settings: &[&str]) -> Result<Self, PostgresError> {
        Self::begin(settings, &[], false)
    }

    /// The same with variables in its environment.
    pub fn start_within(environment: &[(String, String)]) -> Result<Self, PostgresError> {
        Self::begin(&[], environment, false)
    }

    /// The same with TLS: a certificate for `localhost`, signed by an authority of its own ([`Self::authority`]).
    pub fn start_with_tls() -> Result<Self, PostgresError> {
        Self::begin(&[], &[], true)
    }

    /// The certificate (PEM) of the authority that signed the server's.
    pub fn authority(&self) -> PathBuf {
        self.folder.as_ref().map_or_else(PathBuf::new, |folder| folder.path().join("authority.pem"))
    }

    /// A certificate of its authority for the user `certified`, and its key (PEM).
    pub fn identity(&self) -> [PathBuf; 2] {
        let file = |name: &str| self.folder.as_ref().map_or_else(PathBuf::new, |folder| folder.path().join(name));
        [file("client.pem"), file("client.key")]
    }

    /// From now on, the user `certified` has to prove who it is by a certificate, and nobody else is let in but the superuser.
    pub fn demand_certificates(&self) -> Result<(), PostgresError> {
        self.rule("host all postgres 127.0.0.1/32 trust\nhostssl all certified 127.0.0.1/32 cert\n")
    }

    /// From now on, everybody but the superuser has to give a password, or to come by TLS where `needs_tls` says so.
    pub fn demand_passwords(&self, needs_tls: bool) -> Result<(), PostgresError> {
        let kind = if needs_tls { "hostssl" } else { "host" };
        self.rule(&format!("host all postgres 127.0.0.1/32 trust\n{kind} all all 127.0.0.1/32 scram-sha-256\n"))
    }

    fn rule(&self, rules: &str) -> Result<(), PostgresError> {
        let step = "change who may sign in";
        let file = self.folder.as_ref().map(|folder| folder.path().join("data/pg_hba.conf")).unwrap_or_default();
        std::fs::write(file, rules).map_err(|error| PostgresError::failed(step, error))?;
        self.psql("select pg_reload_conf()").map(drop)
    }

    /// Stops the server at once, as a crash does; its data stays until it is dropped.
    pub fn kill(&mut self) {
        drop(self.stop.take());
        if let Some(keeper) = self.keeper.take() {
            // a keeper that panicked has nothing left to stop
            let _ = keeper.join();
        }
    }

    /// Stops it as [`Self::kill`] does and starts it again, on the same port with the same data: it recovers from its log.
    pub fn crash(&mut self) -> Result<(), PostgresError> {
        self.kill();
        let data = self.folder.as_ref().map(|folder| folder.path().join("data")).unwrap_or_default();
        let as_root = is_owned_by_root(&data.join(".."));
        let mut last = PostgresError::failed("start PostgreSQL again", "no attempt was made");
        for _ in 0..ATTEMPTS {
            match launch(&data, as_root, Some(self.port), &self.settings, &self.environment) {
                Ok((_, stop, keeper)) => {
                    (self.stop, self.keeper) = (Some(stop), Some(keeper));
                    return Ok(());
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Stops it and starts it again as a replica, to which no primary sends anything: nobody can write to it.
    pub fn demote(&mut self) -> Result<(), PostgresError> {
        // What it has shown and not written yet would be gone.
        self.psql("checkpoint")?;
        self.kill();
        let signal = self.folder.as_ref().map(|folder| folder.path().join("data/standby.signal")).unwrap_or_default();
        std::fs::write(signal, "").map_err(|error| PostgresError::failed("make it a replica", error))?;
        self.crash()
    }

    fn begin(settings: &[&str], environment: &[(String, String)], tls: bool) -> Result<Self, PostgresError> {
        for program in [of_server("postgres"), of_clients("psql")] {
            if !program.exists() {
                return Err(PostgresError::NotInstalled { program });
            }
        }
        let folder = tempfile::Builder::new()
            .prefix("ade-postgres-")
            .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755))
            .tempdir()
            .map_err(|error| PostgresError::failed("make a temporary folder", error))?;
        let data = folder.path().join("data");
        let as_root = is_owned_by_root(folder.path());
        init(&data, as_root)?;
        let mut settings: Vec<String> = settings.iter().map(|&setting| setting.to_owned()).collect();
        let environment = environment.to_vec();
        if tls {
            certify(folder.path(), as_root)?;
            settings.push("ssl=on".to_owned());
            settings.push(format!("ssl_ca_file={}", folder.path().join("authority.pem").display()));
        }
        let mut last = PostgresError::failed("start PostgreSQL", "no attempt was made");
        for _ in 0..ATTEMPTS {
            match launch(&data, as_root, None, &settings, &environment) {
                Ok((port, stop, keeper)) => {
                    let (stop, keeper) = (Some(stop), Some(keeper));
                    return Ok(Self { port, stop, keeper, folder: Some(folder), settings, environment });
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// The number of its release, such as 15.
    pub fn major_version(&self) -> Result<u32, PostgresError> {
        let said = self.psql("select current_setting('server_version_num')::int / 10000")?;
        said.trim().parse().map_err(|error| PostgresError::failed("tell the version of PostgreSQL", error))
    }

    /// The loopback port that it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Runs statements as [`psql`] does.
    pub fn psql(&self, statements: &str) -> Result<String, PostgresError> {
        psql(&self.connection_string(), statements)
    }

    /// How `tokio-postgres` and `libpq` reach it: as the superuser, without a password.
    pub fn connection_string(&self) -> String {
        format!("host=127.0.0.1 port={} user=postgres dbname=postgres", self.port)
    }
}

/// Runs statements, each in a transaction of its own unless they say otherwise, up to the first that fails. Gives the rows
/// that they have, a line each, values apart by `|`.
pub fn psql(connection: &str, statements: &str) -> Result<String, PostgresError> {
    let step = "run statements";
    let mut child = Command::new(of_clients("psql"))
        .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", connection, "-f", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| PostgresError::failed(step, error))?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(statements.as_bytes()).map_err(|error| PostgresError::failed(step, error))?;
    }
    let output = child.wait_with_output().map_err(|error| PostgresError::failed(step, error))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(PostgresError::failed(step, String::from_utf8_lossy(&output.stderr)))
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.kill();
        if let Some(folder) = self.folder.take() {
            // what is left lies in the system's temporary folder
            let _ = folder.close();
        }
    }
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

type Launched = (u16, Sender<()>, JoinHandle<()>);

/// Starts the server in a thread that stays until the server is to stop: the kernel ties the
/// server's life to the thread that started it.
fn launch(
    data: &Path,
    as_root: bool,
    port: Option<u16>,
    settings: &[String],
    environment: &[(String, String)],
) -> Result<Launched, PostgresError> {
    let step = "start PostgreSQL";
    let port = match port {
        Some(port) => port,
        None => free_port().map_err(|error| PostgresError::failed(step, error))?,
    };
    let mut command = program("postgres", as_root, environment);
    command.arg("-D").arg(data).args(["-p", &port.to_string()]);
    for setting in [
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "timezone=UTC",
        "log_timezone=UTC",
        "fsync=off",
        "full_page_writes=off",
        "synchronous_commit=off",
        "max_connections=20",
        "wal_level=logical",
        "shared_buffers=16MB",
        "log_min_messages=warning",
        // versions 12 and 13 would keep MD5
        "password_encryption=scram-sha-256",
    ]
    .into_iter()
    .chain(settings.iter().map(String::as_str))
    {
        command.args(["-c", setting]);
    }
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    let (ready, is_ready) = channel();
    let (stop, stopped) = channel();
    let keeper = std::thread::spawn(move || keep(command, &ready, &stopped));
    match is_ready.recv() {
        Ok(Ok(())) => Ok((port, stop, keeper)),
        Ok(Err(reason)) => Err(PostgresError::failed(step, reason)),
        Err(error) => Err(PostgresError::failed(step, error)),
    }
}

/// Runs the server until `stopped` is closed. Says on `ready` when it takes connections, or why it does not.
fn keep(mut command: Command, ready: &Sender<Result<(), String>>, stopped: &Receiver<()>) {
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            let _ = ready.send(Err(error.to_string()));
            return;
        }
    };
    let Some(log) = child.stderr.take() else { return };
    let mut log = BufReader::new(log);
    if let Err(reason) = wait_until_ready(&mut log) {
        let _ = ready.send(Err(reason));
        let _ = child.kill();
        let _ = child.wait();
        return;
    }
    let _ = ready.send(Ok(()));
    // The log must be read on, or the server would stop at a full pipe.
    let drain = std::thread::spawn(move || io::copy(&mut log.by_ref(), &mut io::sink()));
    // closed by `Drop`
    let _ = stopped.recv();
    quit(&mut child);
    let _ = drain.join();
}

/// Reads the log up to the line that says that connections are taken.
fn wait_until_ready(log: &mut impl BufRead) -> Result<(), String> {
    let mut seen = String::new();
    loop {
        let start = seen.len();
        match log.read_line(&mut seen) {
            Ok(0) => return Err(seen),
            // Replicas accept read-only ones.
            Ok(_) if seen[start..].contains("ready to accept") => return Ok(()),
            Ok(_) => {}
            Err(error) => return Err(format!("{seen}{error}")),
        }
    }
}

/// Immediate shutdown: nothing in the data folder is worth a checkpoint.
fn quit(child: &mut Child) {
    let asked = Command::new("kill").arg("-QUIT").arg(child.id().to_string()).status();
    if !asked.is_ok_and(|status| status.success()) {
        let _ = child.kill();
    }
    let _ = child.wait();
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;

    #[test]
    fn it_takes_connections_until_it_is_dropped() {
        let server = Postgres::start().expect("PostgreSQL is installed");
        let port = server.port();
        assert!(TcpStream::connect(("127.0.0.1", port)).is_ok());
        let folder = server.folder.as_ref().expect("it is running").path().to_owned();
        drop(server);
        assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
        assert!(!folder.exists());
    }

    #[test]
    fn two_run_side_by_side() {
        let (one, two) = (Postgres::start().expect("a server"), Postgres::start().expect("a server"));
        assert_ne!(one.port(), two.port());
        assert!(one.connection_string().contains(&one.port().to_string()));
    }
}
