//! Compressed batches of records.

use std::io::{self, Read};

use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use kafka_protocol::records::Compression;

/// Nothing that a broker takes as one batch becomes larger than this.
const LARGEST: u64 = 1 << 30;

/// What the Java client puts before blocks of Snappy.
const XERIAL: &[u8] = b"\x82SNAPPY\0";

/// The records of a batch as they were.
pub(crate) fn decompressed(bytes: &Bytes, compression: Compression) -> io::Result<Bytes> {
    let text = match compression {
        Compression::None => return Ok(bytes.clone()),
        Compression::Gzip => all(MultiGzDecoder::new(&bytes[..]))?,
        Compression::Lz4 => all(lz4_flex::frame::FrameDecoder::new(&bytes[..]))?,
        Compression::Zstd => all(zstd::stream::read::Decoder::new(&bytes[..])?)?,
        Compression::Snappy => snappy(bytes)?,
    };
    Ok(text.into())
}

fn all(reader: impl Read) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    let read = reader.take(LARGEST + 1).read_to_end(&mut text)?;
    if read as u64 > LARGEST { Err(io::Error::other("it is too large")) } else { Ok(text) }
}

/// One block, or several behind a header: each with its length before it.
fn snappy(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let block = |bytes: &[u8]| {
        let length = snap::raw::decompress_len(bytes).map_err(io::Error::other)?;
        if length as u64 > LARGEST {
            return Err(io::Error::other("it is too large"));
        }
        snap::raw::Decoder::new().decompress_vec(bytes).map_err(io::Error::other)
    };
    let Some(mut rest) = bytes.strip_prefix(XERIAL).and_then(|rest| rest.get(8..)) else { return block(bytes) };
    let mut text = Vec::new();
    while let Some((length, behind)) = rest.split_first_chunk::<4>() {
        let length = u32::from_be_bytes(*length) as usize;
        let part = behind.get(..length).ok_or(io::ErrorKind::UnexpectedEof)?;
        text.extend_from_slice(&block(part)?);
        rest = &behind[length..];
    }
    Ok(text)
}
