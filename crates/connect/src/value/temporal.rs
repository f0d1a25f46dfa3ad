//! Dates and times in text: ISO 8601 as programs write it.

use super::number::trim;

/// A point in time as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Instant {
    /// Microseconds since 1970-01-01T00:00:00 of the time as written; further digits are rounded.
    pub(crate) micros: i64,
    /// Whether there were no further digits but zeros.
    pub(crate) exact: bool,
    /// Seconds east of UTC, where an offset is written (`Z` is 0).
    pub(crate) offset_seconds: Option<i32>,
    /// Whether only a date is written.
    pub(crate) date_only: bool,
}

impl Instant {
    /// Microseconds since the epoch in UTC; without an offset, as if the time were UTC.
    pub(crate) fn utc_micros(self) -> i64 {
        self.micros - i64::from(self.offset_seconds.unwrap_or(0)) * 1_000_000
    }
}

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// `YYYY-MM-DD` as days since 1970-01-01.
pub(crate) fn date(text: &[u8]) -> Option<i32> {
    let text = trim(text);
    if text.len() == 10 { date_part(text) } else { None }
}

fn date_part(text: &[u8]) -> Option<i32> {
    let [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1] = *text else { return None };
    let digits = [y0, y1, y2, y3, m0, m1, d0, d1].map(|byte| u32::from(byte.wrapping_sub(b'0')));
    if digits.iter().any(|digit| *digit > 9) {
        return None;
    }
    let year = digits[0] * 1000 + digits[1] * 100 + digits[2] * 10 + digits[3];
    let month = digits[4] * 10 + digits[5];
    let day = digits[6] * 10 + digits[7];
    if year == 0 || !(1..=12).contains(&month) || day == 0 || day > days_in_month(year, month) {
        return None;
    }
    Some(days_from_civil(year, month, day))
}

fn days_in_month(year: u32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Howard Hinnant, “chrono-Compatible Low-Level Date Algorithms”, `days_from_civil`, for years 1 to 9999.
#[expect(clippy::cast_possible_wrap, reason = "four-digit years stay far below the limit")]
fn days_from_civil(year: u32, month: u32, day: u32) -> i32 {
    // The year begins in March; shifted by one era so that nothing is negative.
    let year = year + 400 - u32::from(month <= 2);
    let era = year / 400;
    let year_of_era = year % 400;
    let day_of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    (era * 146_097 + day_of_era) as i32 - 719_468 - 146_097
}

/// `YYYY-MM-DD[{T| }HH:MM[:SS[.fraction]][ ][Z|UTC|±HH[[:]MM]]]`. A comma may stand for the point (ISO 8601).
pub(crate) fn timestamp(text: &[u8]) -> Option<Instant> {
    let text = trim(text);
    let days = i64::from(date_part(text.get(..10)?)?);
    let rest = &text[10..];
    if rest.is_empty() {
        return Some(Instant { micros: days * MICROS_PER_DAY, exact: true, offset_seconds: None, date_only: true });
    }
    let [b'T' | b't' | b' ', h0, h1, b':', m0, m1, rest @ ..] = rest else { return None };
    let hour = two_digits(*h0, *h1, 23)?;
    let minute = two_digits(*m0, *m1, 59)?;
    let (second, (fraction, exact), rest) = match rest {
        [b':', s0, s1, rest @ ..] => {
            let second = two_digits(*s0, *s1, 59)?;
            let (fraction, rest) = fraction_micros(rest)?;
            (second, fraction, rest)
        }
        rest => (0, (0, true), rest),
    };
    let offset_seconds = offset(rest)?;
    let seconds = hour * 3_600 + minute * 60 + second;
    let micros = days * MICROS_PER_DAY + seconds * 1_000_000 + fraction;
    Some(Instant { micros, exact, offset_seconds, date_only: false })
}

fn two_digits(tens: u8, ones: u8, max: i64) -> Option<i64> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    let value = i64::from(tens) * 10 + i64::from(ones);
    (tens <= 9 && ones <= 9 && value <= max).then_some(value)
}

/// The fraction of a second, if one is written, whether that is all of it, and what comes after it.
fn fraction_micros(text: &[u8]) -> Option<((i64, bool), &[u8])> {
    let [b'.' | b',', digits @ ..] = text else { return Some(((0, true), text)) };
    let length = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if length == 0 || length > 9 {
        return None;
    }
    let six = digits[..length].iter().chain(std::iter::repeat(&b'0')).take(6);
    let micros = six.fold(0, |micros, digit| micros * 10 + i64::from(digit - b'0'));
    // PostgreSQL rounds what a microsecond cannot hold.
    let up = length > 6 && digits[6] >= b'5';
    let exact = digits[6.min(length)..length].iter().all(|digit| *digit == b'0');
    Some(((micros + i64::from(up), exact), &digits[length..]))
}

#[expect(clippy::option_option, reason = "no offset is written, or it is not an offset")]
fn offset(text: &[u8]) -> Option<Option<i32>> {
    if text.is_empty() {
        return Some(None);
    }
    let text = text.strip_prefix(b" ").unwrap_or(text);
    let (sign, digits) = match text {
        b"Z" | b"z" | b"UTC" => return Some(Some(0)),
        [b'+', digits @ ..] => (1, digits),
        [b'-', digits @ ..] => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = match *digits {
        [h0, h1] => (two_digits(h0, h1, 15)?, 0),
        [h0, h1, m0, m1] | [h0, h1, b':', m0, m1] => (two_digits(h0, h1, 15)?, two_digits(m0, m1, 59)?),
        _ => return None,
    };
    i32::try_from(sign * (hours * 3_600 + minutes * 60)).ok().map(Some)
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, NaiveDate};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn dates_exist_or_are_none() {
        assert_eq!(date(b"1970-01-01"), Some(0));
        assert_eq!(date(b"2024-02-29"), Some(19_782));
        assert_eq!(date(b"0001-01-01"), Some(-719_162));
        for text in [
            "2023-02-29",
            "1900-02-29",
            "2024-13-01",
            "2024-00-10",
            "2024-04-31",
            "0000-01-01",
            "2024-1-1",
            "24-01-01",
            "2024/01/01",
            "01.02.2024",
            "20240101",
            "2024-01-01T00:00:00",
        ] {
            assert_eq!(date(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn timestamps_in_all_forms() {
        let utc = |text: &str| timestamp(text.as_bytes()).map(|instant| (instant.utc_micros(), instant.offset_seconds));
        let noon = 1_704_110_400_000_000;
        assert_eq!(utc("2024-01-01 12:00"), Some((noon, None)));
        assert_eq!(utc("2024-01-01T12:00:00"), Some((noon, None)));
        assert_eq!(utc("2024-01-01T12:00:00Z"), Some((noon, Some(0))));
        assert_eq!(utc("2024-01-01 12:00:00 UTC"), Some((noon, Some(0))));
        assert_eq!(utc("2024-01-01T14:00:00+02:00"), Some((noon, Some(7_200))));
        assert_eq!(utc("2024-01-01T08:30:00-0330"), Some((noon, Some(-12_600))));
        assert_eq!(utc("2024-01-01 12:00:00.5"), Some((noon + 500_000, None)));
        assert_eq!(utc("2024-01-01 12:00:00.123456789"), Some((noon + 123_457, None)));
        assert_eq!(utc("2024-01-01"), Some((noon - 43_200_000_000, None)));
        let exact = |text: &str| timestamp(text.as_bytes()).map(|instant| instant.exact);
        assert_eq!(exact("2024-01-01 12:00:00.123456789"), Some(false));
        assert_eq!(exact("2024-01-01 12:00:00.123456000Z"), Some(true));
        assert_eq!(exact("2024-01-01 12:00:00.5"), Some(true));
        for text in [
            "2024-01-01T",
            "2024-01-01 25:00",
            "2024-01-01 12:60",
            "2024-01-01 12:00:60",
            "2024-01-01 12",
            "2024-01-01x12:00",
            "2024-01-01 12:00:00.",
            "2024-01-01 12:00:00 CET",
            "2024-01-01 12:00 pm",
        ] {
            assert_eq!(utc(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn days_agree_with_chrono(days in -719_162_i32..2_932_896) {
            let chrono = NaiveDate::from_num_days_from_ce_opt(days + 719_163).unwrap();
            prop_assert_eq!(date(chrono.to_string().as_bytes()), Some(days));
        }

        #[test]
        fn times_agree_with_chrono(seconds in -62_135_596_800_i64..253_402_300_799, micros in 0_u32..1_000_000) {
            let chrono = DateTime::from_timestamp(seconds, micros * 1_000).unwrap();
            let text = chrono.to_rfc3339();
            prop_assert_eq!(timestamp(text.as_bytes()).map(Instant::utc_micros), Some(chrono.timestamp_micros()));
        }

        #[test]
        fn never_panics(text: Vec<u8>) {
            let _ = (date(&text), timestamp(&text));
        }
    }
}
