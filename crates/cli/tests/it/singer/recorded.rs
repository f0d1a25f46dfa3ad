//! A server that stands in for an API: it answers what a recording says.
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use ade_testing::Folder;
use serde_json::Value;

/// A server that answers what a recording in a folder says; it ends when it is dropped.
pub(crate) struct Recorded {
    child: Child,
    /// Where it is: `http://127.0.0.1:…`.
    pub(crate) url: String,
}

impl Recorded {
    pub(crate) fn start(folder: &Folder, recording: &Value) -> Self {
        folder.write("recorded.py", include_str!("recorded.py"));
        folder.write("recording.json", recording.to_string());
        let mut command = Command::new("python3");
        command.arg("recorded.py").current_dir(folder.path()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        Self { child, url: url.trim().to_owned() }
    }
}

impl Drop for Recorded {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// The program of a tap that `scripts/install-tools test` has installed.
pub(crate) fn tap(package: &str, program: &str) -> PathBuf {
    #[expect(clippy::disallowed_methods, reason = "a test is told by its environment where tools are")]
    let [home, user] = ["ADE_TAPS", "HOME"].map(|name| std::env::var_os(name).map(PathBuf::from));
    let home = home.or_else(|| Some(user?.join(".cache/ade/taps"))).unwrap_or_default();
    let program = home.join(package).join("bin").join(program);
    assert!(program.exists(), "{} is missing: run scripts/install-tools test", program.display());
    program
}
