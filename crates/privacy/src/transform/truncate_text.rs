//! Truncation of dates, postcodes, addresses and coordinates that are kept as text.
//!
//! Each function appends the coarse part to `out` and says whether it understood the text; what is not understood
//! becomes NULL.

use std::{
    fmt::Write,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use super::{TruncateTo, truncate_time::days_from_civil, truncate_time::start_of, truncate_time::year_and_month};

/// `2024-08-15`, also with a time behind it, and `20240815`; the result is a date `2024-08-01`.
pub(super) fn date(text: &str, unit: TruncateTo, out: &mut String) -> bool {
    let text = text.trim();
    let Some((year, month, day)) = iso_date(text.as_bytes()) else { return false };
    let start = start_of(days_from_civil(year, month, day), unit);
    let (year, month) = year_and_month(start);
    let day = start - days_from_civil(year, month, 1) + 1;
    write!(out, "{year:04}-{month:02}-{day:02}").is_ok()
}

fn iso_date(text: &[u8]) -> Option<(i64, i64, i64)> {
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0_i64, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + i64::from(digit - b'0')))
    };
    let (year, month, day) = match text {
        date if date.len() == 8 => (number(&date[..4])?, number(&date[4..6])?, number(&date[6..])?),
        date if date.len() >= 10 && date[4] == b'-' && date[7] == b'-' => {
            if !matches!(date.get(10), None | Some(b' ' | b'T' | b't')) {
                return None;
            }
            (number(&date[..4])?, number(&date[5..7])?, number(&date[8..10])?)
        }
        _ => return None,
    };
    ((1..=12).contains(&month) && (1..=31).contains(&day)).then_some((year, month, day))
}

/// What stands before a space or hyphen, or a British postcode without its last three characters; else the first three
/// characters, less where that leaves fewer than two cut off.
pub(super) fn outward(text: &str, out: &mut String) -> bool {
    let text = text.trim();
    if text.len() < 3 || !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'-')) {
        return false;
    }
    let (head, tail) = text.split_once([' ', '-']).unwrap_or_else(|| {
        let bytes = text.as_bytes();
        let british = bytes.len() >= 5
            && bytes[0].is_ascii_alphabetic()
            && matches!(bytes[bytes.len() - 3..], [digit, a, b]
                if digit.is_ascii_digit() && a.is_ascii_alphabetic() && b.is_ascii_alphabetic());
        if british { text.split_at(text.len() - 3) } else { (text, "") }
    });
    let mixed = text.bytes().any(|byte| byte.is_ascii_alphabetic());
    let kept = if mixed && !tail.is_empty() { head.len().min(4) } else { head.len().min(3) };
    let kept = kept.min(text.len() - 2);
    out.extend(head.chars().take(kept).map(|letter| letter.to_ascii_uppercase()));
    true
}

/// An address, also with a port; an IPv4 address within IPv6 counts as IPv4.
pub(super) fn network(text: &str, v4_bits: u8, v6_bits: u8, out: &mut String) -> bool {
    let text = text.trim();
    let address = text.parse::<IpAddr>().or_else(|_| text.parse::<SocketAddr>().map(|socket| socket.ip()));
    let network: IpAddr = match address.map(|address| address.to_canonical()) {
        Ok(IpAddr::V4(address)) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(v4_bits)).unwrap_or(0);
            Ipv4Addr::from_bits(address.to_bits() & mask).into()
        }
        Ok(IpAddr::V6(address)) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(v6_bits)).unwrap_or(0);
            Ipv6Addr::from_bits(address.to_bits() & mask).into()
        }
        Err(_) => return false,
    };
    write!(out, "{network}").is_ok()
}

/// One decimal number or several with commas, semicolons, spaces, brackets or `POINT` between them.
pub(super) fn coordinates(text: &str, decimals: u8, out: &mut String) -> bool {
    let text = text.trim();
    let body = text.strip_prefix("POINT").unwrap_or(text);
    let known = |byte: u8| byte.is_ascii_digit() || b"+-.,; ()[]".contains(&byte);
    if !body.bytes().all(known) || !body.bytes().any(|byte| byte.is_ascii_digit()) {
        return false;
    }
    out.push_str(&text[..text.len() - body.len()]);
    let mut fraction: Option<u8> = None;
    for letter in body.chars() {
        match (letter, fraction) {
            ('.', None) => fraction = Some(0),
            ('.', Some(_)) => return false,
            (digit, Some(seen)) if digit.is_ascii_digit() => {
                if seen < decimals {
                    if seen == 0 {
                        out.push('.');
                    }
                    out.push(digit);
                }
                fraction = Some(seen.saturating_add(1));
            }
            (other, _) => {
                if !other.is_ascii_digit() {
                    fraction = None;
                }
                out.push(other);
            }
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(work: impl Fn(&str, &mut String) -> bool, cases: &[(&str, Option<&str>)]) {
        for (text, expected) in cases {
            let mut out = String::new();
            let understood = work(text, &mut out);
            assert_eq!(understood.then_some(out.as_str()), *expected, "{text:?}");
        }
    }

    #[test]
    fn dates_in_text() {
        check(
            |text, out| date(text, TruncateTo::Month, out),
            &[
                ("1984-07-23", Some("1984-07-01")),
                (" 1984-07-23T10:00:00Z ", Some("1984-07-01")),
                ("19840723", Some("1984-07-01")),
                ("23.07.1984", None),
                ("1984-13-01", None),
                ("1984-07-233", None),
                ("", None),
            ],
        );
    }

    #[test]
    fn postcodes() {
        check(
            outward,
            &[
                ("SW1A 1AA", Some("SW1A")),
                ("sw1a1aa", Some("SW1A")),
                ("K1A 0B1", Some("K1A")),
                ("1234 AB", Some("1234")),
                ("94107-1234", Some("941")),
                ("10115", Some("101")),
                ("1010", Some("10")),
                ("100-0001", Some("100")),
                ("Main Street 1, Berlin", None),
                ("12", None),
            ],
        );
    }

    #[test]
    fn addresses() {
        check(
            |text, out| network(text, 24, 48, out),
            &[
                ("203.0.113.77", Some("203.0.113.0")),
                ("203.0.113.77:8080", Some("203.0.113.0")),
                ("::ffff:203.0.113.77", Some("203.0.113.0")),
                ("2001:db8:1:2:3:4:5:6", Some("2001:db8:1::")),
                ("203.0.113.77, 10.0.0.1", None),
                ("localhost", None),
            ],
        );
    }

    #[test]
    fn coordinates_in_text() {
        check(
            |text, out| coordinates(text, 2, out),
            &[
                ("51.50740, -0.12780", Some("51.50, -0.12")),
                ("POINT(-0.1278 51.5074)", Some("POINT(-0.12 51.50)")),
                ("7", Some("7")),
                ("51.50.74", None),
                ("51°30'N", None),
                ("", None),
            ],
        );
        check(|text, out| coordinates(text, 0, out), &[("51.9", Some("51"))]);
    }
}
