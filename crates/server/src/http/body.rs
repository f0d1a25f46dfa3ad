//! Bodies: chunks put together, and what is compressed unpacked.

use std::io::Read;

use flate2::read::MultiGzDecoder;

/// A line with the length of a chunk is never longer.
const MOST_LINE: usize = 256;
/// Lines beside the body itself: what chunks say of themselves, and trailers. Chunks of a few bytes each may have a line each.
const MOST_BESIDE: usize = 16 << 10;

/// Why a body is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unread {
    TooLarge,
    Malformed,
    /// It is compressed in a way that is not understood.
    Unknown,
}

/// Puts chunks together as they arrive.
#[derive(Debug, Default)]
pub(crate) struct Chunks {
    pub(crate) body: Vec<u8>,
    /// Bytes of the chunk that is being read, with the line break behind it.
    rest: usize,
    /// Whether the last chunk was there, and only trailers come.
    is_last: bool,
    /// Bytes of lines that say more than a length.
    beside: usize,
}

impl Chunks {
    /// Takes what it can from the beginning of `bytes`, and says how much. True: the body is complete.
    pub(crate) fn take(&mut self, bytes: &[u8], most: usize) -> Result<(usize, bool), Unread> {
        let mut used = 0;
        loop {
            let open = &bytes[used..];
            if self.rest > 2 {
                let part = open.len().min(self.rest - 2);
                if self.body.len() + part > most {
                    return Err(Unread::TooLarge);
                }
                self.body.extend_from_slice(&open[..part]);
                (used, self.rest) = (used + part, self.rest - part);
                if self.rest > 2 {
                    return Ok((used, false));
                }
                continue;
            }
            if self.rest == 2 {
                match open {
                    [b'\r', b'\n', ..] => (used, self.rest) = (used + 2, 0),
                    [] | [b'\r'] => return Ok((used, false)),
                    _ => return Err(Unread::Malformed),
                }
                continue;
            }
            let Some(end) = open.windows(2).position(|two| two == b"\r\n") else {
                return if open.len() > MOST_LINE { Err(Unread::Malformed) } else { Ok((used, false)) };
            };
            let line = &open[..end];
            // Somebody else may take a lone one for the end of the line.
            if line.len() > MOST_LINE || line.iter().any(|byte| matches!(byte, b'\r' | b'\n')) {
                return Err(Unread::Malformed);
            }
            used += end + 2;
            if self.is_last {
                if line.is_empty() {
                    return Ok((used, true));
                }
                // A trailer: nothing is done with it.
                self.said(line.len())?;
                continue;
            }
            let length = line.iter().position(|byte| *byte == b';').unwrap_or(end);
            self.said(line.len() - length)?;
            // Some fill up the length with blanks behind it.
            let digits = line[..length].trim_ascii_end();
            if digits.is_empty() || !digits.iter().all(u8::is_ascii_hexdigit) {
                return Err(Unread::Malformed);
            }
            let digits = std::str::from_utf8(digits).map_err(|_| Unread::Malformed)?;
            match usize::from_str_radix(digits, 16) {
                Ok(0) => self.is_last = true,
                Ok(length) if length <= most => self.rest = length + 2,
                _ => return Err(Unread::TooLarge),
            }
        }
    }

    fn said(&mut self, bytes: usize) -> Result<(), Unread> {
        self.beside += bytes;
        if self.beside > MOST_BESIDE { Err(Unread::TooLarge) } else { Ok(()) }
    }
}

/// A body as its client had it before it was compressed.
pub(crate) fn unpacked(body: Vec<u8>, encoding: Option<&str>, most: usize) -> Result<Vec<u8>, Unread> {
    match encoding {
        None | Some("" | "identity") => Ok(body),
        Some(encoding) if encoding.eq_ignore_ascii_case("gzip") => {
            let mut plain = Vec::with_capacity((body.len() * 4).min(most));
            let limit = most as u64 + 1;
            MultiGzDecoder::new(&body[..]).take(limit).read_to_end(&mut plain).map_err(|_| Unread::Malformed)?;
            if plain.len() > most { Err(Unread::TooLarge) } else { Ok(plain) }
        }
        Some(_) => Err(Unread::Unknown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_pieces(text: &[u8], size: usize) -> Result<Vec<u8>, Unread> {
        let mut chunks = Chunks::default();
        let (mut there, mut at) = (Vec::new(), 0);
        loop {
            let (used, complete) = chunks.take(&there, 100)?;
            there.drain(..used);
            if complete {
                return Ok(chunks.body);
            }
            assert!(at < text.len(), "it never ends");
            let next = (at + size).min(text.len());
            there.extend_from_slice(&text[at..next]);
            at = next;
        }
    }

    #[test]
    fn chunks_are_put_together_however_they_arrive() {
        let text = b"4;x=y\r\nWiki\r\n6\r\npedia \r\nA\r\nin\r\nchunks\r\n0\r\nTrailer: 1\r\n\r\n";
        for size in 1..text.len() {
            assert_eq!(in_pieces(text, size).unwrap(), b"Wikipedia in\r\nchunks");
        }
        assert_eq!(in_pieces(b"65\r\n", 9), Err(Unread::TooLarge));
        assert_eq!(in_pieces(b"-4\r\n", 9), Err(Unread::Malformed));
        assert_eq!(in_pieces(b"4\r\nWikiX\r\n", 9), Err(Unread::Malformed));
        assert_eq!(in_pieces(&[b'0'; 300], 300), Err(Unread::Malformed));
        assert_eq!(in_pieces(b"4  \r\nWiki\r\n0\r\n\r\n", 9).unwrap(), b"Wiki");
        for text in
            [&b" 4\r\nWiki\r\n0\r\n\r\n"[..], b"+4\r\n", b"0x4\r\n", b"4;a\nb\r\n", b"4;a\rb\r\n", b"\r\n", b"4\nWiki"]
        {
            let said = in_pieces(&[text, &[b'-'; 300]].concat(), 400);
            assert_eq!(said, Err(Unread::Malformed), "{}", String::from_utf8_lossy(text));
        }
        let endless = format!("{}0\r\n\r\n", format!("1;{}\r\nx\r\n", "y".repeat(200)).repeat(90));
        assert_eq!(in_pieces(endless.as_bytes(), 1_000), Err(Unread::TooLarge));
        let trailers = format!("0\r\n{}\r\n", format!("T: {}\r\n", "y".repeat(200)).repeat(90));
        assert_eq!(in_pieces(trailers.as_bytes(), 1_000), Err(Unread::TooLarge));
    }

    #[test]
    fn what_would_unpack_to_too_much_is_refused() {
        let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        std::io::Write::write_all(&mut bomb, &vec![0; 100_000]).unwrap();
        let bomb = bomb.finish().unwrap();
        assert!(bomb.len() < 1_000);
        assert_eq!(unpacked(bomb.clone(), Some("gzip"), 99_999), Err(Unread::TooLarge));
        assert_eq!(unpacked(bomb.clone(), Some("GZIP"), 100_000).unwrap().len(), 100_000);
        assert_eq!(unpacked(bomb[..20].to_vec(), Some("gzip"), 100), Err(Unread::Malformed));
        assert_eq!(unpacked(Vec::new(), Some("br"), 100), Err(Unread::Unknown));
    }
}
