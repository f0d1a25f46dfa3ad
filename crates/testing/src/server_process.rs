//! A server program for the time of a test.
//!
//! The kernel ties the server's life to the thread that started it (`setpriv --pdeathsig`), so a thread stays with it until
//! it is to stop: however the test process ends, the server ends with it.

use std::io::{self, BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

/// A running server program. Dropping it kills the program and waits for its end.
#[derive(Debug)]
pub(crate) struct ServerProcess {
    stop: Option<Sender<()>>,
    keeper: Option<JoinHandle<()>>,
}

impl ServerProcess {
    /// Starts `command` and waits until a line of its standard error contains `ready`. Otherwise says why not: what the
    /// program wrote.
    pub(crate) fn start(mut command: Command, ready: &'static str) -> Result<Self, String> {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let (started, is_started) = channel();
        let (stop, stopped) = channel();
        let keeper = std::thread::spawn(move || keep(command, ready, &started, &stopped));
        match is_started.recv() {
            Ok(Ok(())) => Ok(Self { stop: Some(stop), keeper: Some(keeper) }),
            Ok(Err(reason)) => Err(reason),
            Err(error) => Err(error.to_string()),
        }
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(keeper) = self.keeper.take() {
            // a keeper that panicked has nothing left to stop
            let _ = keeper.join();
        }
    }
}

/// Runs the program until `stopped` is closed. Says on `started` when it is ready, or why it is not.
fn keep(mut command: Command, ready: &str, started: &Sender<Result<(), String>>, stopped: &Receiver<()>) {
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            let _ = started.send(Err(error.to_string()));
            return;
        }
    };
    let Some(log) = child.stderr.take() else { return };
    let mut log = BufReader::new(log);
    if let Err(reason) = wait_for(ready, &mut log) {
        let _ = started.send(Err(reason));
        kill(&mut child);
        return;
    }
    let _ = started.send(Ok(()));
    // The log must be read on, or the program would stop at a full pipe.
    let drain = std::thread::spawn(move || io::copy(&mut log.by_ref(), &mut io::sink()));
    // closed by `Drop`
    let _ = stopped.recv();
    kill(&mut child);
    let _ = drain.join();
}

/// Reads the log up to the line that says `ready`.
fn wait_for(ready: &str, log: &mut impl BufRead) -> Result<(), String> {
    let mut seen = String::new();
    loop {
        let start = seen.len();
        match log.read_line(&mut seen) {
            Ok(0) => return Err(seen),
            Ok(_) if seen[start..].contains(ready) => return Ok(()),
            Ok(_) => {}
            Err(error) => return Err(format!("{seen}{error}")),
        }
    }
}

fn kill(child: &mut Child) {
    // It may have ended by itself.
    let _ = child.kill();
    let _ = child.wait();
}
