//! The tap as a program: what it is given, how it is started and how it ends.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::folder::PrivateFolder;
use super::kept::KeptSettings;
use super::said::{LastLines, Scrub, listen};
use crate::{ConnectError, is_secret_name};

/// How long the last words of a tap that has ended are waited for: somebody else may hold its error stream.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// How a tap is started.
#[derive(Clone)]
pub(crate) struct TapProgram {
    /// The program and its arguments.
    pub(crate) command: Vec<String>,
    pub(crate) config: Value,
    /// Where it is kept what the tap changes in it.
    pub(crate) kept: Option<KeptSettings>,
    /// `--catalog`, or `--properties` of older taps.
    pub(crate) catalog_option: String,
    /// Where it is started.
    pub(crate) project_dir: PathBuf,
}

/// A tap that runs. Dropping it ends it.
pub(crate) struct RunningTap {
    child: Arc<Mutex<Child>>,
    pub(crate) stdout: Option<ChildStdout>,
    pub(crate) stderr: Option<ChildStderr>,
    _folder: PrivateFolder,
}

impl TapProgram {
    /// The name by which messages speak of it.
    pub(crate) fn name(&self) -> &str {
        self.command.first().map_or("tap", String::as_str)
    }

    /// Everything that the config says and that is no switch or plain word, and so must not be shown.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let mut found = Vec::new();
        texts(&self.config, &mut |name, text| {
            if text.len() >= 4 && (is_secret_name(name) || text.len() >= 16) {
                found.push(text.to_owned());
            }
        });
        // What contains another one goes first.
        found.sort_by_key(|text| std::cmp::Reverse(text.len()));
        found
    }

    /// What the tap can read.
    pub(crate) fn discover(&self) -> Result<Value, ConnectError> {
        let mut tap = self.start(None, None, true)?;
        let last = LastLines::default();
        let listener = tap.listen(Scrub { secrets: self.secrets(), ..Scrub::default() }, &last, |_| {});
        let mut text = Vec::new();
        let read = tap.stdout.take().map_or(Ok(0), |mut stdout| stdout.read_to_end(&mut text));
        read.map_err(|source| ConnectError::Io { object: self.name().to_owned(), source })?;
        tap.end(self.name(), &listener, &last)?;
        serde_json::from_slice(&text).map_err(|_| ConnectError::Open {
            what: "tap",
            object: self.name().to_owned(),
            reason: "`--discover` gave no catalog".to_owned(),
            advice: "run it by hand, with the same config, and look at what it prints; some taps cannot discover, and need `catalog`"
                .to_owned(),
        })
    }

    /// Starts it. A STATE goes through its standard input, since it may hold values, which must not come to rest.
    pub(crate) fn start(
        &self,
        catalog: Option<&Value>,
        state: Option<&Value>,
        discover: bool,
    ) -> Result<RunningTap, ConnectError> {
        let (folder, config) = PrivateFolder::make(&self.project_dir, self.kept.as_ref(), &self.config)?;
        let [program, arguments @ ..] = self.command.as_slice() else {
            return Err(self.cannot_start("`command` is empty"));
        };
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&self.project_dir);
        command.arg("--config").arg(config);
        if discover {
            command.arg("--discover");
        }
        if let Some(catalog) = catalog {
            command.arg(&self.catalog_option).arg(folder.write("catalog.json", &catalog.to_string())?);
        }
        if state.is_some() {
            command.arg("--state").arg("/dev/stdin").stdin(Stdio::piped());
        } else {
            command.stdin(Stdio::null());
        }
        let spawned = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = spawned.map_err(|error| self.cannot_start(&error.to_string()))?;
        if let (Some(state), Some(mut stdin)) = (state, child.stdin.take()) {
            let text = state.to_string();
            // A tap that does not read it ends the pipe; one that reads late must not hold us up.
            thread::spawn(move || stdin.write_all(text.as_bytes()));
        }
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        Ok(RunningTap { child: Arc::new(Mutex::new(child)), stdout, stderr, _folder: folder })
    }

    fn cannot_start(&self, reason: &str) -> ConnectError {
        ConnectError::Open {
            what: "tap",
            object: self.name().to_owned(),
            reason: reason.to_owned(),
            advice: "install the tap, and write the path of its program after `command:` of the connection".to_owned(),
        }
    }
}

/// Ends a tap from any thread.
#[derive(Clone)]
pub(crate) struct Stopper(Arc<Mutex<Child>>);

impl Stopper {
    pub(crate) fn stop(&self) {
        if let Ok(mut child) = self.0.lock() {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The thread that reads what a tap says; its end is told through a channel.
pub(crate) struct Listener(Option<std::sync::mpsc::Receiver<()>>);

impl RunningTap {
    pub(crate) fn stopper(&self) -> Stopper {
        Stopper(Arc::clone(&self.child))
    }

    /// Reads what it says, on a thread of its own.
    pub(crate) fn listen(
        &mut self,
        scrub: Scrub,
        last: &LastLines,
        say: impl FnMut(crate::SaidLine) + Send + 'static,
    ) -> Listener {
        let Some(stderr) = self.stderr.take() else { return Listener(None) };
        let (ended, end) = std::sync::mpsc::channel();
        let last = last.clone();
        thread::spawn(move || {
            listen(stderr, &scrub, &last, say);
            // Nobody may wait for it.
            let _ = ended.send(());
        });
        Listener(Some(end))
    }

    /// Waits for its end, after its output has ended.
    pub(crate) fn end(self, name: &str, listener: &Listener, last: &LastLines) -> Result<(), ConnectError> {
        let status = loop {
            let waited = self.child.lock().map(|mut child| child.try_wait());
            match waited {
                Ok(Ok(Some(status))) => break status,
                Ok(Ok(None)) => thread::sleep(Duration::from_millis(5)),
                Ok(Err(source)) => return Err(ConnectError::Io { object: name.to_owned(), source }),
                Err(_) => return Err(ended_badly(name, "its process was lost", last)),
            }
        };
        if status.success() {
            return Ok(());
        }
        if let Some(end) = &listener.0 {
            let _ = end.recv_timeout(LAST_WORDS);
        }
        Err(ended_badly(name, &ending(status), last))
    }
}

impl Drop for RunningTap {
    fn drop(&mut self) {
        self.stopper().stop();
    }
}

fn ending(status: ExitStatus) -> String {
    if let Some(code) = status.code() {
        return format!("it ended with exit code {code}");
    }
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return format!("it was ended by signal {signal}");
    }
    "it was ended by another program".to_owned()
}

fn ended_badly(name: &str, how: &str, last: &LastLines) -> ConnectError {
    let said = last.text();
    let said =
        if said.is_empty() { " without a word".to_owned() } else { format!("; its last words were\n  {said}\n") };
    ConnectError::SourceFailed { object: name.to_owned(), reason: format!("{how}{said}") }
}

/// Texts of a config with the names that they stand under.
pub(crate) fn texts(value: &Value, see: &mut dyn FnMut(&str, &str)) {
    fn walk(name: &str, value: &Value, see: &mut dyn FnMut(&str, &str)) {
        match value {
            Value::String(text) => see(name, text),
            Value::Array(items) => items.iter().for_each(|item| walk(name, item, see)),
            Value::Object(entries) => entries.iter().for_each(|(name, value)| walk(name, value, see)),
            _ => {}
        }
    }
    walk("", value, see);
}
