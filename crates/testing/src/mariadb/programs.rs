//! The server's program: where it is, and how it makes its data folder.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::MariaDbError;

/// The variable that names the program of a MySQL server to test with instead of MariaDB.
const MYSQL: &str = "ADE_TEST_MYSQL";

/// Where Debian's package `mariadb-server-core` puts the server.
const MARIADB: &str = "/usr/sbin/mariadbd";

/// Where it puts what the server needs to make its own tables.
const SHARE: &str = "/usr/share/mysql";

/// What a new MySQL server is told first: nobody looks up the name of 127.0.0.1.
const FIRST: &str = "create user root@'%' identified by '';
grant all on *.* to root@'%' with grant option;
create database app;
";

/// Which server it is.
pub(super) enum Programs {
    MariaDb,
    MySql(PathBuf),
}

impl Programs {
    pub(super) fn find() -> Self {
        #[expect(clippy::disallowed_methods, reason = "which server to test with is for people to say")]
        let mysql = std::env::var_os(MYSQL);
        mysql.map_or(Self::MariaDb, |program| Self::MySql(PathBuf::from(program)))
    }

    pub(super) fn program(&self) -> &Path {
        match self {
            Self::MariaDb => Path::new(MARIADB),
            Self::MySql(program) => program,
        }
    }

    /// The server's program on a data folder, as a user that it may run as, killed when the thread that starts it ends.
    pub(super) fn command(&self, data: &Path, as_root: bool) -> Command {
        let mut command = Command::new("setpriv");
        if as_root {
            command.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups"]);
        }
        command.args(["--pdeathsig=KILL", "--"]).arg(self.program()).arg("--no-defaults");
        command.arg(format!("--datadir={}", data.display())).arg(format!("--tmpdir={}", data.display()));
        match self {
            Self::MariaDb => command.arg(format!("--lc-messages-dir={SHARE}")).arg("--innodb-log-file-size=4M"),
            Self::MySql(_) => command.args(["--mysqlx=off", "--secure-file-priv=NULL", "--pid-file=pid"]),
        };
        command.args(["--innodb-buffer-pool-size=32M", "--innodb-flush-method=nosync"]);
        command.current_dir("/");
        command
    }

    /// Makes the data folder: for MariaDB what `mariadb-install-db` does, without the programs of other packages that it needs.
    pub(super) fn init(&self, data: &Path, as_root: bool) -> Result<(), MariaDbError> {
        let step = "make a data folder";
        let failed = |error: std::io::Error| MariaDbError::failed(step, error);
        fs::create_dir(data).map_err(failed)?;
        if as_root {
            let owned = Command::new("chown").arg("nobody:nogroup").arg(data).status().map_err(failed)?;
            if !owned.success() {
                return Err(MariaDbError::failed(step, "`chown` failed"));
            }
        }
        let mut command = self.command(data, as_root);
        let mut input = Vec::new();
        match self {
            Self::MariaDb => {
                command.args(["--bootstrap", "--log-warnings=0"]);
                command.args(["--character-set-server=utf8mb4", "--collation-server=utf8mb4_general_ci"]);
                input = b"create database mysql;\ncreate database app;\nuse mysql;\nset @auth_root_socket = null;\n"
                    .to_vec();
                for script in ["mysql_system_tables.sql", "mysql_system_tables_data.sql"] {
                    input.extend(fs::read(Path::new(SHARE).join(script)).map_err(failed)?);
                }
            }
            Self::MySql(_) => {
                let first = data.with_file_name("first.sql");
                fs::write(&first, FIRST).map_err(failed)?;
                command.args(["--initialize-insecure", "--character-set-server=utf8mb4"]);
                command.arg("--collation-server=utf8mb4_general_ci").arg(format!("--init-file={}", first.display()));
            }
        }
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().map_err(failed)?;
        // The program reads its statements while it writes little: neither waits for the other.
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(&input).map_err(failed)?;
        }
        let output = child.wait_with_output().map_err(failed)?;
        if output.status.success() {
            return Ok(());
        }
        Err(MariaDbError::failed(step, String::from_utf8_lossy(&output.stderr)))
    }
}
