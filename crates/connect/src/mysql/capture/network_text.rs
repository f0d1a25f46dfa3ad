//! Texts of MariaDB's types for network addresses and UUIDs, whose values are bytes in its log.

use std::fmt::Write;
use std::net::Ipv4Addr;

/// `inet4`.
pub(crate) fn inet4(bytes: &[u8]) -> Option<String> {
    Some(Ipv4Addr::from(<[u8; 4]>::try_from(bytes).ok()?).to_string())
}

/// `inet6`, as MariaDB writes it (`Inet6::to_string` in `sql_type_inet.cc`): the first of the longest runs of zeros is left out,
/// even if it is one alone, and addresses that hold one of version 4 end with that.
pub(crate) fn inet6(bytes: &[u8]) -> Option<String> {
    let bytes = <[u8; 16]>::try_from(bytes).ok()?;
    let words: Vec<u16> = bytes.as_chunks::<2>().0.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
    let (mut gap, mut gap_length) = (words.len(), 0);
    let mut place = 0;
    while place < words.len() {
        let length = words[place..].iter().take_while(|word| **word == 0).count();
        if length > gap_length {
            (gap, gap_length) = (place, length);
        }
        place += length.max(1);
    }
    let holds_v4 = gap == 0 && (gap_length == 6 || gap_length == 5 && words[5] == 0xFFFF);
    let mut text = String::new();
    let mut place = 0;
    while place < words.len() {
        if place == gap {
            text.push_str(if place == 0 { "::" } else { ":" });
            place += gap_length;
        } else if place == 6 && holds_v4 {
            text.push_str(&inet4(&bytes[12..])?);
            break;
        } else {
            // Writing into a text cannot fail.
            let _ = write!(text, "{:x}", words[place]);
            place += 1;
            if place < words.len() {
                text.push(':');
            }
        }
    }
    Some(text)
}

/// `uuid`: MariaDB stores those of the versions 1 to 5 with their parts the other way round, so that they sort by time
/// (`sql_type_uuid.h`).
pub(crate) fn uuid(bytes: &[u8]) -> Option<String> {
    let stored = <[u8; 16]>::try_from(bytes).ok()?;
    let is_turned = stored[6] & 0x80 != 0 && stored[8] > 0 && stored[8] < 0x60;
    let parts: [&[u8]; 5] = if is_turned {
        [&stored[12..], &stored[10..12], &stored[8..10], &stored[6..8], &stored[..6]]
    } else {
        [&stored[..4], &stored[4..6], &stored[6..8], &stored[8..10], &stored[10..]]
    };
    let mut text = String::new();
    for (place, part) in parts.into_iter().enumerate() {
        text.push_str(if place == 0 { "" } else { "-" });
        // Writing into a text cannot fail.
        let _ = part.iter().try_for_each(|byte| write!(text, "{byte:02x}"));
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use super::*;

    #[test]
    fn addresses_as_mariadb_writes_them() {
        for (address, expected) in [
            ("::", "::"),
            ("::1", "::1"),
            ("::ffff:10.0.0.1", "::ffff:10.0.0.1"),
            ("::1.2.3.4", "::1.2.3.4"),
            ("fe80::1", "fe80::1"),
            ("1:0:2:3:4:5:6:7", "1::2:3:4:5:6:7"),
            ("1:0:0:2:0:0:0:3", "1:0:0:2::3"),
            ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7::"),
        ] {
            let address: Ipv6Addr = address.parse().unwrap();
            assert_eq!(inet6(&address.octets()).as_deref(), Some(expected));
        }
        assert_eq!(inet4(&[10, 0, 0, 1]).as_deref(), Some("10.0.0.1"));
        assert_eq!(inet4(&[10, 0, 0]), None);
    }
}
