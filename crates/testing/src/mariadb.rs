//! A real MariaDB server for the time of a test.
//!
//! The server runs from Debian's package on a free loopback port, with its data in a temporary folder and without any
//! regard for durability. MariaDB should not run as root; then it runs as `nobody`. It dies with the test process, however
//! that ends. Where `ADE_TEST_MYSQL` names the program of a MySQL server, it is that one.

mod programs;
mod statements;

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use self::programs::Programs;
use crate::server_process::ServerProcess;

/// How often a start is tried: another process may take the free port first.
const ATTEMPTS: usize = 5;

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum MariaDbError {
    /// The package is missing.
    #[error("{} is not there: install MariaDB (apt-get install mariadb-server-core)", .0.display())]
    NotInstalled(PathBuf),
    /// A step did not work.
    #[error("cannot {step}: {reason}")]
    Failed {
        /// What was tried.
        step: &'static str,
        /// What the system or the program said.
        reason: String,
    },
}

impl MariaDbError {
    fn failed(step: &'static str, reason: impl std::fmt::Display) -> Self {
        Self::Failed { step, reason: reason.to_string() }
    }
}

/// A running server. Dropping it stops the server and removes its data.
#[derive(Debug)]
pub struct MariaDb {
    port: u16,
    /// Further arguments of the program.
    arguments: Vec<String>,
    process: Option<ServerProcess>,
    folder: Option<TempDir>,
}

impl MariaDb {
    /// Starts a server with an empty database `app`, utf8mb4, a time zone that is not UTC, and a user `root` without a password.
    pub fn start() -> Result<Self, MariaDbError> {
        Self::start_with(&[])
    }

    /// The same with a binary log in row format, as change capture needs it, that a crash leaves as the tables are; and with
    /// further arguments.
    pub fn start_with_log(arguments: &[&str]) -> Result<Self, MariaDbError> {
        let log = ["--log-bin=binlog", "--server-id=1", "--binlog-format=ROW", "--innodb-flush-log-at-trx-commit=1"];
        Self::start_with(&[&log, arguments].concat())
    }

    /// The same with further arguments of `mariadbd`, such as `--ssl-cert=…`.
    pub fn start_with(arguments: &[&str]) -> Result<Self, MariaDbError> {
        let server = Programs::find();
        if !server.program().exists() {
            return Err(MariaDbError::NotInstalled(server.program().to_owned()));
        }
        let step = "make a temporary folder";
        let folder = tempfile::Builder::new()
            .prefix("ade-mariadb-")
            .permissions(fs::Permissions::from_mode(0o755))
            .tempdir()
            .map_err(|error| MariaDbError::failed(step, error))?;
        let data = folder.path().join("data");
        let as_root = folder.path().metadata().is_ok_and(|folder| folder.uid() == 0);
        server.init(&data, as_root)?;
        let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        let mut last = MariaDbError::failed("start MariaDB", "no attempt was made");
        for _ in 0..ATTEMPTS {
            match launch(&data, as_root, None, &arguments) {
                Ok((port, process)) => {
                    return Ok(Self { port, arguments, process: Some(process), folder: Some(folder) });
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Whether it is MySQL.
    pub fn is_mysql(&self) -> bool {
        matches!(Programs::find(), Programs::MySql(_))
    }

    /// The loopback port that it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// How clients reach it: as `root`, without a password, in the database `app`.
    pub fn url(&self) -> String {
        format!("mysql://root@127.0.0.1:{}/app", self.port)
    }

    /// Ends the server at once, as a power failure would.
    pub fn kill(&mut self) {
        drop(self.process.take());
    }

    /// Ends it as [`Self::kill`] does and starts it again, on the same port with the same data.
    pub fn crash(&mut self) -> Result<(), MariaDbError> {
        self.kill();
        let Some(folder) = &self.folder else { return Ok(()) };
        let as_root = folder.path().metadata().is_ok_and(|folder| folder.uid() == 0);
        let (_, process) = launch(&folder.path().join("data"), as_root, Some(self.port), &self.arguments)?;
        self.process = Some(process);
        Ok(())
    }

    /// Runs statements as their owner, up to the first that fails. Gives the rows of the last result that has some, values
    /// apart by `|`, NULL as `NULL`.
    pub fn sql(&self, statements: &str) -> Result<Vec<String>, MariaDbError> {
        Self::sql_at(&self.url(), statements)
    }

    /// The same at a URL, for threads that do not hold the server.
    pub fn sql_at(url: &str, statements: &str) -> Result<Vec<String>, MariaDbError> {
        statements::run(url, statements).map_err(|reason| MariaDbError::failed("run statements", reason))
    }
}

impl Drop for MariaDb {
    fn drop(&mut self) {
        drop(self.process.take());
        if let Some(folder) = self.folder.take() {
            // what is left lies in the system's temporary folder
            let _ = folder.close();
        }
    }
}

fn launch(
    data: &Path,
    as_root: bool,
    port: Option<u16>,
    arguments: &[String],
) -> Result<(u16, ServerProcess), MariaDbError> {
    let step = "start MariaDB";
    let failed = |error: std::io::Error| MariaDbError::failed(step, error);
    let port = match port {
        Some(port) => port,
        None => TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr()).map_err(failed)?.port(),
    };
    let mut command = Programs::find().command(data, as_root);
    command.arg(format!("--port={port}")).args([
        "--bind-address=127.0.0.1",
        "--socket=",
        "--skip-name-resolve",
        "--innodb-flush-log-at-trx-commit=0",
        "--innodb-doublewrite=off",
        "--performance-schema=off",
        "--character-set-server=utf8mb4",
        "--collation-server=utf8mb4_general_ci",
        "--default-time-zone=+05:30",
        "--max-connections=30",
    ]);
    command.args(arguments);
    let process =
        ServerProcess::start(command, "ready for connections").map_err(|error| MariaDbError::failed(step, error))?;
    Ok((port, process))
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;

    #[test]
    fn it_takes_connections_until_it_is_dropped() {
        let server = MariaDb::start().expect("MariaDB is installed");
        let port = server.port();
        assert!(TcpStream::connect(("127.0.0.1", port)).is_ok());
        let folder = server.folder.as_ref().expect("it is running").path().to_owned();
        drop(server);
        assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
        assert!(!folder.exists());
    }

    #[test]
    fn two_run_side_by_side() {
        let (one, mut two) = (MariaDb::start().expect("a server"), MariaDb::start().expect("a server"));
        assert_ne!(one.port(), two.port());
        assert!(one.url().contains(&one.port().to_string()));
        two.kill();
        assert!(TcpStream::connect(("127.0.0.1", two.port())).is_err());
        assert!(TcpStream::connect(("127.0.0.1", one.port())).is_ok());
    }
}
