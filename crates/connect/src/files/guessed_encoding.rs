//! In which encoding files may be written that are not UTF-8 and of which nobody has said.
//!
//! It is a guess from which bytes there are and which follow each other, by the detector of Firefox, and is told as one.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};

use super::bytes::Content;
use super::options::FileOptions;
use super::store::{FileEntry, FileStore};
use super::text::{ENCODINGS, encoding, to_decode};
use crate::ConnectError;

/// How much of a file is looked at, in bytes. Most of a text says nothing: it is ASCII.
const LOOKED_AT_BYTES: u64 = 64 << 20;
const PIECE_BYTES: usize = 64 << 10;
/// One of so many bytes is NUL in no text but of UTF-16.
const NUL_SHARE: usize = 5;

/// The encoding that all of these files may be written in, by its name among the options. `None` where they are UTF-8, where some
/// of them are, and where nothing speaks for one.
pub(crate) fn guessed_encoding(
    store: &dyn FileStore,
    files: &[FileEntry],
    options: &FileOptions,
) -> Result<Option<&'static str>, ConnectError> {
    let mut guessed: Option<&'static str> = None;
    for file in files {
        let mut content = Content::new(&file.path, store.open(&file.path)?, options.compression(&file.path), None)?;
        match of_text(&mut content)? {
            Text::Ascii => {}
            Text::Other(Some(name)) if guessed.is_none_or(|known| known == name) => guessed = Some(name),
            // Of two guesses nobody knows which is right, and one option is for all files.
            Text::Utf8 | Text::Other(_) => return Ok(None),
        }
    }
    Ok(guessed)
}

enum Text {
    Ascii,
    Utf8,
    /// Neither, with a name from the options.
    Other(Option<&'static str>),
}

fn of_text(content: &mut Content) -> Result<Text, ConnectError> {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    let mut piece = vec![0; PIECE_BYTES];
    // Bytes of a letter that the end of a piece cuts in two.
    let mut rest: Vec<u8> = Vec::new();
    let (mut is_ascii, mut is_utf8, mut looked_at) = (true, true, 0_u64);
    while looked_at < LOOKED_AT_BYTES {
        let filled = content.fill(&mut piece)?;
        let bytes = &piece[..filled];
        if looked_at == 0 && (to_decode(bytes, None).is_some() || bytes.starts_with(&[0xEF, 0xBB, 0xBF])) {
            // A byte order mark has said it already.
            return Ok(Text::Utf8);
        }
        if looked_at == 0
            && let Some(wide) = utf_16(bytes)
        {
            return Ok(Text::Other(name_of(wide)));
        }
        looked_at += filled as u64;
        is_ascii &= bytes.is_ascii();
        let _ = detector.feed(bytes, filled < PIECE_BYTES);
        if is_utf8 {
            rest.extend_from_slice(bytes);
            match std::str::from_utf8(&rest) {
                Ok(_) => rest.clear(),
                Err(error) if error.error_len().is_none() && filled == PIECE_BYTES => {
                    rest.drain(..error.valid_up_to());
                }
                Err(_) => is_utf8 = false,
            }
        }
        if filled < PIECE_BYTES {
            break;
        }
    }
    Ok(match (is_ascii, is_utf8) {
        (true, _) => Text::Ascii,
        (false, true) => Text::Utf8,
        (false, false) => Text::Other(name_of(detector.guess(None, Utf8Detection::Deny))),
    })
}

/// Every other byte of text in western letters is NUL.
fn utf_16(head: &[u8]) -> Option<&'static Encoding> {
    let nuls = |first: usize| head.iter().skip(first).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (nuls(0), nuls(1));
    let is_much = |count: usize| count * NUL_SHARE > head.len();
    match (is_much(even), is_much(odd)) {
        (true, false) => Some(UTF_16BE),
        (false, true) => Some(UTF_16LE),
        _ => None,
    }
}

/// An encoding as the option names it.
fn name_of(found: &'static Encoding) -> Option<&'static str> {
    // What was written as GBK is read as what holds all of it.
    let label = match found.name() {
        "GBK" => "gb18030",
        "ISO-8859-8-I" => return None,
        "KOI8-U" => "koi8-r",
        name => name,
    };
    ENCODINGS
        .iter()
        .find(|name| name.eq_ignore_ascii_case(label))
        .or_else(|| ENCODINGS.iter().find(|name| encoding(name) == Some(found)))
        .copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_have_the_names_of_the_option() {
        for (label, expected) in [
            ("windows-1252", Some("windows-1252")),
            ("Shift_JIS", Some("shift_jis")),
            ("gbk", Some("gb18030")),
            ("koi8-u", Some("koi8-r")),
            ("windows-874", None),
        ] {
            assert_eq!(name_of(Encoding::for_label(label.as_bytes()).unwrap()), expected, "{label}");
        }
        let wide: Vec<u8> = "id;name\n1;Zürich\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(utf_16(&wide).map(Encoding::name), Some("UTF-16LE"));
        assert_eq!(utf_16(b"id;name\n1;Rom\n"), None);
    }
}
