//! PostgreSQL's input syntax for intervals: `1 year 2 mons -3 days 04:05:06.7`, `1.5 days`, `P1DT2H`,
//! `2 weeks ago`, `04:05`.

use arrow::datatypes::IntervalMonthDayNano;

/// Microseconds of a day.
const DAY: f64 = 86_400e6;

/// Months, days and microseconds before they are rounded.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    months: f64,
    days: f64,
    micros: f64,
}

/// Reads `text`, or gives `None` when it is no interval.
pub(crate) fn parse(text: &str) -> Option<IntervalMonthDayNano> {
    let text = text.trim().to_ascii_lowercase();
    let mut sum = Sum::default();
    if let Some(iso) = text.strip_prefix('p') {
        iso_parts(iso, &mut sum)?;
        return sum.rounded(1.0);
    }
    let (body, sign) = match text.strip_suffix("ago") {
        Some(body) => (body, -1.0),
        None => (text.as_str(), 1.0),
    };
    let mut rest = body.trim_start_matches('@').trim();
    if rest.is_empty() {
        return None;
    }
    // a date is no interval
    if rest.bytes().take_while(|c| !c.is_ascii_whitespace()).skip(1).filter(|c| *c == b'-').count() > 1 {
        return None;
    }
    while !rest.is_empty() {
        if let Some((months, after)) = years_and_months(rest) {
            sum.months += months;
            rest = after.trim_start_matches([' ', ',']);
            continue;
        }
        let (number, after) = quantity(rest)?;
        if after.starts_with(':') {
            rest = clock(rest, &mut sum)?;
        } else {
            let after = after.trim_start();
            let length = after.bytes().take_while(u8::is_ascii_alphabetic).count();
            // a number without a unit is seconds, or days in front of a time
            let unit = match length {
                0 if is_clock(after) => "day",
                0 => "second",
                _ => &after[..length],
            };
            sum.add(number, unit)?;
            rest = &after[length..];
        }
        rest = rest.trim_start_matches([' ', ',']);
    }
    sum.rounded(sign)
}

fn quantity(text: &str) -> Option<(f64, &str)> {
    let length = text
        .bytes()
        .enumerate()
        .take_while(|(index, c)| c.is_ascii_digit() || *c == b'.' || (*index == 0 && matches!(c, b'+' | b'-')))
        .count();
    // the sign may stand apart
    if length == 1 && text.starts_with(['+', '-']) {
        let (number, rest) = quantity(text[1..].trim_start())?;
        return Some((if text.starts_with('-') { -number } else { number }, rest));
    }
    Some((text[..length].parse().ok()?, &text[length..]))
}

fn is_clock(text: &str) -> bool {
    let digits = text.trim_start_matches(['+', '-']).trim_start_matches(|c: char| c.is_ascii_digit());
    digits.starts_with(':')
}

/// `[-]years-months`
fn years_and_months(text: &str) -> Option<(f64, &str)> {
    let body = text.trim_start_matches(['+', '-']);
    let (years, rest) = body.split_once('-')?;
    let length = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (months, rest) = rest.split_at(length);
    if years.is_empty()
        || !years.bytes().all(|c| c.is_ascii_digit())
        || !(rest.is_empty() || rest.starts_with(' '))
        || length == 0
    {
        return None;
    }
    let months = months.parse::<f64>().ok().filter(|months| *months < 12.0)?;
    let all = years.parse::<f64>().ok()? * 12.0 + months;
    Some((if text.starts_with('-') { -all } else { all }, rest))
}

/// `[-]h:m[:s[.f]]`
fn clock<'a>(text: &'a str, sum: &mut Sum) -> Option<&'a str> {
    let negative = text.starts_with('-');
    let body = text.trim_start_matches(['+', '-']);
    let length = body.bytes().take_while(|c| c.is_ascii_digit() || matches!(c, b':' | b'.')).count();
    let mut seconds = 0.0;
    let parts = body[..length].split(':').collect::<Vec<_>>();
    if parts.len() > 3 {
        return None;
    }
    for (part, factor) in parts.iter().zip([3600.0, 60.0, 1.0]) {
        seconds += part.parse::<f64>().ok()? * factor;
    }
    sum.micros += if negative { -seconds } else { seconds } * 1e6;
    Some(&body[length..])
}

fn iso_parts(text: &str, sum: &mut Sum) -> Option<()> {
    let mut rest = text;
    let mut in_time = false;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('t') {
            in_time = true;
            rest = after;
            continue;
        }
        let (number, after) = quantity(rest)?;
        let unit = match (after.chars().next()?, in_time) {
            ('y', false) => "year",
            ('m', false) => "month",
            ('w', false) => "week",
            ('d', false) => "day",
            ('h', true) => "hour",
            ('m', true) => "minute",
            ('s', true) => "second",
            _ => return None,
        };
        sum.add(number, unit)?;
        rest = &after[1..];
    }
    Some(())
}

impl Sum {
    /// Parts of a month go to days, parts of a day to the time.
    fn add(&mut self, number: f64, unit: &str) -> Option<()> {
        let mut months = |months: f64| {
            self.months += months.trunc();
            let days = (months.fract() * 30.0 * 1e6).round() / 1e6;
            self.days += days.trunc();
            self.micros += (days.fract() * DAY).round();
        };
        match unit {
            "millennium" | "millennia" | "mil" | "mils" => months(number * 12_000.0),
            "century" | "centuries" | "cent" | "c" => months(number * 1_200.0),
            "decade" | "decades" | "dec" | "decs" => months(number * 120.0),
            "year" | "years" | "yr" | "yrs" | "y" => months((number * 12.0).round()),
            "month" | "months" | "mon" | "mons" => months(number),
            "week" | "weeks" | "w" => self.add_days(number * 7.0),
            "day" | "days" | "d" => self.add_days(number),
            "hour" | "hours" | "hr" | "hrs" | "h" => self.micros += number * 3_600e6,
            "minute" | "minutes" | "min" | "mins" | "m" => self.micros += number * 60e6,
            "second" | "seconds" | "sec" | "secs" | "s" => self.micros += number * 1e6,
            "millisecond" | "milliseconds" | "msec" | "msecs" | "ms" => self.micros += number * 1e3,
            "microsecond" | "microseconds" | "usec" | "usecs" | "us" => self.micros += number,
            _ => return None,
        }
        Some(())
    }

    fn add_days(&mut self, days: f64) {
        self.days += days.trunc();
        self.micros += (days.fract() * DAY).round();
    }

    #[expect(clippy::cast_possible_truncation, reason = "out of range ends in None before")]
    fn rounded(self, sign: f64) -> Option<IntervalMonthDayNano> {
        let fits = |value: f64| value.abs() <= f64::from(i32::MAX);
        if !fits(self.months) || !fits(self.days) || self.micros.abs() > 9.2e15 {
            return None;
        }
        let nanos = (self.micros * sign).round() as i64 * 1_000;
        Some(IntervalMonthDayNano::new((self.months * sign) as i32, (self.days * sign) as i32, nanos))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_that_postgresql_reads() {
        const HOUR: i64 = 3_600_000_000_000;
        for (text, (months, days, nanos)) in [
            ("1 day", (0, 1, 0)),
            ("1 year 2 mons 3 days 04:05:06.5", (14, 3, 4 * HOUR + 5 * 60_000_000_000 + 6_500_000_000)),
            ("-1 day 2 hours", (0, -1, 2 * HOUR)),
            ("1 day -00:30", (0, 1, -HOUR / 2)),
            ("1.5 days", (0, 1, 12 * HOUR)),
            ("0.5 months", (0, 15, 0)),
            ("1.5 years", (18, 0, 0)),
            ("P1DT2H", (0, 1, 2 * HOUR)),
            ("P1Y2M", (14, 0, 0)),
            ("2 weeks ago", (0, -14, 0)),
            ("04:05", (0, 0, 4 * HOUR + 5 * 60_000_000_000)),
            ("90", (0, 0, 90_000_000_000)),
            ("6 hours", (0, 0, 6 * HOUR)),
            ("- 1 day", (0, -1, 0)),
            ("1-2", (14, 0, 0)),
            ("-1-2 3 04:00", (-14, 3, 4 * HOUR)),
        ] {
            assert_eq!(parse(text), Some(IntervalMonthDayNano::new(months, days, nanos)), "{text}");
        }
        for text in ["", "abc", "1 parsec", "1:2:3:4", "P1H"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
