//! A server that speaks as Amazon's S3 does: Python's moto.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
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

    /// Puts something there: `bucket` with nothing makes a bucket, `bucket/path` an object.
    pub fn put(&self, path: &str, content: &[u8]) -> io::Result<()> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        let length = content.len();
        let head =
            format!("PUT /{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
        stream.write_all(&[head.as_bytes(), content].concat())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        if answer.starts_with("HTTP/1.1 200") { Ok(()) } else { Err(io::Error::other(answer)) }
    }

    /// Where it listens.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}
