//! The folder in which a tap finds its files: private, and gone with the process.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::Value;

use super::kept::{KeptSettings, changed};
use crate::ConnectError;

/// Below the project's folder.
const HOME: &str = ".ade/taps";
/// Locked as long as the folder is in use: what a crash left can be told from what somebody needs.
const LOCK: &str = "lock";
/// What the tap is given, and may write anew.
const CONFIG: &str = "config.json";
/// The same as it was.
const GIVEN: &str = "given.json";

/// Where the folders of a project's taps are.
pub(crate) fn home(project_dir: &Path) -> PathBuf {
    project_dir.join(HOME)
}

/// A folder that nobody else can look into. Dropping it removes it, and keeps what the tap changed in its config.
pub(crate) struct PrivateFolder {
    path: PathBuf,
    kept: Option<KeptSettings>,
    _lock: File,
}

impl PrivateFolder {
    /// A new one, with the config in it; those of processes that died are removed.
    pub(crate) fn make(
        project_dir: &Path,
        kept: Option<&KeptSettings>,
        config: &Value,
    ) -> Result<(Self, PathBuf), ConnectError> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let home = home(project_dir);
        let failed = |source| ConnectError::Io { object: home.display().to_string(), source };
        fs::create_dir_all(&home).map_err(failed)?;
        clear(&home, kept)?;
        let config = kept.map_or_else(|| config.clone(), |kept| kept.over(config));
        let prefix = kept.map_or_else(|| "tap".to_owned(), KeptSettings::prefix);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = home.join(format!("{prefix}-{}-{number}", std::process::id()));
        make_private(&path).map_err(failed)?;
        let lock = File::create(path.join(LOCK)).and_then(|lock| lock.lock().map(|()| lock)).map_err(failed)?;
        let folder = Self { path, kept: kept.cloned(), _lock: lock };
        let text = config.to_string();
        let _ = folder.write(GIVEN, &text)?;
        let config = folder.write(CONFIG, &text)?;
        Ok((folder, config))
    }

    /// Writes a file that only its owner can read.
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<PathBuf, ConnectError> {
        let path = self.path.join(name);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let written = options.open(&path).and_then(|mut file| file.write_all(text.as_bytes()));
        written.map_err(|source| ConnectError::Io { object: path.display().to_string(), source })?;
        Ok(path)
    }
}

impl Drop for PrivateFolder {
    fn drop(&mut self) {
        // What cannot be kept or removed now is by the next.
        if save(&self.path, self.kept.as_ref()).is_ok_and(|is_saved| is_saved) {
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

fn make_private(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Removes what processes left that died; of this tap, with what it had changed.
fn clear(home: &Path, kept: Option<&KeptSettings>) -> Result<(), ConnectError> {
    for entry in fs::read_dir(home).into_iter().flatten().flatten() {
        let lock = File::options().write(true).open(entry.path().join(LOCK));
        if !lock.is_ok_and(|lock| lock.try_lock().is_ok()) {
            continue;
        }
        let name = entry.file_name().to_string_lossy().into_owned();
        let of_this = kept.filter(|kept| name.starts_with(&kept.prefix()));
        if save(&entry.path(), of_this)? {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    Ok(())
}

/// Keeps what a tap changed in its config. `false`: it did, and there is nothing to keep it with.
fn save(folder: &Path, kept: Option<&KeptSettings>) -> Result<bool, ConnectError> {
    let read = |name: &str| -> Option<Value> { serde_json::from_slice(&fs::read(folder.join(name)).ok()?).ok() };
    let (Some(given), Some(now)) = (read(GIVEN), read(CONFIG)) else { return Ok(true) };
    let changed = changed(&given, &now);
    match kept {
        _ if changed.is_empty() => Ok(true),
        Some(kept) => kept.keep(changed).map(|()| true),
        None => Ok(false),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::PositionKey;

    #[test]
    fn what_a_tap_changes_is_kept_also_when_nobody_ended_well() {
        let project = tempfile::tempdir().unwrap();
        let declared = json!({"refresh_token": "one", "site": "acme"});
        let command = ["tap".to_owned()];
        let kept = KeptSettings::new(&home(project.path()), &command, &declared, PositionKey::new([3; 32]));
        let make = |kept: Option<&KeptSettings>| PrivateFolder::make(project.path(), kept, &declared).unwrap();
        let read = |path: &Path| -> Value { serde_json::from_slice(&fs::read(path).unwrap()).unwrap() };
        let rotate = |path: &Path, token: &str| {
            fs::write(path, json!({"refresh_token": token, "site": "acme"}).to_string()).unwrap();
        };
        let (folder, config) = make(Some(&kept));
        assert_eq!(read(&config), declared);
        rotate(&config, "two");
        drop(folder);
        assert!(!config.exists());
        let (folder, config) = make(Some(&kept));
        assert_eq!(read(&config)["refresh_token"], "two");
        rotate(&config, "three");
        // As after a crash: the folder is there, and nobody holds its lock.
        let PrivateFolder { .. } = &folder;
        let left = project.path().join("left");
        fs::rename(config.parent().unwrap(), &left).unwrap();
        drop(folder);
        fs::rename(&left, config.parent().unwrap()).unwrap();
        let (_folder, config) = make(Some(&kept));
        assert_eq!(read(&config)["refresh_token"], "three");
        // Sealed, and of these settings alone.
        let files: Vec<_> = fs::read_dir(home(project.path())).unwrap().flatten().collect();
        let sealed = files.iter().find(|file| file.path().extension().is_some_and(|end| end == "kept")).unwrap();
        assert!(!fs::read_to_string(sealed.path()).unwrap().contains("three"));
        let other =
            KeptSettings::new(&home(project.path()), &command, &json!({"site": "b"}), PositionKey::new([3; 32]));
        assert_eq!(other.over(&json!({})), json!({}));
    }
}
