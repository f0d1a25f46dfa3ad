//! The folder of a log, for those who do not write it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::segment::{numbers, path, sync_folder};
use super::{EventLogKey, LogPlace};

/// Where a log is, and what opens it.
#[derive(Debug, Clone)]
pub struct EventLog {
    pub(super) folder: PathBuf,
    pub(super) key: EventLogKey,
}

/// Held by the one program that writes a log.
#[derive(Debug)]
pub struct EventLogLock(#[expect(dead_code, reason = "closing the file gives the lock back")] File);

impl EventLog {
    /// A log in a folder that need not be there yet.
    pub fn new(folder: impl Into<PathBuf>, key: EventLogKey) -> Self {
        Self { folder: folder.into(), key }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The key.
    pub fn key(&self) -> &EventLogKey {
        &self.key
    }

    /// Makes the folder, which its owner alone can look into, and takes the right to write. `None`: another program has it.
    pub fn lock(&self) -> io::Result<Option<EventLogLock>> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        let path = self.folder.join("lock");
        let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(EventLogLock(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// How many bytes lie behind a place.
    pub fn bytes_after(&self, place: LogPlace) -> io::Result<u64> {
        let mut bytes = 0;
        for number in self.segments()? {
            let length = match fs::metadata(path(&self.folder, number, "log")) {
                Ok(data) => data.len(),
                // It was forgotten meanwhile.
                Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
                Err(error) => return Err(error),
            };
            bytes += match number.cmp(&place.segment) {
                std::cmp::Ordering::Less => 0,
                std::cmp::Ordering::Equal => length.saturating_sub(place.offset),
                std::cmp::Ordering::Greater => length,
            };
        }
        Ok(bytes)
    }

    /// Removes segments of which all has landed: those before `place` that are complete. Gives how many.
    pub fn forget(&self, place: LogPlace) -> io::Result<usize> {
        let complete = numbers(&self.folder, "ids")?;
        let segments = self.segments()?;
        // The newest stays, whatever has landed: numbers must never be given again.
        let newest = segments.last().copied();
        let landed: Vec<u64> = segments
            .into_iter()
            .filter(|number| *number < place.segment && Some(*number) != newest)
            .filter(|number| complete.binary_search(number).is_ok())
            .collect();
        for number in &landed {
            fs::remove_file(path(&self.folder, *number, "log"))?;
        }
        if !landed.is_empty() {
            sync_folder(&self.folder)?;
        }
        Ok(landed.len())
    }

    /// Whether nothing is written to a segment any more.
    pub(super) fn is_complete(&self, segment: u64) -> io::Result<bool> {
        path(&self.folder, segment, "ids").try_exists()
    }

    /// The numbers of all segments, in order; none where there is no folder.
    pub(super) fn segments(&self) -> io::Result<Vec<u64>> {
        match numbers(&self.folder, "log") {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            numbers => numbers,
        }
    }
}
