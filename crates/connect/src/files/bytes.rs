//! A file as a sequence of bytes: hashed as it is read, decompressed, watched for change.

use std::io::{self, BufReader, Read};
use std::sync::{Arc, Mutex};

use encoding_rs::Encoding;
use flate2::read::MultiGzDecoder;

use super::options::Compression;
use super::remote::of_io;
use super::store::FileHandle;
use super::text::{Decoded, Undecodable, to_decode};
use super::zip::{Archive, Words};
use crate::{ConnectError, Place};

/// What was true of the raw bytes when they had all been read.
#[derive(Default)]
struct Seen {
    size_bytes: u64,
    hasher: Option<blake3::Hasher>,
}

/// The content of one file after decompression.
pub(crate) struct Content {
    path: String,
    reader: Box<dyn Read + Send>,
    handle: Arc<dyn FileHandle>,
    seen: Arc<Mutex<Seen>>,
}

impl Content {
    /// `hasher`: also compute the hash of the raw bytes, for [`Content::finish`].
    pub(crate) fn new(
        path: &str,
        handle: Arc<dyn FileHandle>,
        compression: Compression,
        hasher: Option<blake3::Hasher>,
    ) -> Result<Self, ConnectError> {
        let seen = Arc::new(Mutex::new(Seen { size_bytes: 0, hasher }));
        let raw = Raw { handle: Arc::clone(&handle), offset: 0, seen: Arc::clone(&seen) };
        let buffered = |raw| BufReader::with_capacity(1 << 18, raw);
        let reader: Box<dyn Read + Send> = match compression {
            Compression::None => Box::new(raw),
            Compression::Zip => {
                drop(raw);
                Box::new(alone_in(path, Arc::clone(&handle), &seen)?)
            }
            Compression::Gzip => Box::new(MultiGzDecoder::new(buffered(raw))),
            Compression::Zstd => Box::new(
                zstd::Decoder::with_buffer(buffered(raw))
                    .map_err(|source| ConnectError::Io { object: path.to_owned(), source })?,
            ),
        };
        Ok(Self { path: path.to_owned(), reader, handle, seen })
    }

    /// The same as UTF-8, if it is text of another encoding: what its byte order mark says, or else `named`.
    pub(crate) fn into_utf8(mut self, named: Option<&'static Encoding>) -> Result<Self, ConnectError> {
        let mut head = [0; 3];
        let filled = self.fill(&mut head)?;
        let rest = std::mem::replace(&mut self.reader, Box::new(io::empty()));
        let whole = io::Cursor::new(head).take(filled as u64).chain(rest);
        self.reader = match to_decode(&head[..filled], named) {
            Some(encoding) => Box::new(Decoded::new(whole, encoding)),
            None => Box::new(whole),
        };
        Ok(self)
    }

    /// Fills `buffer` as far as the content goes and says how far.
    pub(crate) fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, ConnectError> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.reader.read(&mut buffer[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failed(error)),
            }
        }
        Ok(filled)
    }

    fn failed(&self, source: io::Error) -> ConnectError {
        if source.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<ConnectError>) {
            return of_io(&self.path, source);
        }
        if let Some(Undecodable { encoding, line, byte }) = source.get_ref().and_then(|error| error.downcast_ref()) {
            return ConnectError::Malformed {
                place: Box::new(Place::of(&self.path).line(*line)),
                reason: format!("the bytes from byte {byte} of the file on are no text in {encoding}"),
                advice: "correct `encoding`, or what writes the file".to_owned(),
            };
        }
        let broken = matches!(
            source.kind(),
            io::ErrorKind::UnexpectedEof
                | io::ErrorKind::InvalidData
                | io::ErrorKind::InvalidInput
                | io::ErrorKind::Other
        );
        if broken {
            // Decompressors speak of their own format; none of their messages holds data.
            let reason = format!("it cannot be decompressed ({source}): it is cut off or not what its name says");
            ConnectError::SourceFailed { object: self.path.clone(), reason }
        } else {
            ConnectError::Io { object: self.path.clone(), source }
        }
    }

    /// Proves, after everything was read, that the file is the one that was planned.
    pub(crate) fn finish(self, size_bytes: u64, hash: Option<&str>) -> Result<(), ConnectError> {
        let seen = self.seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let grown = match self.handle.read_at(seen.size_bytes, &mut [0]) {
            Ok(count) => count > 0,
            Err(source) => return Err(of_io(&self.path, source)),
        };
        let is_other = match (&seen.hasher, hash) {
            (Some(hasher), Some(hash)) => hasher.finalize().to_hex().as_str() != hash,
            _ => false,
        };
        if grown || is_other || seen.size_bytes != size_bytes {
            return Err(ConnectError::SourceChanged { object: self.path });
        }
        Ok(())
    }
}

/// The one file in an archive. The archive is hashed as a whole before: its parts are read in another order than its bytes.
fn alone_in(
    path: &str,
    handle: Arc<dyn FileHandle>,
    seen: &Arc<Mutex<Seen>>,
) -> Result<impl Read + Send + 'static, ConnectError> {
    let mut raw = Raw { handle: Arc::clone(&handle), offset: 0, seen: Arc::clone(seen) };
    io::copy(&mut raw, &mut io::sink()).map_err(|source| of_io(path, source))?;
    let archive = Archive::open(path, handle, Words::PACKED)?;
    let names: Vec<String> = archive.files().map(str::to_owned).collect();
    let [name] = names.as_slice() else {
        return Err(ConnectError::Request {
            from: path.to_owned(),
            reason: format!("{} files are in the archive, and a table is read from one", names.len()),
            advice: "unpack it, and name the files with `from:`".to_owned(),
        });
    };
    archive.part(name)
}

struct Raw {
    handle: Arc<dyn FileHandle>,
    offset: u64,
    seen: Arc<Mutex<Seen>>,
}

impl Read for Raw {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.handle.read_at(self.offset, buffer)?;
        self.offset += count as u64;
        let mut seen = self.seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        seen.size_bytes = self.offset;
        if let Some(hasher) = &mut seen.hasher {
            let _ = hasher.update(&buffer[..count]);
        }
        Ok(count)
    }
}
