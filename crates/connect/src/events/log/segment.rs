//! The files of a log: their names, and the blocks in one.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::{EventLogKey, EventRecord, LogPlace};

/// What a segment begins with.
pub(super) const HEAD: &[u8; 8] = b"ADELOG1\n";
/// A block longer than this was never written.
const MOST_BYTES: u32 = 64 << 20;

pub(super) fn path(folder: &Path, number: u64, extension: &str) -> PathBuf {
    folder.join(format!("{number:020}.{extension}"))
}

/// The numbers of all files with this extension, in order.
pub(super) fn numbers(folder: &Path, extension: &str) -> io::Result<Vec<u64>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse().ok());
        if let Some(number) = name.filter(|_| path.extension().is_some_and(|found| found == extension)) {
            found.push(number);
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// Makes what is in a folder outlive a loss of power.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// A segment that is read block by block.
pub(super) struct Blocks {
    file: io::BufReader<File>,
    /// Where the next block begins.
    pub(super) place: LogPlace,
    /// How long the file was when it was opened.
    pub(super) length: u64,
    stopped_at_whole: bool,
}

impl Blocks {
    /// Opens a segment at an offset; 0 is before its first block. What is read of it is durable, whoever wrote it.
    pub(super) fn open(folder: &Path, place: LogPlace) -> io::Result<Self> {
        let mut file = File::open(path(folder, place.segment, "log"))?;
        let length = file.metadata()?.len();
        file.sync_data()?;
        let offset = place.offset.max(HEAD.len() as u64);
        io::Seek::seek(&mut file, io::SeekFrom::Start(offset))?;
        let place = LogPlace { segment: place.segment, offset };
        let file = io::BufReader::with_capacity(1 << 20, file);
        Ok(Self { file, place, length, stopped_at_whole: false })
    }

    /// The next block, and its length on disk; `None` at the end, or where what follows is no whole block.
    pub(super) fn next(&mut self, key: &EventLogKey) -> io::Result<Option<(Vec<EventRecord>, u64)>> {
        let rest = self.length.saturating_sub(self.place.offset);
        let mut length = [0; 4];
        if rest < 4 {
            return Ok(None);
        }
        self.file.read_exact(&mut length)?;
        let length = u32::from_le_bytes(length);
        if length > MOST_BYTES || u64::from(length) + 4 > rest {
            return Ok(None);
        }
        let mut sealed = vec![0; length as usize];
        self.file.read_exact(&mut sealed)?;
        let Some(records) = key.open(self.place, &sealed).and_then(|plain| EventRecord::read_all(&plain)) else {
            self.stopped_at_whole = true;
            return Ok(None);
        };
        let bytes = u64::from(length) + 4;
        self.place.offset += bytes;
        Ok(Some((records, bytes)))
    }

    /// Whether it ended before a block that is there in its whole length and does not open.
    pub(super) fn stopped_at_whole(&self) -> bool {
        self.stopped_at_whole
    }
}
