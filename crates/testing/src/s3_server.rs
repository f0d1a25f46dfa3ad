//! A server that speaks as Amazon's S3 does: Python's moto.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;

use crate::server_process::ServerProcess;

/// moto's server on a free loopback port, without a bucket. It takes every key. It ends when it is dropped.
#[derive(Debug)]
pub struct S3Server {
    port: u16,
    _process: ServerProcess,
}

impl S3Server {
    /// Starts it, or says why not.
    pub fn start() -> Result<Self, String> {
        #[expect(clippy::disallowed_methods, reason = "tests find their tools in the home folder")]
        let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
        let program = home.join(".cache/ade/tools/moto/bin/moto_server");
        if !program.exists() {
            return Err(format!("{} is not there: run `scripts/install-tools test`", program.display()));
        }
        let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(|error| error.to_string())?;
        let port = listener.local_addr().map_err(|error| error.to_string())?.port();
        drop(listener);
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig=KILL", "--"]).arg(program).args(["-H", "127.0.0.1", "-p", &port.to_string()]);
        let process = ServerProcess::start(command, "Running on")?;
        Ok(Self { port, _process: process })
    }

    /// Where it listens.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}
