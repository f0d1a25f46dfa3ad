//! The files in a ZIP archive: <https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>.

use std::io::{self, BufReader, Read};
use std::sync::{Arc, Mutex, PoisonError};

use flate2::Crc;
use flate2::read::DeflateDecoder;

use crate::files::remote::of_io;
use crate::files::store::FileHandle;
use crate::{ConnectError, Place};

/// A part unpacks to no more than this: a small file may otherwise pretend to be an endless one.
const MOST_BYTES: u64 = 16 << 30;

/// What a broken archive is called, and what to do with it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words {
    /// Said of one whose beginning or end is not that of an archive.
    pub(crate) no_archive: &'static str,
    pub(crate) advice: &'static str,
}

impl Words {
    /// Of files that were packed.
    pub(crate) const PACKED: Self =
        Self { no_archive: "it is no ZIP archive, or it is cut off", advice: "have it packed again, or unpack it" };
}

/// The parts of an archive.
pub(crate) struct Archive {
    path: String,
    handle: Arc<dyn FileHandle>,
    parts: Vec<Part>,
    words: Words,
    /// Why bytes could not be read: readers of XML only know that they did not get them.
    failure: Arc<Mutex<Option<ConnectError>>>,
}

struct Part {
    name: String,
    /// How it is packed: 0 not at all, 8 deflated.
    method: u16,
    is_encrypted: bool,
    packed_bytes: u64,
    /// CRC-32 of what is unpacked.
    checksum: u32,
    /// Of the header before its bytes.
    offset: u64,
}

impl Archive {
    /// Reads the list at its end.
    pub(crate) fn open(path: &str, handle: Arc<dyn FileHandle>, words: Words) -> Result<Self, ConnectError> {
        let size = handle.size_bytes();
        let tail = size.min(66_000);
        let bytes = usize::try_from(tail)
            .map_err(io::Error::other)
            .and_then(|tail_bytes| handle.read_range(size - tail, tail_bytes));
        let bytes = bytes.map_err(|error| of_io(path, error))?;
        let mut archive = Self { path: path.to_owned(), handle, parts: Vec::new(), words, failure: Arc::default() };
        let end = (0..bytes.len().saturating_sub(21)).rev().find(|place| bytes[*place..].starts_with(b"PK\x05\x06"));
        let Some(end) = end else {
            let is_old = archive.handle.read_range(0, 4).is_ok_and(|begin| &begin[..] == b"\xD0\xCF\x11\xE0");
            return Err(archive.broken(if is_old {
                "it is a workbook of an old Excel, or one with a password"
            } else {
                words.no_archive
            }));
        };
        let (count, length, start) = (u16_at(&bytes, end + 10), u32_at(&bytes, end + 12), u32_at(&bytes, end + 16));
        let list = match (length, start) {
            (Some(length), Some(start)) if u64::from(start) + u64::from(length) <= size => {
                archive.handle.read_range(start.into(), length as usize).map_err(|error| of_io(path, error))?
            }
            _ => return Err(archive.broken("its list of files is broken, or it is larger than 4 GB")),
        };
        let mut place = 0;
        for _ in 0..count.unwrap_or(0) {
            let part = part(&list, &mut place).ok_or_else(|| archive.broken("its list of files is broken"))?;
            archive.parts.push(part);
        }
        Ok(archive)
    }

    /// The names of the files in it, without folders and what macOS adds.
    pub(crate) fn files(&self) -> impl Iterator<Item = &str> {
        let names = self.parts.iter().map(|part| part.name.as_str());
        names.filter(|name| !name.ends_with('/') && !name.starts_with("__MACOSX/"))
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.parts.iter().any(|part| part.name == name)
    }

    /// A part, unpacked as it is read.
    pub(crate) fn part(&self, name: &str) -> Result<BufReader<Box<dyn Read + Send>>, ConnectError> {
        let part = self.parts.iter().find(|part| part.name == name);
        let part = part.ok_or_else(|| self.broken("a part is missing that every workbook has"))?;
        let is_deflated = match part.method {
            _ if part.is_encrypted => return Err(self.broken("it is encrypted with a password")),
            0 => false,
            8 => true,
            _ => return Err(self.broken("it is packed by a method that is not read")),
        };
        let header = self.handle.read_range(part.offset, 30).map_err(|error| of_io(&self.path, error))?;
        let (Some(name_bytes), Some(extra)) = (u16_at(&header, 26), u16_at(&header, 28)) else {
            return Err(self.broken("a part is broken"));
        };
        let offset = part.offset + 30 + u64::from(name_bytes) + u64::from(extra);
        let (path, handle) = (self.path.clone(), Arc::clone(&self.handle));
        let section = Section { path, handle, offset, left: part.packed_bytes, failure: Arc::clone(&self.failure) };
        let section = BufReader::with_capacity(1 << 16, section);
        let unpacked: Box<dyn Read + Send> =
            if is_deflated { Box::new(DeflateDecoder::new(section).take(MOST_BYTES)) } else { Box::new(section) };
        let checked = Checked { inner: unpacked, crc: Crc::new(), wanted: part.checksum };
        Ok(BufReader::with_capacity(1 << 16, Box::new(checked)))
    }

    pub(crate) fn broken(&self, reason: &str) -> ConnectError {
        if let Some(failure) = self.failure.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return failure;
        }
        ConnectError::Malformed {
            place: Box::new(Place::of(&self.path)),
            reason: reason.to_owned(),
            advice: self.words.advice.to_owned(),
        }
    }
}

fn part(list: &[u8], place: &mut usize) -> Option<Part> {
    let entry = list.get(*place..).filter(|entry| entry.starts_with(b"PK\x01\x02"))?;
    let lengths = [28, 30, 32].map(|offset| u16_at(entry, offset).map(usize::from));
    let [Some(name), Some(extra), Some(comment)] = lengths else { return None };
    let part = Part {
        name: String::from_utf8_lossy(entry.get(46..46 + name)?).trim_start_matches('/').to_owned(),
        method: u16_at(entry, 10)?,
        is_encrypted: u16_at(entry, 8)? & 1 == 1,
        packed_bytes: u32_at(entry, 20)?.into(),
        checksum: u32_at(entry, 16)?,
        offset: u32_at(entry, 42)?.into(),
    };
    *place += 46 + name + extra + comment;
    Some(part)
}

fn u16_at(bytes: &[u8], place: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(place..place + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], place: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(place..place + 4)?.try_into().ok()?))
}

struct Section {
    path: String,
    failure: Arc<Mutex<Option<ConnectError>>>,
    handle: Arc<dyn FileHandle>,
    offset: u64,
    left: u64,
}

impl Read for Section {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let count = self.handle.read_at(self.offset, &mut buffer[..most]).map_err(|error| {
            let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
            *failure = Some(of_io(&self.path, error));
            io::Error::other("it cannot be read")
        })?;
        self.offset += count as u64;
        self.left -= count as u64;
        Ok(count)
    }
}

/// What is read to its end is what was packed.
struct Checked {
    inner: Box<dyn Read + Send>,
    crc: Crc,
    wanted: u32,
}

impl Read for Checked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        if count == 0 && !buffer.is_empty() && self.crc.sum() != self.wanted {
            return Err(io::ErrorKind::InvalidData.into());
        }
        self.crc.update(&buffer[..count]);
        Ok(count)
    }
}
