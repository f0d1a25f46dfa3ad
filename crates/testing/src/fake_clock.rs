//! A clock that is wrong.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use tempfile::TempDir;

/// A clock that is wrong, for programs that are started with [`FakeClock::environment`]: Debian's package `libfaketime`
/// answers where they ask for the time. How long something takes, they are told as it is.
#[derive(Debug)]
pub struct FakeClock {
    folder: TempDir,
    library: PathBuf,
}

impl FakeClock {
    /// A clock that is right so far.
    ///
    /// # Panics
    /// If the package is missing, or nothing can be written.
    pub fn new() -> Self {
        let library = library().expect("install libfaketime (apt-get install libfaketime)");
        let permissions = fs::Permissions::from_mode(0o755);
        let folder = tempfile::Builder::new().prefix("ade-clock-").permissions(permissions).tempdir();
        let clock = Self { folder: folder.expect("a temporary folder"), library };
        clock.set_hours(0);
        clock
    }

    /// It is wrong by so many hours from now on, also in programs that run.
    ///
    /// # Panics
    /// If nothing can be written.
    pub fn set_hours(&self, hours: i32) {
        // Written beside and renamed: who looks meanwhile finds a whole one.
        let (file, new) = (self.file(), self.folder.path().join("new"));
        fs::write(&new, format!("{hours:+}h\n")).expect("a clock that can be set");
        fs::set_permissions(&new, fs::Permissions::from_mode(0o644)).expect("a clock that all can read");
        fs::rename(new, file).expect("a clock that can be set");
    }

    /// What a program needs in its environment to go by it.
    pub fn environment(&self) -> Vec<(String, String)> {
        [
            ("LD_PRELOAD", self.library.to_string_lossy().into_owned()),
            ("FAKETIME_TIMESTAMP_FILE", self.file().to_string_lossy().into_owned()),
            ("FAKETIME_NO_CACHE", "1".to_owned()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
            ("DONT_FAKE_MONOTONIC", "1".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec()
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("clock")
    }
}

impl Default for FakeClock {
    fn default() -> Self {
        Self::new()
    }
}

fn library() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").ok()?.filter_map(Result::ok);
    let mut files = folders.map(|folder| folder.path().join("faketime/libfaketime.so.1"));
    files.find(|file| file.exists())
}
