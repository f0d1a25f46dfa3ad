//! Text in the character sets of columns.

/// A character set of which texts can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Charset {
    /// Also ASCII, which is a part of it.
    Utf8,
    /// What MySQL means by `latin1`: Windows-1252, with the five bytes that it leaves out as control characters.
    Latin1,
    /// Two bytes, or twice two, the higher byte first.
    Utf16,
    /// The lower byte first.
    Utf16Le,
    /// Four bytes, the highest first.
    Utf32,
}

/// The characters of Windows-1252 from 0x80 to 0x9F.
const WINDOWS: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8D}', 'Ž', '\u{8F}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9D}', 'ž', 'Ÿ',
];

impl Charset {
    /// By the server's name of it.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "utf8mb4" | "utf8mb3" | "utf8" | "ascii" => Self::Utf8,
            "latin1" => Self::Latin1,
            "ucs2" | "utf16" => Self::Utf16,
            "utf16le" => Self::Utf16Le,
            "utf32" => Self::Utf32,
            _ => return None,
        })
    }

    /// A text as UTF-8. `None`: it is none of this character set.
    pub(crate) fn text(self, bytes: Vec<u8>) -> Option<Vec<u8>> {
        let text: String = match self {
            Self::Utf8 => return std::str::from_utf8(&bytes).is_ok().then_some(bytes),
            Self::Latin1 => bytes.into_iter().map(windows).collect(),
            Self::Utf16 | Self::Utf16Le => {
                let (pairs, []) = bytes.as_chunks::<2>() else { return None };
                let unit = |pair: &[u8; 2]| {
                    if self == Self::Utf16 { u16::from_be_bytes(*pair) } else { u16::from_le_bytes(*pair) }
                };
                char::decode_utf16(pairs.iter().map(unit)).collect::<Result<_, _>>().ok()?
            }
            Self::Utf32 => {
                let (letters, []) = bytes.as_chunks::<4>() else { return None };
                letters.iter().map(|letter| char::from_u32(u32::from_be_bytes(*letter))).collect::<Option<_>>()?
            }
        };
        Some(text.into_bytes())
    }
}

fn windows(byte: u8) -> char {
    match byte {
        0x80..=0x9F => WINDOWS[usize::from(byte) - 0x80],
        other => char::from(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_each() {
        let text = |name: &str, bytes: &[u8]| {
            let text = Charset::parse(name).unwrap().text(bytes.to_vec());
            text.map(|text| String::from_utf8(text).unwrap())
        };
        assert_eq!(text("latin1", b"Gr\xF6\xDFe \x80 \x81").as_deref(), Some("Größe € \u{81}"));
        assert_eq!(text("ucs2", &[0, 0xE1]).as_deref(), Some("á"));
        assert_eq!(text("utf16", &[0xD8, 0x3D, 0xDE, 0]).as_deref(), Some("😀"));
        assert_eq!(text("utf16le", &[0x3D, 0xD8, 0, 0xDE]).as_deref(), Some("😀"));
        assert_eq!(text("utf32", &[0, 1, 0xF6, 0]).as_deref(), Some("😀"));
        assert_eq!(text("utf8mb3", "ü".as_bytes()).as_deref(), Some("ü"));
        for (name, wrong) in [("utf8mb4", &[0xFF][..]), ("utf16", &[0xD8, 0]), ("utf16", &[0]), ("utf32", &[0; 3])] {
            assert_eq!(text(name, wrong), None);
        }
        assert_eq!(Charset::parse("sjis"), None);
    }
}
