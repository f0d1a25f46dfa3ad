//! Reads a log.

use std::io;

use super::segment::Blocks;
use super::{EventLog, EventRecord, LogPlace};

/// A piece of a log.
#[derive(Debug, Clone, Default)]
pub struct LogRound {
    /// The records with the place behind the block that each is in.
    pub records: Vec<(LogPlace, EventRecord)>,
    /// Where it begins.
    pub begin: LogPlace,
    /// Where it ends.
    pub end: LogPlace,
    /// Whether more was there when it was read.
    pub has_more: bool,
    /// How long it is on disk.
    pub size_bytes: u64,
}

/// Reads what lies behind `from`: whole blocks, until there are `most_bytes` of messages, or until `until` where that is said.
pub fn read_round(log: &EventLog, from: LogPlace, until: Option<LogPlace>, most_bytes: u64) -> io::Result<LogRound> {
    let mut round = LogRound { begin: from, end: from, ..LogRound::default() };
    let mut bytes = 0;
    let segments = log.segments()?;
    let newest = segments.last().copied().unwrap_or_default();
    for segment in segments.into_iter().filter(|segment| *segment >= from.segment) {
        let start = if segment == from.segment { from } else { LogPlace { segment, offset: 0 } };
        let mut blocks = match Blocks::open(&log.folder, start) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            blocks => blocks?,
        };
        loop {
            let is_full = bytes >= most_bytes || until.is_some_and(|until| blocks.place >= until);
            if is_full {
                round.has_more = segment < newest || blocks.place.offset < blocks.length;
                return Ok(round);
            }
            let Some((records, size)) = blocks.next(&log.key)? else { break };
            bytes += records.iter().map(|record| record.body.len() as u64).sum::<u64>();
            round.size_bytes += size;
            round.end = blocks.place;
            round.records.extend(records.into_iter().map(|record| (blocks.place, record)));
        }
        let is_whole = blocks.place.offset >= blocks.length;
        if segment < newest && !is_whole && log.is_complete(segment)? {
            let path = super::segment::path(&log.folder, segment, "log");
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!(
                    "{} cannot be read behind byte {}: it is damaged, or was written with another key",
                    path.display(),
                    blocks.place.offset
                ),
            ));
        }
        round.end = round.end.max(blocks.place);
    }
    Ok(round)
}
