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

/// `https://ada:pw@Shop.example:8443/orders?x=1` is `https://shop.example`; what has neither a scheme nor begins with `www.` is not
/// understood.
pub(super) fn origin(text: &str, out: &mut String) -> bool {
    let text = text.trim();
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) => (scheme, rest),
        None if text.len() > 4 && text.is_char_boundary(4) && text[..4].eq_ignore_ascii_case("www.") => ("", text),
        None => return false,
    };
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    // A port may follow, also behind an address in brackets.
    let host = match host.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => host,
    };
    let is_scheme = scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte));
    let is_host = !host.is_empty() && host.chars().all(|c| c.is_alphanumeric() || "-._:[]".contains(c));
    if !is_scheme || !is_host {
        return false;
    }
    if !scheme.is_empty() {
        out.push_str(&scheme.to_ascii_lowercase());
        out.push_str("://");
    }
    out.push_str(&host.to_lowercase());
    true
}

/// Shapes of postcodes that say which part of them is the coarse one: `A` stands for a letter, `9` for a digit. Other texts in
/// such a column, names and telephone numbers among them, are not understood.
const POSTCODES: [(&str, usize); 24] = [
    // United Kingdom: the outward code.
    ("A9 9AA", 2),
    ("A99 9AA", 3),
    ("A9A 9AA", 3),
    ("AA9 9AA", 3),
    ("AA99 9AA", 4),
    ("AA9A 9AA", 4),
    ("A99AA", 2),
    ("A999AA", 3),
    ("A9A9AA", 3),
    ("AA99AA", 3),
    ("AA999AA", 4),
    ("AA9A9AA", 4),
    // Canada, the Netherlands, Malta.
    ("A9A 9A9", 3),
    ("A9A9A9", 3),
    ("9999 AA", 4),
    ("9999AA", 4),
    ("AAA 9999", 3),
    // Digits in groups: the United States, Brazil, Japan, Portugal, Poland, Czechia and Sweden, India.
    ("99999-9999", 3),
    ("99999-999", 3),
    ("999-9999", 3),
    ("9999-999", 3),
    ("99-999", 2),
    ("999 99", 3),
    ("999 999", 3),
];

/// The coarse part of a postcode of a known shape, of an Irish one its routing key, of three to seven digits the first three
/// or fewer: two digits at least are cut off. A country before it (`D-10115`) stays.
pub(super) fn outward(text: &str, out: &mut String) -> bool {
    let text = text.trim().to_ascii_uppercase();
    let country = text
        .split_once('-')
        .filter(|(country, _)| matches!(country.len(), 1 | 2) && country.bytes().all(|byte| byte.is_ascii_uppercase()));
    let (country, code) = country.map_or((None, text.as_str()), |(country, code)| (Some(country), code));
    let shape: String = code
        .chars()
        .map(|letter| match letter {
            'A'..='Z' => 'A',
            '0'..='9' => '9',
            other => other,
        })
        .collect();
    let known = POSTCODES.iter().find(|(known, _)| *known == shape).map(|(_, kept)| *kept);
    let is_irish = || {
        let unique = code.get(3..).map(|rest| rest.strip_prefix(' ').unwrap_or(rest)).unwrap_or_default();
        let key = shape.get(..3).is_some_and(|key| key == "A99") || code.starts_with("D6W");
        key && unique.len() == 4 && unique.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    let all_digits = (3..=7).contains(&shape.len()) && shape.bytes().all(|byte| byte == b'9');
    let kept = match known {
        Some(kept) => kept,
        None if is_irish() => 3,
        None if all_digits => 3.min(shape.len() - 2),
        None => return false,
    };
    if let Some(country) = country {
        out.push_str(country);
        out.push('-');
    }
    out.push_str(&code[..kept]);
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

/// One degree, or two of a point and perhaps its height, within brackets or `POINT` or neither; commas, semicolons and spaces
/// stand between them. What could be read in two ways is not understood: a decimal comma (`52,5 13,4`), degrees with minutes
/// (`48 51 24.12`), degrees as whole numbers of millionths.
pub(super) fn coordinates(text: &str, decimals: u8, out: &mut String) -> bool {
    let text = text.trim();
    let body = text.strip_prefix("POINT").unwrap_or(text);
    let inner = body.trim();
    let inner =
        ["()", "[]"].iter().find_map(|pair| inner.strip_prefix(&pair[..1])?.strip_suffix(&pair[1..])).unwrap_or(inner);
    let numbers: Vec<&str> =
        inner.split(|letter: char| " ,;".contains(letter)).filter(|part| !part.is_empty()).collect();
    let between = inner.split(|letter: char| !" ,;".contains(letter)).filter(|part| !part.is_empty());
    let separated =
        between.clone().all(|part| part.matches([',', ';']).count() <= 1) && between.count() + 1 == numbers.len();
    let degrees: Option<Vec<f64>> = numbers.iter().take(2).map(|number| degree(number, numbers.len() > 1)).collect();
    let understood = match degrees.as_deref() {
        Some([one]) => one.abs() <= 180.0,
        Some([one, other]) => one.abs().min(other.abs()) <= 90.0 && one.abs().max(other.abs()) <= 180.0,
        _ => false,
    };
    let height = numbers.get(2).is_none_or(|height| number(height, 5).is_some());
    if !understood || !height || !separated || numbers.len() > 3 {
        return false;
    }
    let mut fraction: Option<u8> = None;
    for letter in text.chars() {
        match (letter, fraction) {
            ('.', _) => fraction = Some(0),
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

/// A degree; `with_point`: it must have a fraction, without which several numbers could be minutes and seconds.
fn degree(text: &str, with_point: bool) -> Option<f64> {
    (!with_point || text.contains('.')).then(|| number(text, 3)).flatten()
}

/// `-?digits[.digits]` with so many digits before the point at most.
fn number(text: &str, most: usize) -> Option<f64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    (all(whole) && all(fraction) && whole.len() <= most).then(|| text.parse().ok()).flatten()
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
                ("A65 F4E2", Some("A65")),
                ("d6w xy00", Some("D6W")),
                ("D-10115", Some("D-101")),
                ("123 45", Some("123")),
                ("00-950", Some("00")),
                ("110001", Some("110")),
                ("Main Street 1, Berlin", None),
                ("Smith Street", None),
                ("Smith", None),
                ("07700 900123", None),
                ("07700900123", None),
                ("+44 7700", None),
                ("AB12345", None),
                ("12", None),
                ("", None),
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
                ("-179.98765", Some("-179.98")),
                ("51.5074,-0.1278", Some("51.50,-0.12")),
                ("51.5074;-0.1278", Some("51.50;-0.12")),
                ("[51.5074, -0.1278]", Some("[51.50, -0.12]")),
                ("POINT (13.404954 52.520008 34.5678)", Some("POINT (13.40 52.52 34.56)")),
                ("51.50.74", None),
                // A decimal comma, millionths, minutes and seconds: whole or finer than they look.
                ("52,520008 13,404954", None),
                ("48,856613", None),
                ("52,520008; 13,404954", None),
                ("48856613", None),
                ("48856613 2352222", None),
                ("48 51 24.12", None),
                ("48 51.402", None),
                ("51.5,,-0.1", None),
                ("51.5074-0.1278", None),
                ("(51.5074, -0.1278", None),
                ("95.123, 95.123", None),
                ("52.1, 181.5", None),
                ("51.5, -0.1, 3.0, 4.0", None),
                ("POINT", None),
                ("51°30'N", None),
                ("", None),
            ],
        );
        check(|text, out| coordinates(text, 0, out), &[("51.9", Some("51")), ("51.9 7.3", Some("51 7"))]);
    }
}
