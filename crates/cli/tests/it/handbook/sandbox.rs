//! An empty folder in which a page is carried out.
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Between what a command printed and the folder that it ended in.
const END: char = '\u{1}';

/// An empty folder, and where in it the reader of the page is.
pub(crate) struct Sandbox {
    root: PathBuf,
    dir: PathBuf,
}

impl Sandbox {
    /// An empty folder for the page.
    pub(crate) fn new(page: &str) -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("handbook").join(page.replace(['/', '.'], "_"));
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(&root).unwrap();
        let root = fs::canonicalize(root).unwrap();
        Self { dir: root.clone(), root }
    }

    /// Writes a file of the page.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.dir.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Runs a command as the reader would; gives what it printed, with `~` for the sandbox.
    pub(crate) fn run(&mut self, command: &str) -> String {
        let program = Path::new(env!("CARGO_BIN_EXE_ade")).parent().unwrap();
        let script = format!("exec 2>&1\n{command}\nprintf '\\1%s' \"$PWD\"");
        let output = Command::new("bash")
            .args(["-c", &script])
            .current_dir(&self.dir)
            .env_clear()
            .env("HOME", &self.root)
            .env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", program.display()))
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let (printed, dir) = text.rsplit_once(END).unwrap_or_else(|| panic!("$ {command}\n{text}"));
        self.dir = PathBuf::from(dir);
        let printed = printed.replace(&*self.root.to_string_lossy(), "~");
        printed.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim_matches('\n').to_owned()
    }
}
