//! Makes what has landed leave a log at once, and not when its segment is full.

use std::io;

use super::{EventLog, EventLogOptions, EventLogWriter, LogPlace};

impl EventLog {
    /// Removes all that lies before `landed`, the segment that is being written to included: it is completed, and another one begun.
    /// Where another program writes the log, that is asked to begin a segment with the next message; then `false`.
    pub fn scrub(&self, landed: LogPlace) -> io::Result<bool> {
        let Some(lock) = self.lock()? else {
            std::fs::File::create(self.turn_request())?.sync_all()?;
            return Ok(false);
        };
        // A writer begins a segment of its own; what is before it is complete.
        drop(EventLogWriter::open(self.clone(), lock, EventLogOptions::default())?);
        let newest = self.segments()?.last().copied().unwrap_or_default();
        let before = |segment: u64| landed.segment > segment || self.ends_before(segment, landed);
        let mut place = LogPlace::default();
        for segment in self.segments()?.into_iter().filter(|segment| *segment < newest) {
            if !before(segment) {
                break;
            }
            place = LogPlace { segment: segment + 1, offset: 0 };
        }
        self.forget(place)?;
        Ok(true)
    }

    /// Whether nothing of a segment lies behind a place in it.
    fn ends_before(&self, segment: u64, landed: LogPlace) -> bool {
        let length = std::fs::metadata(super::segment::path(&self.folder, segment, "log")).map(|data| data.len());
        landed.segment == segment && length.is_ok_and(|length| landed.offset >= length)
    }

    /// The file by which another program asks for a new segment.
    pub(super) fn turn_request(&self) -> std::path::PathBuf {
        self.folder.join("turn")
    }
}
