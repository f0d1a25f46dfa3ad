//! A real MariaDB server for the time of a test.
//!
//! The server runs from Debian's package on a free loopback port, with its data in a temporary folder and without any
//! regard for durability. MariaDB should not run as root; then it runs as `nobody`. It dies with the test process, however
//! that ends.

mod statements;

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::server_process::ServerProcess;

/// Where Debian's package `mariadb-server-core` puts the server.
const PROGRAM: &str = "/usr/sbin/mariadbd";

/// Where it puts what the server needs to make its own tables.
const SHARE: &str = "/usr/share/mysql";

/// How often a start is tried: another process may take the free port first.
const ATTEMPTS: usize = 5;

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum MariaDbError {
    /// The package is missing.
    #[error("{PROGRAM} is not there: install MariaDB (apt-get install mariadb-server-core)")]
    NotInstalled,
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
        if !Path::new(PROGRAM).exists() {
            return Err(MariaDbError::NotInstalled);
        }
        let step = "make a temporary folder";
        let folder = tempfile::Builder::new()
            .prefix("ade-mariadb-")
            .permissions(fs::Permissions::from_mode(0o755))
            .tempdir()
            .map_err(|error| MariaDbError::failed(step, error))?;
        let data = folder.path().join("data");
        let as_root = folder.path().metadata().is_ok_and(|folder| folder.uid() == 0);
        init(&data, as_root)?;
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

/// The server's program on a data folder, as a user that it may run as, killed when the thread that starts it ends.
fn program(data: &Path, as_root: bool) -> Command {
    let mut command = Command::new("setpriv");
    if as_root {
        command.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups"]);
    }
    command.args(["--pdeathsig=KILL", "--", PROGRAM, "--no-defaults"]).arg(format!("--datadir={}", data.display()));
    command.arg(format!("--tmpdir={}", data.display())).arg(format!("--lc-messages-dir={SHARE}"));
    command.args(["--innodb-log-file-size=4M", "--innodb-buffer-pool-size=32M", "--innodb-flush-method=nosync"]);
    command.current_dir("/");
    command
}

/// Makes the data folder: what `mariadb-install-db` does, without the programs of other packages that it needs.
fn init(data: &Path, as_root: bool) -> Result<(), MariaDbError> {
    let step = "make a MariaDB data folder";
    let failed = |error: std::io::Error| MariaDbError::failed(step, error);
    fs::create_dir(data).map_err(failed)?;
    if as_root {
        let owned = Command::new("chown").arg("nobody:nogroup").arg(data).status().map_err(failed)?;
        if !owned.success() {
            return Err(MariaDbError::failed(step, "`chown` failed"));
        }
    }
    let mut sql = b"create database mysql;\ncreate database app;\nuse mysql;\nset @auth_root_socket = null;\n".to_vec();
    for script in ["mysql_system_tables.sql", "mysql_system_tables_data.sql"] {
        sql.extend(fs::read(Path::new(SHARE).join(script)).map_err(failed)?);
    }
    let mut child = program(data, as_root)
        .args(["--bootstrap", "--log-warnings=0"])
        .args(["--character-set-server=utf8mb4", "--collation-server=utf8mb4_general_ci"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    // The program reads its statements while it writes little: neither waits for the other.
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(&sql).map_err(failed)?;
    }
    let output = child.wait_with_output().map_err(failed)?;
    if output.status.success() {
        return Ok(());
    }
    Err(MariaDbError::failed(step, String::from_utf8_lossy(&output.stderr)))
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
    let mut command = program(data, as_root);
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
