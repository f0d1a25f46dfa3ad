//! Writes a log.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use super::seen::Seen;
use super::segment::{Blocks, HEAD, numbers, path, sync_folder};
use super::{EventLog, EventLogLock, EventRecord, LogPlace};

/// How a log is written.
#[derive(Debug, Clone, Copy)]
pub struct EventLogOptions {
    /// A segment is complete when it is at least so long.
    pub segment_bytes: u64,
    /// How many messages are remembered at least, to know those that are sent again; 16 bytes of memory each.
    pub remembered: usize,
}

impl Default for EventLogOptions {
    fn default() -> Self {
        Self { segment_bytes: 32 << 20, remembered: 4_000_000 }
    }
}

/// Writes a log. What [`append`](Self::append) has returned for is on disk.
#[derive(Debug)]
pub struct EventLogWriter {
    log: EventLog,
    options: EventLogOptions,
    file: File,
    /// Where the next block begins.
    end: LogPlace,
    /// The messages of this segment.
    digests: Vec<u64>,
    seen: Seen,
    /// Whether this segment may end in something that is no block.
    is_torn: bool,
    _lock: EventLogLock,
}

impl EventLogWriter {
    /// Goes on with a log, in a segment of its own. What a crash left half written is cut off.
    pub fn open(log: EventLog, lock: EventLogLock, options: EventLogOptions) -> io::Result<Self> {
        let mut seen = Seen::new(options.remembered);
        let (segments, complete) = (log.segments()?, numbers(&log.folder, "ids")?);
        for number in &segments {
            if complete.binary_search(number).is_err() {
                let digests = repair(&log, *number)?;
                write_digests(&log.folder, *number, &digests)?;
            }
        }
        let complete = numbers(&log.folder, "ids")?;
        for number in &complete {
            let forgotten = seen.complete(*number, read_digests(&path(&log.folder, *number, "ids"))?);
            forget_digests(&log.folder, &forgotten, &segments)?;
        }
        let newest = segments.last().copied().max(complete.last().copied()).unwrap_or(0);
        let (file, end) = begin(&log.folder, newest + 1)?;
        Ok(Self { log, options, file, end, digests: Vec::new(), seen, is_torn: false, _lock: lock })
    }

    /// Everything before it is on disk.
    pub fn end(&self) -> LogPlace {
        self.end
    }

    /// Writes records as one block, all of them or none, and gives how many were there before: these are marked as
    /// duplicates. After an error nothing of them is in the log.
    pub fn append(&mut self, records: &mut [EventRecord]) -> io::Result<usize> {
        if self.is_torn || self.end.offset >= self.options.segment_bytes || self.is_asked_to_turn() {
            self.turn()?;
        }
        let mut new = Vec::with_capacity(records.len());
        let mut plain = Vec::with_capacity(records.iter().map(|record| record.body.len() + 64).sum());
        for record in records.iter_mut() {
            record.is_duplicate = !self.seen.add(record.digest);
            if !record.is_duplicate {
                new.push(record.digest);
            }
            record.write(&mut plain);
        }
        match self.write(&plain) {
            Ok(()) => {
                let duplicates = records.len() - new.len();
                self.digests.append(&mut new);
                Ok(duplicates)
            }
            Err(error) => {
                self.seen.take_back(&new);
                // What is there of the block must be gone before it could be read.
                self.is_torn = self.file.set_len(self.end.offset).and_then(|()| self.file.sync_all()).is_err();
                Err(error)
            }
        }
    }

    fn write(&mut self, plain: &[u8]) -> io::Result<()> {
        let sealed = self.log.key.seal(self.end, plain)?;
        let length = u32::try_from(sealed.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
        let mut block = Vec::with_capacity(sealed.len() + 4);
        block.extend(length.to_le_bytes());
        block.extend(sealed);
        self.file.write_all_at(&block, self.end.offset)?;
        self.file.sync_data()?;
        self.end.offset += block.len() as u64;
        Ok(())
    }

    /// Whether another program wants what has landed to go with its segment; asked once.
    fn is_asked_to_turn(&self) -> bool {
        std::fs::remove_file(self.log.turn_request()).is_ok()
    }

    /// Completes the segment and begins the next one.
    fn turn(&mut self) -> io::Result<()> {
        if self.is_torn {
            self.file.set_len(self.end.offset)?;
            self.file.sync_all()?;
        }
        write_digests(&self.log.folder, self.end.segment, &self.digests)?;
        (self.file, self.end) = begin(&self.log.folder, self.end.segment + 1)?;
        self.is_torn = false;
        let forgotten = self.seen.complete(self.end.segment - 1, std::mem::take(&mut self.digests));
        forget_digests(&self.log.folder, &forgotten, &self.log.segments()?)
    }
}

/// Begins a segment; it outlives a loss of power from here on.
fn begin(folder: &Path, number: u64) -> io::Result<(File, LogPlace)> {
    let path = path(folder, number, "log");
    // One of this number that is there already was begun by this program, and nothing is in it.
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(path)?;
    file.write_all(HEAD)?;
    file.sync_all()?;
    sync_folder(folder)?;
    Ok((file, LogPlace { segment: number, offset: HEAD.len() as u64 }))
}

/// Cuts off what is no block at the end of a segment, and gives the messages in it.
fn repair(log: &EventLog, number: u64) -> io::Result<Vec<u64>> {
    let mut blocks = Blocks::open(&log.folder, LogPlace { segment: number, offset: 0 })?;
    let mut digests = Vec::new();
    while let Some((records, _)) = blocks.next(&log.key)? {
        digests.extend(records.iter().filter(|record| !record.is_duplicate).map(|record| record.digest));
    }
    let (end, length) = (blocks.place.offset, blocks.length);
    if end == HEAD.len() as u64 && blocks.stopped_at_whole() {
        // Its first block is whole and does not open: that is another key rather than a crash. It is not touched.
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!(
                "{} was written with another key, or is damaged from its beginning",
                path(&log.folder, number, "log").display()
            ),
        ));
    }
    if length > end {
        let file = OpenOptions::new().write(true).open(path(&log.folder, number, "log"))?;
        file.set_len(end)?;
        file.sync_all()?;
    }
    Ok(digests)
}

/// Writes the file with the messages of a complete segment: whole, or not at all.
fn write_digests(folder: &Path, number: u64, digests: &[u64]) -> io::Result<()> {
    let (temporary, target) = (path(folder, number, "tmp"), path(folder, number, "ids"));
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&temporary)?;
    let bytes: Vec<u8> = digests.iter().flat_map(|digest| digest.to_le_bytes()).collect();
    file.write_all(&bytes)?;
    file.sync_all()?;
    std::fs::rename(temporary, target)?;
    sync_folder(folder)
}

fn read_digests(path: &Path) -> io::Result<Vec<u64>> {
    let bytes = std::fs::read(path)?;
    let (digests, _) = bytes.as_chunks::<8>();
    Ok(digests.iter().map(|digest| u64::from_le_bytes(*digest)).collect())
}

/// Removes the messages of segments that are not remembered and not there any more.
fn forget_digests(folder: &Path, forgotten: &[u64], segments: &[u64]) -> io::Result<()> {
    for number in forgotten.iter().filter(|number| segments.binary_search(number).is_err()) {
        std::fs::remove_file(path(folder, *number, "ids"))?;
    }
    Ok(())
}
