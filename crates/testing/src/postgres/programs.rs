//! PostgreSQL's programs: where they are, and how they are run.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::PostgresError;

/// The variable that names the folder of another server's programs: `scripts/test-postgres` sets it.
pub(super) const BIN: &str = "ADE_TEST_POSTGRES_BIN";

/// Where Debian's package `postgresql-15` puts its programs.
const DEBIAN: &str = "/usr/lib/postgresql/15/bin";

/// A program of the server to test with.
pub(super) fn of_server(name: &str) -> PathBuf {
    #[expect(clippy::disallowed_methods, reason = "which server to test with is for people to say")]
    let folder = std::env::var_os(BIN);
    folder.map_or_else(|| PathBuf::from(DEBIAN), PathBuf::from).join(name)
}

/// A program that talks to servers: Debian's, which works with all of them.
pub(crate) fn of_clients(name: &str) -> PathBuf {
    Path::new(DEBIAN).join(name)
}

/// `program` of PostgreSQL, as a user that PostgreSQL runs as, killed when the thread that starts it ends.
pub(super) fn program(name: &str, as_root: bool, environment: &[(String, String)]) -> Command {
    let mut command = Command::new("setpriv");
    if as_root {
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]);
    }
    // What is in the environment of PostgreSQL is nothing for the program that changes the user.
    command.args(["--pdeathsig=QUIT", "--", "env"]);
    command.args(environment.iter().map(|(name, value)| format!("{name}={value}")));
    command.arg(of_server(name));
    command.current_dir("/").env_remove("LANG").env_remove("LC_ALL").stdin(Stdio::null());
    command
}

pub(super) fn init(data: &Path, as_root: bool) -> Result<(), PostgresError> {
    let step = "make a PostgreSQL data folder";
    if as_root {
        run(Command::new("install").args(["-d", "-m", "700", "-o", "postgres", "-g", "postgres"]).arg(data), step)?;
    }
    run(
        program("initdb", as_root, &[])
            .args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"])
            .arg("--pgdata")
            .arg(data),
        step,
    )
}

pub(crate) fn run(command: &mut Command, step: &'static str) -> Result<(), PostgresError> {
    let output = command.output().map_err(|error| PostgresError::failed(step, error))?;
    if output.status.success() {
        return Ok(());
    }
    Err(PostgresError::failed(step, String::from_utf8_lossy(&output.stderr)))
}

pub(super) fn is_owned_by_root(folder: &Path) -> bool {
    folder.metadata().is_ok_and(|folder| folder.uid() == 0)
}
