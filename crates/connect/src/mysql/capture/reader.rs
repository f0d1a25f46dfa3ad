//! Events of the log, read from their front.

/// Reads an event from its front.
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(bytes)
    }

    /// A whole number of so many bytes, the least first.
    pub(crate) fn whole(&mut self, bytes: usize) -> Option<u64> {
        Some(self.bytes(bytes)?.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    /// A length in one to nine bytes.
    pub(crate) fn length(&mut self) -> Option<usize> {
        let number = match self.byte()? {
            252 => self.whole(2)?,
            253 => self.whole(3)?,
            254 => self.whole(8)?,
            short @ 0..=250 => u64::from(short),
            251 | 255 => return None,
        };
        usize::try_from(number).ok()
    }

    /// A text behind its length, with a zero behind it.
    pub(crate) fn name(&mut self) -> Option<String> {
        let length = usize::from(self.byte()?);
        let text = self.bytes(length)?;
        let _zero = self.byte()?;
        String::from_utf8(text.to_vec()).ok()
    }

    /// Texts behind their lengths, up to the end.
    pub(crate) fn names(&mut self) -> Option<Vec<String>> {
        let mut names = Vec::new();
        while !self.0.is_empty() {
            let length = self.length()?;
            names.push(String::from_utf8(self.bytes(length)?.to_vec()).ok()?);
        }
        Some(names)
    }
}

/// Whether a bit is set in bytes, of which the first has the first eight.
pub(crate) fn bit(bits: &[u8], place: usize) -> bool {
    bits.get(place / 8).is_some_and(|byte| byte >> (place % 8) & 1 == 1)
}
