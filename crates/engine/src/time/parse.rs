//! PostgreSQL's input syntax for dates and timestamps: ISO 8601 in its variants, `20240229`,
//! `2/29/2024` (month first), `Feb 29, 2024`, `29 Feb 2024 3:04 PM`, with or without a zone.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

use super::MONTHS;
use super::zone::Zone;

/// A date, a time of day when written, a zone when written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DateTimeText {
    /// What clocks show, rounded to microseconds.
    pub(crate) local: NaiveDateTime,
    /// Where they show it.
    pub(crate) zone: Option<Zone>,
}

/// Reads `text`, or gives `None` when it is no date.
pub(crate) fn parse(text: &str) -> Option<DateTimeText> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("epoch") {
        return Some(DateTimeText { local: NaiveDateTime::default(), zone: Some(Zone::Fixed(0)) });
    }
    let (date, rest) = numeric_date(text).or_else(|| named_date(text))?;
    let (time, rest) = time_of_day(rest)?;
    let zone = match rest.trim() {
        "" => None,
        rest => Some(zone(rest)?),
    };
    let local = date.and_time(NaiveTime::MIN).checked_add_signed(TimeDelta::microseconds(time))?;
    Some(DateTimeText { local, zone })
}

/// A run of at most `longest` digits.
fn number(text: &str, longest: usize) -> Option<(u32, usize, &str)> {
    let length = text.bytes().take(longest).take_while(u8::is_ascii_digit).count();
    let value = text[..length].parse().ok()?;
    Some((value, length, &text[length..]))
}

fn numeric_date(text: &str) -> Option<(NaiveDate, &str)> {
    let (first, length, rest) = number(text, 8)?;
    if length == 8 {
        let year = i32::try_from(first / 10_000).ok()?;
        return Some((NaiveDate::from_ymd_opt(year, first / 100 % 100, first % 100)?, rest));
    }
    let mark = rest.chars().next().filter(|mark| matches!(mark, '-' | '/' | '.'))?;
    let rest = &rest[1..];
    let (second, rest) = if let Some((second, _, rest)) = number(rest, 2) {
        (second, rest)
    } else {
        // 2024-Feb-29
        month_name(rest)?
    };
    let (third, third_length, rest) = number(rest.strip_prefix(mark)?, 5)?;
    let (year, month, day) = if length >= 3 {
        (i32::try_from(first).ok()?, second, third)
    } else {
        (full_year(third, third_length)?, first, second)
    };
    Some((NaiveDate::from_ymd_opt(year, month, day)?, rest))
}

/// Two digits mean 1970 to 2069.
fn full_year(year: u32, length: usize) -> Option<i32> {
    let year = i32::try_from(year).ok()?;
    Some(match length {
        0..=2 if year < 70 => year + 2000,
        0..=2 => year + 1900,
        _ => year,
    })
}

fn month_name(text: &str) -> Option<(u32, &str)> {
    let length = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    let word = &text[..length];
    let index = MONTHS.iter().position(|month| {
        word.eq_ignore_ascii_case(month)
            || word.eq_ignore_ascii_case(&month[..3])
            || word.eq_ignore_ascii_case("sept") && *month == "September"
    })?;
    Some((u32::try_from(index).ok()? + 1, &text[length..]))
}

fn skip_marks(text: &str) -> &str {
    text.trim_start_matches([' ', ',', '-'])
}

fn named_date(text: &str) -> Option<(NaiveDate, &str)> {
    // a weekday in front says nothing new
    let text = match text.split_once([' ', ',']) {
        Some((word, rest))
            if super::DAYS.iter().any(|day| word.eq_ignore_ascii_case(day) || word.eq_ignore_ascii_case(&day[..3])) =>
        {
            skip_marks(rest)
        }
        _ => text,
    };
    let (month, day, rest) = if let Some((month, rest)) = month_name(text) {
        let (day, _, rest) = number(skip_marks(rest), 2)?;
        (month, day, rest)
    } else {
        let (day, _, rest) = number(text, 2)?;
        let (month, rest) = month_name(skip_marks(rest))?;
        (month, day, rest)
    };
    let (year, length, rest) = number(skip_marks(rest), 5)?;
    Some((NaiveDate::from_ymd_opt(full_year(year, length)?, month, day)?, rest))
}

/// Microseconds since midnight, and what follows.
fn time_of_day(rest: &str) -> Option<(i64, &str)> {
    let rest = rest.strip_prefix(['T', 't']).unwrap_or(rest).trim_start();
    if !rest.starts_with(|c: char| c.is_ascii_digit()) {
        return Some((0, rest));
    }
    let (hour, _, rest) = number(rest, 2)?;
    let (minute, _, rest) = number(rest.strip_prefix(':')?, 2)?;
    let (second, rest) = match rest.strip_prefix(':') {
        Some(rest) => {
            let (second, _, rest) = number(rest, 2)?;
            (second, rest)
        }
        None => (0, rest),
    };
    let (micros, rest) = match rest.strip_prefix('.') {
        Some(rest) => fraction(rest),
        None => (0, rest),
    };
    let (hour, rest) = half_day(hour, rest)?;
    let whole = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
    if minute > 59 || second > 60 || whole > 86_400 || (whole == 86_400 && micros > 0) {
        return None;
    }
    Some((whole * 1_000_000 + micros, rest))
}

/// Microseconds, rounded half up.
fn fraction(rest: &str) -> (i64, &str) {
    let length = rest.bytes().take_while(u8::is_ascii_digit).count();
    let mut micros = 0;
    for place in 0..6 {
        micros = micros * 10
            + rest.as_bytes().get(place).filter(|_| place < length).map_or(0, |digit| i64::from(digit - b'0'));
    }
    if length > 6 && rest.as_bytes()[6] >= b'5' {
        micros += 1;
    }
    (micros, &rest[length..])
}

fn half_day(hour: u32, rest: &str) -> Option<(u32, &str)> {
    let after = rest.trim_start();
    let afternoon = match after.get(..2) {
        Some(mark) if mark.eq_ignore_ascii_case("am") => false,
        Some(mark) if mark.eq_ignore_ascii_case("pm") => true,
        _ => return Some((hour, rest)),
    };
    if hour == 0 || hour > 12 {
        return None;
    }
    Some((hour % 12 + if afternoon { 12 } else { 0 }, &after[2..]))
}

fn zone(text: &str) -> Option<Zone> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'+' => (1, &text[1..]),
        b'-' => (-1, &text[1..]),
        _ => return Zone::named(text),
    };
    let compact = digits.replace(':', "");
    if compact.is_empty() || compact.len() > 6 || !compact.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let part =
        |range: std::ops::Range<usize>| compact.get(range).and_then(|part| part.parse::<i32>().ok()).unwrap_or(0);
    let seconds = if compact.len() <= 2 {
        part(0..compact.len()) * 3600
    } else {
        part(0..2) * 3600 + part(2..4) * 60 + part(4..6)
    };
    Some(Zone::Fixed(sign * seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> Option<String> {
        let parsed = parse(text)?;
        Some(parsed.zone.map_or(parsed.local, |zone| zone.to_utc(parsed.local)).to_string())
    }

    #[test]
    fn forms_that_postgresql_reads() {
        for (text, expected) in [
            ("2024-02-29", "2024-02-29 00:00:00"),
            (" 2024-02-29 12:34 ", "2024-02-29 12:34:00"),
            ("2024-02-29T12:34:56.789Z", "2024-02-29 12:34:56.789"),
            ("2024-02-29 12:34:56+02", "2024-02-29 10:34:56"),
            ("2024-02-29 12:34:56-03:30", "2024-02-29 16:04:56"),
            ("2024-02-29 12:00 Europe/Berlin", "2024-02-29 11:00:00"),
            ("20240229", "2024-02-29 00:00:00"),
            ("2/29/2024", "2024-02-29 00:00:00"),
            ("2024/02/29", "2024-02-29 00:00:00"),
            ("Feb 29, 2024 3:04 pm", "2024-02-29 15:04:00"),
            ("29-Feb-2024", "2024-02-29 00:00:00"),
            ("Thu 29 February 2024", "2024-02-29 00:00:00"),
            ("2024-02-29 24:00:00", "2024-03-01 00:00:00"),
            ("2024-02-29 10:00:00.1234567", "2024-02-29 10:00:00.123457"),
            ("epoch", "1970-01-01 00:00:00"),
        ] {
            assert_eq!(utc(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_date() {
        for text in
            ["", "abc", "2024-13-01", "2023-02-29", "2024-02-29 25:00", "2024-02-29 12:00 Nowhere/Else", "2024-02"]
        {
            assert!(parse(text).is_none(), "{text}");
        }
    }
}
