//! A way to a server through another machine, by the system's `ssh`.

use std::io;
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

/// How long `ssh` may take until the way is open.
const PATIENCE: Duration = Duration::from_secs(30);

/// A port of this machine behind which the server is. Dropping it ends `ssh`.
#[derive(Debug)]
pub(crate) struct Tunnel {
    port: u16,
    _ssh: Child,
}

impl Tunnel {
    /// Opens a way through `jump` (`user@host[:port]`) to `host:port` as that machine sees it. `ssh` asks nobody: keys come
    /// from its agent, its configuration or `key`, and the machine must be known to it. The error is its last words.
    pub(crate) async fn open(jump: &str, key: Option<&Path>, host: &str, port: u16) -> Result<Self, String> {
        let local = free_port().map_err(|error| format!("no free port: {error}"))?;
        let (target, jump_port) = split_port(jump);
        let mut command = Command::new("ssh");
        command.args(["-N", "-T", "-o", "ExitOnForwardFailure=yes", "-o", "BatchMode=yes"]);
        command.args(["-o", "ServerAliveInterval=15", "-o", "ServerAliveCountMax=4", "-o", "ConnectTimeout=15"]);
        let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        command.arg("-L").arg(format!("127.0.0.1:{local}:{host}:{port}"));
        if let Some(port) = jump_port {
            command.args(["-p", port]);
        }
        if let Some(key) = key {
            command.arg("-i").arg(key).args(["-o", "IdentitiesOnly=yes"]);
        }
        // Whatever it begins with, it is a host and no option.
        command.arg("--").arg(target);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut ssh = command.spawn().map_err(|error| format!("`ssh` cannot be started: {error}"))?;
        tokio::time::timeout(PATIENCE, opened(&mut ssh, local))
            .await
            .unwrap_or_else(|_| Err("`ssh` opened no way within 30 seconds".to_owned()))?;
        Ok(Self { port: local, _ssh: ssh })
    }

    /// Where on this machine it begins.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }
}

/// Waits until the port answers, or `ssh` ends.
async fn opened(ssh: &mut Child, port: u16) -> Result<(), String> {
    let mut words = ssh.stderr.take().map(|stderr| BufReader::new(stderr).lines());
    let mut last = String::new();
    let mut tick = tokio::time::interval(Duration::from_millis(50));
    loop {
        tokio::select! {
            line = async { match &mut words { Some(words) => words.next_line().await, None => Ok(None) } }, if words.is_some() => {
                match line {
                    Ok(Some(line)) => last = line,
                    _ => words = None,
                }
            }
            status = ssh.wait() => {
                let status = status.map_or_else(|error| error.to_string(), |status| status.to_string());
                return Err(format!("`ssh` ended ({status}): {last}"));
            }
            _ = tick.tick() => {
                if TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
                    // What it says from now on must be read, or it would stop at a full pipe.
                    if let Some(mut words) = words.take() {
                        drop(tokio::spawn(async move { while let Ok(Some(_)) = words.next_line().await {} }));
                    }
                    return Ok(());
                }
            }
        }
    }
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// `user@host:port` in two.
fn split_port(jump: &str) -> (&str, Option<&str>) {
    match jump.rsplit_once(':') {
        Some((target, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => {
            (target, Some(port))
        }
        _ => (jump, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_may_follow() {
        assert_eq!(split_port("me@bastion:2222"), ("me@bastion", Some("2222")));
        assert_eq!(split_port("me@bastion"), ("me@bastion", None));
    }
}
