//! A machine that one goes through by SSH.

use std::fs;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

const PROGRAM: &str = "/usr/sbin/sshd";

/// OpenSSH's server on a free loopback port, with keys of its own, which lets in whoever runs the test. It ends when it is
/// dropped.
#[derive(Debug)]
pub struct SshServer {
    folder: TempDir,
    port: u16,
    child: Child,
}

impl SshServer {
    /// Starts it.
    pub fn start() -> io::Result<Self> {
        if !Path::new(PROGRAM).exists() {
            let missing = format!("{PROGRAM} is not there: install OpenSSH's server (apt-get install openssh-server)");
            return Err(io::Error::new(io::ErrorKind::NotFound, missing));
        }
        let folder = tempfile::Builder::new().prefix("ade-ssh-").tempdir()?;
        let at = |name: &str| folder.path().join(name).display().to_string();
        for key in ["host", "client"] {
            run(Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f", &at(key)]))?;
        }
        fs::rename(at("client.pub"), at("authorized"))?;
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        fs::write(
            at("sshd_config"),
            format!(
                "ListenAddress 127.0.0.1\nPort {port}\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\nStrictModes no\n\
                 UsePAM no\nPasswordAuthentication no\nPermitRootLogin prohibit-password\nAllowTcpForwarding yes\n",
                at("host"),
                at("authorized"),
            ),
        )?;
        let host = fs::read_to_string(at("host.pub"))?;
        fs::write(at("known_hosts"), format!("[127.0.0.1]:{port} {host}"))?;
        fs::write(at("ssh_config"), format!("UserKnownHostsFile {}\nStrictHostKeyChecking yes\n", at("known_hosts")))?;
        // The system's `ssh` with a configuration of its own: that of whoever runs the test stays as it is.
        let programs = folder.path().join("bin");
        fs::create_dir(&programs)?;
        fs::write(programs.join("ssh"), format!("#!/bin/sh\nexec /usr/bin/ssh -F {} \"$@\"\n", at("ssh_config")))?;
        fs::set_permissions(programs.join("ssh"), fs::Permissions::from_mode(0o755))?;
        // Where the server gives up its rights, if it has any.
        let _ = fs::create_dir_all("/run/sshd");
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig=KILL", "--", PROGRAM, "-D", "-e", "-f", &at("sshd_config")]);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let mut server = Self { folder, port, child };
        server.wait()?;
        Ok(server)
    }

    /// `user@host:port`, as a connection's `ssh` has it.
    pub fn address(&self) -> io::Result<String> {
        let user = Command::new("id").arg("-un").output()?;
        Ok(format!("{}@127.0.0.1:{}", String::from_utf8_lossy(&user.stdout).trim(), self.port))
    }

    /// The private key that it lets in.
    pub fn key(&self) -> PathBuf {
        self.folder.path().join("client")
    }

    /// The folder of an `ssh` that knows this server, to come first in `PATH`.
    pub fn programs(&self) -> PathBuf {
        self.folder.path().join("bin")
    }

    fn wait(&mut self) -> io::Result<()> {
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            if let Some(status) = self.child.try_wait()? {
                return Err(io::Error::other(format!("sshd ended: {status}")));
            }
            std::thread::yield_now();
        }
        Ok(())
    }
}

impl Drop for SshServer {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn run(command: &mut Command) -> io::Result<()> {
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status()?;
    if status.success() { Ok(()) } else { Err(io::Error::other(format!("{command:?} failed: {status}"))) }
}
