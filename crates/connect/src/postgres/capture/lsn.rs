//! Places in PostgreSQL's write-ahead log.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A place in the write-ahead log, in bytes from its beginning. Written `16/B374D848`, as PostgreSQL does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Lsn(pub(crate) u64);

impl Lsn {
    /// The place where the next record begins, as that where the last one ended: where a page begins, its header (of 24
    /// bytes, or of 40 at the beginning of a file; `src/include/access/xlog_internal.h`) lies between the two, and a stream
    /// only ever tells the latter.
    pub(crate) fn end_of_record(self) -> Self {
        const PAGE: u64 = 8192;
        match self.0 % PAGE {
            header @ (24 | 40) => Self(self.0 - header),
            _ => self,
        }
    }
}

impl fmt::Display for Lsn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:X}/{:X}", self.0 >> 32, self.0 & 0xffff_ffff)
    }
}

impl FromStr for Lsn {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let part = |text: &str| {
            // `from_str_radix` takes a sign.
            let is_hex = text.bytes().all(|letter| letter.is_ascii_hexdigit());
            u32::from_str_radix(text, 16).ok().filter(|_| is_hex).map(u64::from)
        };
        let parts = text.split_once('/').and_then(|(high, low)| Some((part(high)?, part(low)?)));
        let (high, low) = parts.ok_or("not a place in a write-ahead log")?;
        Ok(Self(high << 32 | low))
    }
}

impl TryFrom<String> for Lsn {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Lsn> for String {
    fn from(lsn: Lsn) -> Self {
        lsn.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn between_two_records_there_may_be_the_header_of_a_page() {
        let end = |lsn: &str| lsn.parse::<Lsn>().unwrap().end_of_record().to_string();
        assert_eq!(
            [end("0/2018"), end("0/1000028"), end("0/2020"), end("0/2000")],
            ["0/2000", "0/1000000", "0/2020", "0/2000"]
        );
    }

    #[test]
    fn it_is_written_as_postgresql_writes_it() {
        for text in ["0/0", "16/B374D848", "FFFFFFFF/FFFFFFFF", "0/1"] {
            assert_eq!(text.parse::<Lsn>().map(|lsn| lsn.to_string()), Ok(text.to_owned()));
        }
        for text in ["", "1", "1/", "/1", "x/1", "1/100000000", "-1/0"] {
            assert!(text.parse::<Lsn>().is_err(), "{text}");
        }
        assert!("1/0".parse::<Lsn>().unwrap() > "0/FFFFFFFF".parse().unwrap());
    }
}
