//! Events of the log, as far as they matter here.
//!
//! Codes and layouts: `binlog_event.h` of MySQL; from 160 on `log_event.h` of MariaDB, whose compressed events hold what is
//! written behind the header as zlib makes it, behind a byte with the length's length and the length.

use std::io::Read;

use flate2::read::ZlibDecoder;

use super::reader::Reader;
use super::row_image::{LoggedRows, RowChange};
use super::table_map::TableMap;

/// An event of the log, as far as it matters here.
#[derive(Debug)]
pub(crate) enum Event {
    /// What follows is in this file.
    File {
        name: String,
        offset: u64,
    },
    /// A file's first event.
    Description,
    /// A transaction or a statement that is none's part comes next …
    Begin {
        /// When this server committed it, in seconds since 1970; `None`: no later than the header says.
        committed_s: Option<u32>,
    },
    /// … and this is a transaction's first event (MariaDB).
    Open,
    /// A statement, and the database in which it was said.
    Statement {
        database: String,
        text: String,
    },
    Table(TableMap),
    /// A table of a kind that nobody knows.
    UnknownTable,
    Rows(LoggedRows),
    /// Rows whose values are told as what differs from before.
    PartialRows {
        table: u64,
    },
    Commit,
    /// A transaction that another statement will commit or not.
    Prepared,
    /// The events that come next, packed into one.
    Packed,
    /// The server says that its log may lack something.
    Incident,
    Other,
}

/// An event that is not as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Garbled;

impl Event {
    /// By its code and what is behind its header.
    pub(crate) fn parse(code: u8, data: &[u8]) -> Result<Self, Garbled> {
        let parsed = match code {
            2 => statement(data, |text| Some(text.to_vec())),
            165 => statement(data, unpacked),
            4 => file(data),
            15 => Some(Self::Description),
            16 => Some(Self::Commit),
            // A table of a type that is not known may be none of ours.
            19 => Some(TableMap::parse(data).map_or(Self::UnknownTable, Self::Table)),
            23..=25 => rows(data, code - 23, false, false),
            30..=32 => rows(data, code - 30, true, false),
            166..=168 => rows(data, code - 166, false, true),
            169..=171 => rows(data, code - 169, true, true),
            26 => Some(Self::Incident),
            33 | 34 => Some(Self::Begin { committed_s: committed_s(data) }),
            42 => Some(Self::Begin { committed_s: None }),
            38 => Some(Self::Prepared),
            // Its number and domain, and what kind of thing it is: bit 0 is set for statements that are no transaction's part.
            162 => {
                data.get(12).map(|flags| if flags & 1 == 0 { Self::Open } else { Self::Begin { committed_s: None } })
            }
            39 => Reader(data).whole(6).map(|table| Self::PartialRows { table }),
            40 => Some(Self::Packed),
            _ => Some(Self::Other),
        };
        parsed.ok_or(Garbled)
    }
}

fn file(data: &[u8]) -> Option<Event> {
    let mut reader = Reader(data);
    let offset = reader.whole(8)?;
    // Where a checksum is not expected, it is behind the name.
    let name = file_name(reader.0).or_else(|| file_name(reader.0.get(..reader.0.len().checked_sub(4)?)?))?;
    Some(Event::File { name, offset })
}

/// MySQL says from 8.0 on when a transaction was committed: behind its number and its place among others, in microseconds, of
/// which the highest bit says whether another server committed it before. The header has when its last statement began.
fn committed_s(data: &[u8]) -> Option<u32> {
    let micros = Reader(data.get(42..)?).whole(7)? & ((1 << 55) - 1);
    u32::try_from(micros / 1_000_000).ok().filter(|seconds| *seconds > 0)
}

/// `binlog.000012`.
fn file_name(bytes: &[u8]) -> Option<String> {
    let name = std::str::from_utf8(bytes).ok()?;
    let is_number = |number: &str| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    name.rsplit_once('.').filter(|(_, number)| is_number(number)).map(|_| name.to_owned())
}

fn statement(data: &[u8], unpacked: impl Fn(&[u8]) -> Option<Vec<u8>>) -> Option<Event> {
    let mut reader = Reader(data);
    let _session_and_time = reader.bytes(8)?;
    let database_bytes = usize::from(reader.byte()?);
    let _error = reader.bytes(2)?;
    let status_bytes = usize::try_from(reader.whole(2)?).ok()?;
    let _status = reader.bytes(status_bytes)?;
    let database = String::from_utf8_lossy(reader.bytes(database_bytes)?).into_owned();
    let _zero = reader.byte()?;
    let text = unpacked(reader.0)?;
    Some(Event::Statement { database, text: String::from_utf8_lossy(&text).into_owned() })
}

fn rows(data: &[u8], change: u8, extra: bool, is_packed: bool) -> Option<Event> {
    let change = match change {
        0 => RowChange::Inserted,
        1 => RowChange::Updated,
        _ => RowChange::Deleted,
    };
    let content = |data: &[u8]| if is_packed { unpacked(data) } else { Some(data.to_vec()) };
    LoggedRows::parse(data, change, extra, content).map(Event::Rows)
}

/// What a compressed event holds.
fn unpacked(data: &[u8]) -> Option<Vec<u8>> {
    let (first, rest) = data.split_first()?;
    let (length, packed) = rest.split_at_checked(usize::from(first & 7))?;
    let length = length.iter().fold(0_u64, |length, byte| length << 8 | u64::from(*byte));
    let mut content = Vec::new();
    // One byte more would show that it is longer than it says.
    ZlibDecoder::new(packed).take(length + 1).read_to_end(&mut content).ok()?;
    (content.len() as u64 == length).then_some(content)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn query(text: &[u8]) -> Vec<u8> {
        [&[0; 8][..], &[3, 0, 0, 2, 0, 9, 9], b"app\0", text].concat()
    }

    #[test]
    fn statements_say_where_they_were_said() {
        let Ok(Event::Statement { database, text }) = Event::parse(2, &query(b"begin")) else { panic!("no statement") };
        assert_eq!((database.as_str(), text.as_str()), ("app", "begin"));
        assert!(matches!(Event::parse(2, &query(b"")[..14]), Err(Garbled)));
    }

    #[test]
    fn what_is_compressed_is_unpacked() {
        let mut packed = vec![0x80 | 2, 0, 200];
        let mut encoder = flate2::write::ZlibEncoder::new(&mut packed, flate2::Compression::default());
        encoder.write_all(&[b'x'; 200]).unwrap();
        encoder.finish().unwrap();
        let Ok(Event::Statement { text, .. }) = Event::parse(165, &query(&packed)) else { panic!("no statement") };
        assert_eq!(text, "x".repeat(200));
        packed[2] = 199;
        assert!(matches!(Event::parse(165, &query(&packed)), Err(Garbled)));
    }

    #[test]
    fn when_a_transaction_was_committed() {
        let said = |tail: &[u8]| match Event::parse(33, &[&[9; 42], tail].concat()) {
            Ok(Event::Begin { committed_s }) => committed_s,
            other => panic!("{other:?}"),
        };
        let micros = (1_700_000_000_999_999_u64 + (1 << 55)).to_le_bytes();
        assert_eq!(said(&micros[..7]), Some(1_700_000_000));
        // Before 8.0, with a checksum.
        assert_eq!((said(&[]), said(&[9; 4]), said(&[0; 7])), (None, None, None));
    }

    #[test]
    fn the_next_file_is_told() {
        let Ok(Event::File { name, offset }) = Event::parse(4, b"\x04\0\0\0\0\0\0\0log.000002") else {
            panic!("no file")
        };
        assert_eq!((name.as_str(), offset), ("log.000002", 4));
        let Ok(Event::File { name, .. }) = Event::parse(4, b"\x04\0\0\0\0\0\0\0log.000002\x25/\xBE1") else {
            panic!("no file")
        };
        assert_eq!(name, "log.000002");
        assert!(matches!(Event::parse(99, b"?"), Ok(Event::Other)));
        assert!(matches!(Event::parse(19, b"?"), Ok(Event::UnknownTable)));
    }
}
