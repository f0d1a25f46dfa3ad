//! Runs a program in a folder, with arguments, an environment and a time limit.

use std::ffi::OsStr;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::Finished;

/// How long a command may take before its test fails.
const PATIENCE: Duration = Duration::from_mins(2);

/// Environment variables that the tests' surroundings must not pass on.
const HIDDEN: [&str; 6] = ["ADE_PROJECT_DIR", "ADE_ENV", "ADE_LOG", "NO_COLOR", "FAILPOINTS", "RUST_LOG"];

/// A program, the folder it runs in, and its environment.
#[derive(Debug, Clone)]
pub struct Program {
    path: PathBuf,
    folder: PathBuf,
    env: Vec<(String, String)>,
    patience: Duration,
}

impl Program {
    /// The program at `path`, to be run in `folder`.
    pub fn new(path: impl Into<PathBuf>, folder: &Path) -> Self {
        Self { path: path.into(), folder: folder.to_owned(), env: Vec::new(), patience: PATIENCE }
    }

    /// The same with another time limit.
    pub fn patience(&self, patience: Duration) -> Self {
        Self { patience, ..self.clone() }
    }

    /// The same in another folder.
    pub fn within(&self, folder: &Path) -> Self {
        Self { folder: folder.to_owned(), ..self.clone() }
    }

    /// The same with a variable in its environment.
    pub fn env(&self, name: &str, value: &str) -> Self {
        let mut changed = self.clone();
        changed.env.push((name.to_owned(), value.to_owned()));
        changed
    }

    /// Starts it.
    pub fn start<S: AsRef<OsStr>>(&self, args: &[S]) -> Running {
        let mut command = Command::new(&self.path);
        command.args(args).current_dir(&self.folder);
        for name in HIDDEN {
            command.env_remove(name);
        }
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("cannot start {}: {error}", self.path.display()));
        let stdout = reader(child.stdout.take().expect("a piped output"));
        let stderr = reader(child.stderr.take().expect("a piped output"));
        let args: Vec<_> = args.iter().map(|arg| arg.as_ref().to_string_lossy().into_owned()).collect();
        Running { args: args.join(" "), child: Some(child), stdout, stderr, patience: self.patience }
    }

    /// Runs it to its end.
    pub fn run<S: AsRef<OsStr>>(&self, args: &[S]) -> Finished {
        self.start(args).wait()
    }

    /// The rows of a query, one line of CSV each, without the header. The query must work.
    #[track_caller]
    pub fn rows(&self, sql: &str) -> Vec<String> {
        let text = self.run(&["query", "--format", "csv", sql]).succeeds().text();
        text.lines().skip(1).map(str::to_owned).collect()
    }
}

/// A program that has been started. It is killed when it is dropped.
#[derive(Debug)]
pub struct Running {
    args: String,
    child: Option<Child>,
    stdout: JoinHandle<Vec<u8>>,
    stderr: JoinHandle<Vec<u8>>,
    patience: Duration,
}

impl Running {
    /// Its process number.
    pub fn id(&self) -> u32 {
        self.child.as_ref().map_or(0, Child::id)
    }

    /// Whether it has ended.
    pub fn has_ended(&mut self) -> bool {
        self.child.as_mut().is_none_or(|child| child.try_wait().expect("a child can be asked").is_some())
    }

    /// Ends it as `kill -9` does.
    pub fn kill(&mut self) {
        if let Some(child) = &mut self.child {
            child.kill().expect("a child can be killed");
        }
    }

    /// Sends a signal by its name, such as `INT`.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").arg(format!("-{name}")).arg(self.id().to_string()).status();
        assert!(status.expect("kill can be started").success(), "cannot send {name}");
    }

    /// Waits for its end; fails the test, and ends the program, when that takes too long.
    #[track_caller]
    pub fn wait(mut self) -> Finished {
        let mut child = self.child.take().expect("waited for once");
        let id = child.id();
        let (sender, ended) = mpsc::channel();
        let waiting = thread::spawn(move || {
            let status = child.wait();
            // Nobody listens any more when it took too long.
            let _ = sender.send(());
            status
        });
        let in_time = ended.recv_timeout(self.patience).is_ok();
        if !in_time {
            let _ = Command::new("kill").args(["-9", &id.to_string()]).status();
        }
        let status = waiting.join().expect("a waiting thread").expect("a child can be waited for");
        let [stdout, stderr] = [&mut self.stdout, &mut self.stderr]
            .map(|reader| std::mem::replace(reader, thread::spawn(Vec::new)).join().expect("a reading thread"));
        let finished = Finished::new(self.args.clone(), status, stdout, stderr);
        assert!(in_time, "took longer than {} s:\n{}", self.patience.as_secs(), finished.all());
        finished
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn reader(mut from: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read before an error is what there is.
        let _ = from.read_to_end(&mut bytes);
        bytes
    })
}
