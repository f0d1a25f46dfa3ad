//! Somebody who uses a PostgreSQL server all the time.

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use tempfile::NamedTempFile;

use crate::postgres::{PostgresError, of_clients, psql};

const LOOK_EVERY: Duration = Duration::from_millis(20);

/// `pgbench` at work. It goes on whatever happens to the server, until it is stopped or dropped.
#[derive(Debug)]
pub struct Load {
    connection: String,
    is_over: Arc<AtomicBool>,
    keeper: Option<JoinHandle<()>>,
}

impl Load {
    /// Two clients run one of `scripts` after the other, each as often as the number beside it says, `per_second` times a
    /// second. Errors end a client's turn and nothing else.
    pub fn start(connection: &str, scripts: &[(u32, &str)], per_second: u32) -> Result<Self, PostgresError> {
        let failed = |error: std::io::Error| PostgresError::failed("start pgbench", error);
        let mut files = Vec::new();
        for (weight, script) in scripts {
            let mut file = NamedTempFile::new().map_err(failed)?;
            file.write_all(script.as_bytes()).map_err(failed)?;
            files.push((*weight, file));
        }
        let (target, is_over) = (connection.to_owned(), Arc::new(AtomicBool::new(false)));
        let over = Arc::clone(&is_over);
        let keeper = std::thread::spawn(move || {
            while !over.load(Ordering::Relaxed) {
                turn(&target, &files, per_second, &over);
            }
        });
        Ok(Self { connection: connection.to_owned(), is_over, keeper: Some(keeper) })
    }

    /// Has it end, and waits until the server is done with what it was asked.
    pub fn stop(mut self) -> Result<(), PostgresError> {
        self.end();
        let left = "select count(*) from pg_stat_activity where application_name = 'pgbench'";
        while psql(&self.connection, left)?.trim() != "0" {
            std::thread::sleep(LOOK_EVERY);
        }
        Ok(())
    }

    fn end(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        if let Some(keeper) = self.keeper.take() {
            // a keeper that panicked has nothing left to stop
            let _ = keeper.join();
        }
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.end();
    }
}

/// Runs `pgbench` until its clients have given up, as they do at the first error, or it is over.
fn turn(connection: &str, scripts: &[(u32, NamedTempFile)], per_second: u32, over: &AtomicBool) {
    let mut command = Command::new(of_clients("pgbench"));
    command.args(["-n", "-c", "2", "-T", "3600", "-R", &per_second.to_string()]);
    for (weight, file) in scripts {
        command.arg("-f").arg(format!("{}@{weight}", file.path().display()));
    }
    command.arg(connection).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let Ok(mut child) = command.spawn() else { return };
    while !over.load(Ordering::Relaxed) && matches!(child.try_wait(), Ok(None)) {
        std::thread::sleep(LOOK_EVERY);
    }
    // it may have ended by itself
    let _ = child.kill();
    let _ = child.wait();
}
