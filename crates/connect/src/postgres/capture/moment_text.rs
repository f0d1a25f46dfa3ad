//! Dates and timestamps as PostgreSQL writes them with `DateStyle ISO`.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

use crate::value::timestamp;

/// The last and the first moment that every engine can show, in microseconds since 1970: for what PostgreSQL calls
/// `infinity` and `-infinity`.
pub(crate) const LAST_MICROS: i64 = 253_402_300_799_999_999;
/// See [`LAST_MICROS`].
pub(crate) const FIRST_MICROS: i64 = -62_135_596_800_000_000;

/// Microseconds since 1970 in UTC of a date or timestamp; without an offset as if it were UTC.
pub(crate) fn moment(text: &[u8]) -> Option<i64> {
    match text {
        b"infinity" => Some(LAST_MICROS),
        b"-infinity" => Some(FIRST_MICROS),
        _ => timestamp(text).filter(|instant| instant.exact).map(|instant| instant.utc_micros()).or_else(|| far(text)),
    }
}

/// Years of more than four digits, and those before Christ: `10000-01-01 00:00:00+00`, `0044-03-15 BC`.
fn far(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?;
    let (text, before_christ) = match text.strip_suffix(" BC") {
        Some(text) => (text, true),
        None => (text, false),
    };
    let (date, time) = text.split_once(' ').unwrap_or((text, "00:00:00"));
    let mut parts = date.splitn(3, '-');
    let year: i32 = parts.next()?.parse().ok()?;
    // There is no year 0: the year before 1 is 1 BC.
    let year = if before_christ { 1 - year } else { year };
    let date = NaiveDate::from_ymd_opt(year, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?)?;
    let offset = time.find(['+', '-']).unwrap_or(time.len());
    let (time, offset) = time.split_at(offset);
    let time = NaiveTime::parse_from_str(time, "%H:%M:%S%.f").ok()?;
    let micros = NaiveDateTime::new(date, time).and_utc().timestamp_micros();
    Some(micros - offset_seconds(offset)? * 1_000_000)
}

/// `+01`, `-03:30`, `+00:19:32`; nothing is UTC.
fn offset_seconds(text: &str) -> Option<i64> {
    let Some(sign) = text.chars().next() else { return Some(0) };
    let mut seconds = 0;
    for (part, unit) in text[1..].split(':').zip([3600, 60, 1]) {
        seconds += part.parse::<i64>().ok()? * unit;
    }
    Some(if sign == '-' { -seconds } else { seconds })
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    #[test]
    fn near_and_far_moments() {
        let shown = |text: &str| {
            moment(text.as_bytes()).map(|micros| DateTime::from_timestamp_micros(micros).unwrap().to_rfc3339())
        };
        for (text, expected) in [
            ("2024-02-29", "2024-02-29T00:00:00+00:00"),
            ("2024-02-29 10:00:00.123456", "2024-02-29T10:00:00.123456+00:00"),
            ("2024-02-29 10:00:00+02", "2024-02-29T08:00:00+00:00"),
            ("10000-01-01 00:00:00+00", "+10000-01-01T00:00:00+00:00"),
            ("0044-03-15 BC", "-0043-03-15T00:00:00+00:00"),
            ("0001-01-01 12:00:00.5+01:30 BC", "0000-01-01T10:30:00.500+00:00"),
            ("infinity", "9999-12-31T23:59:59.999999+00:00"),
            ("-infinity", "0001-01-01T00:00:00+00:00"),
        ] {
            assert_eq!(shown(text).as_deref(), Some(expected), "{text}");
        }
        for text in ["", "soon", "2024-02-30", "99999999-01-01"] {
            assert_eq!(shown(text), None, "{text}");
        }
    }
}
