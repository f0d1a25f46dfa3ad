//! Intervals as text, in PostgreSQL's default style: `1 year 2 mons -3 days +04:05:06.5`.

use std::fmt::Write as _;

const NANOS_PER_MICRO: i64 = 1_000;

/// Years, months, days and time, each with its own sign; `00:00:00` when all are zero.
pub(super) fn write_interval(months: i32, days: i32, nanoseconds: i64, out: &mut String) {
    let start = out.len();
    let mut negative_before = false;
    let mut part = |count: i32, one: &str, many: &str, out: &mut String| {
        if count == 0 {
            return;
        }
        let space = if out.len() > start { " " } else { "" };
        let plus = if negative_before && count > 0 { "+" } else { "" };
        let unit = if count == 1 { one } else { many };
        let _ = write!(out, "{space}{plus}{count} {unit}");
        negative_before = count < 0;
    };
    part(months / 12, "year", "years", out);
    part(months % 12, "mon", "mons", out);
    part(days, "day", "days", out);
    let micros = nanoseconds / NANOS_PER_MICRO;
    if micros == 0 && out.len() > start {
        return;
    }
    if out.len() > start {
        out.push(' ');
    }
    if micros < 0 {
        out.push('-');
    } else if negative_before {
        out.push('+');
    }
    let micros = micros.unsigned_abs();
    let seconds = micros / 1_000_000;
    let _ = write!(out, "{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    super::time::write_fraction(micros % 1_000_000, out);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_postgresql_prints_intervals() {
        for ((months, days, nanos), text) in [
            ((0, 0, 0), "00:00:00"),
            ((14, 3, 0), "1 year 2 mons 3 days"),
            ((1, 1, 3_600_000_000_000), "1 mon 1 day 01:00:00"),
            ((-1, 3, 0), "-1 mons +3 days"),
            ((0, -1, 1_500_000_000), "-1 days +00:00:01.5"),
            ((0, 0, -90_000_000_000_000), "-25:00:00"),
        ] {
            let mut out = String::new();
            write_interval(months, days, nanos, &mut out);
            assert_eq!(out, text);
        }
    }
}
