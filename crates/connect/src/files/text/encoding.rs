//! Text of other encodings, as UTF-8.

use std::fmt;
use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// How a text file may be encoded, by the names of the Encoding Standard. `iso-8859-1` and `latin-1` are read as `windows-1252`,
/// as that standard has it: the codes in which they differ are of no use in the one, and quotes and the euro sign in the other.
pub(crate) const ENCODINGS: &[&str] = &[
    "utf-8",
    "utf-16",
    "utf-16le",
    "utf-16be",
    "windows-1252",
    "latin-1",
    "iso-8859-1",
    "iso-8859-15",
    "iso-8859-2",
    "windows-1250",
    "windows-1251",
    "windows-1253",
    "windows-1254",
    "windows-1255",
    "windows-1256",
    "windows-1257",
    "ibm866",
    "koi8-r",
    "macintosh",
    "shift_jis",
    "euc-jp",
    "gb18030",
    "big5",
    "euc-kr",
];

/// The encoding of one of the names.
pub(crate) fn encoding(name: &str) -> Option<&'static Encoding> {
    Encoding::for_label(if name == "latin-1" { b"latin1" } else { name.as_bytes() })
}

/// Which encoding a text that begins with `head` has to be decoded from; `None` for UTF-8. A byte order mark says more than
/// whoever named another encoding.
pub(crate) fn to_decode(head: &[u8], named: Option<&'static Encoding>) -> Option<&'static Encoding> {
    match head {
        [0xEF, 0xBB, 0xBF, ..] => None,
        [0xFF, 0xFE, ..] => Some(UTF_16LE),
        [0xFE, 0xFF, ..] => Some(UTF_16BE),
        _ => named.filter(|encoding| *encoding != UTF_8),
    }
}

/// Bytes that are no text in the encoding that they should have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Undecodable {
    pub(crate) encoding: &'static str,
    /// In which line, from 1.
    pub(crate) line: u64,
    /// Where in the file (after decompression), from 1.
    pub(crate) byte: u64,
}

impl fmt::Display for Undecodable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}, byte {}: no {}", self.line, self.byte, self.encoding)
    }
}

impl std::error::Error for Undecodable {}

/// How much is decoded at a time.
const CHUNK_BYTES: usize = 64 << 10;

/// A text as UTF-8, without its byte order mark.
pub(crate) struct Decoded<R> {
    inner: R,
    encoding: &'static Encoding,
    decoder: Decoder,
    /// What was read and not decoded yet.
    input: Vec<u8>,
    is_read: bool,
    is_at_end: bool,
    /// What was decoded and not given yet, from `given` on.
    output: Vec<u8>,
    given: usize,
    line: u64,
    byte: u64,
}

impl<R: Read> Decoded<R> {
    pub(crate) fn new(inner: R, encoding: &'static Encoding) -> Self {
        Self {
            inner,
            encoding,
            decoder: encoding.new_decoder_with_bom_removal(),
            input: Vec::new(),
            is_read: false,
            is_at_end: false,
            output: Vec::new(),
            given: 0,
            line: 1,
            byte: 0,
        }
    }

    fn read_more(&mut self) -> io::Result<()> {
        let length = self.input.len();
        self.input.resize(length + CHUNK_BYTES, 0);
        let count = loop {
            match self.inner.read(&mut self.input[length..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        self.input.truncate(length + count);
        self.is_read = count == 0;
        Ok(())
    }

    /// Decodes what was read. Afterwards there is something to give, or nothing will come any more.
    fn decode(&mut self) -> io::Result<()> {
        self.output.clear();
        self.given = 0;
        while self.output.is_empty() && !self.is_at_end {
            if !self.is_read {
                self.read_more()?;
            }
            let room = self.decoder.max_utf8_buffer_length_without_replacement(self.input.len());
            self.output.resize(room.unwrap_or(self.input.len() * 3 + 16), 0);
            let (result, read, written) =
                self.decoder.decode_to_utf8_without_replacement(&self.input, &mut self.output, self.is_read);
            self.output.truncate(written);
            self.input.drain(..read);
            self.line += memchr::memchr_iter(b'\n', &self.output).count() as u64;
            self.byte += read as u64;
            match result {
                DecoderResult::InputEmpty => self.is_at_end = self.is_read,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(bytes, after) => {
                    let wrong = u64::from(bytes) + u64::from(after);
                    let encoding = self.encoding.name();
                    let byte = (self.byte + 1).saturating_sub(wrong);
                    let problem = Undecodable { encoding, line: self.line, byte };
                    return Err(io::Error::new(io::ErrorKind::InvalidData, problem));
                }
            }
        }
        Ok(())
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given == self.output.len() {
            self.decode()?;
        }
        let rest = &self.output[self.given..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.given += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Gives a few bytes at a time, as networks do.
    struct Drops<'a>(&'a [u8], usize);

    impl Read for Drops<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(buffer.len());
            (&self.0[..count.min(self.0.len())]).read(&mut buffer[..count]).inspect(|read| self.0 = &self.0[*read..])
        }
    }

    fn decoded(bytes: &[u8], encoding: &'static Encoding, drop: usize) -> io::Result<String> {
        let mut text = String::new();
        Decoded::new(Drops(bytes, drop), encoding).read_to_string(&mut text).map(|_| text)
    }

    #[test]
    fn every_name_is_one() {
        for name in ENCODINGS {
            assert!(encoding(name).is_some(), "{name}");
        }
    }

    #[test]
    fn wrong_bytes_have_a_place() {
        let problem = |bytes: &[u8], encoding| {
            let error = decoded(bytes, encoding, 1).unwrap_err();
            error.get_ref().unwrap().downcast_ref::<Undecodable>().unwrap().clone()
        };
        // A lone surrogate, and half a character at the end.
        let text = [0x61, 0, 0x0A, 0, 0x62, 0, 0x00, 0xD8, 0x63, 0];
        assert_eq!(problem(&text, UTF_16LE), Undecodable { encoding: "UTF-16LE", line: 2, byte: 7 });
        assert_eq!(problem(&text[..5], UTF_16LE).line, 2);
        let half = encoding_rs::SHIFT_JIS;
        assert_eq!(problem(b"a\n\n\x83", half), Undecodable { encoding: "Shift_JIS", line: 3, byte: 4 });
    }

    proptest! {
        #[test]
        fn text_comes_back(text in "\\PC{0,40}", drop in 1_usize..7, big: bool) {
            let units = text.encode_utf16();
            let bytes: Vec<u8> = if big { units.flat_map(u16::to_be_bytes).collect() } else { units.flat_map(u16::to_le_bytes).collect() };
            let encoding = if big { UTF_16BE } else { UTF_16LE };
            prop_assert_eq!(decoded(&bytes, encoding, drop).unwrap(), text.trim_start_matches('\u{FEFF}'));
        }
    }
}
