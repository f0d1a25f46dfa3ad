//! Points in time that something must not be older than.

use std::fmt::{self, Display};

use chrono::{DateTime, Months, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// A unit of time, in dbt's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DatePart {
    /// Seconds.
    Second,
    /// Minutes.
    Minute,
    /// Hours.
    Hour,
    /// Days.
    Day,
    /// Weeks.
    Week,
    /// Months of the calendar.
    Month,
    /// Three months.
    Quarter,
    /// Years of the calendar.
    Year,
}

impl DatePart {
    /// `day`, `days` and so on.
    pub fn parse(word: &str) -> Option<Self> {
        let word = word.trim().to_ascii_lowercase();
        Some(match word.strip_suffix('s').unwrap_or(&word) {
            "second" => Self::Second,
            "minute" => Self::Minute,
            "hour" => Self::Hour,
            "day" => Self::Day,
            "week" => Self::Week,
            "month" => Self::Month,
            "quarter" => Self::Quarter,
            "year" => Self::Year,
            _ => return None,
        })
    }

    /// The instant `count` units before `now`. Before a month of 30 days, the 31st is the 30th.
    pub(crate) fn before(self, now: DateTime<Utc>, count: u32) -> DateTime<Utc> {
        let months = |each: u32| now.checked_sub_months(Months::new(count.saturating_mul(each)));
        let seconds = |each: i64| now.checked_sub_signed(TimeDelta::try_seconds(i64::from(count) * each)?);
        let instant = match self {
            Self::Second => seconds(1),
            Self::Minute => seconds(60),
            Self::Hour => seconds(3600),
            Self::Day => seconds(86_400),
            Self::Week => seconds(604_800),
            Self::Month => months(1),
            Self::Quarter => months(3),
            Self::Year => months(12),
        };
        instant.unwrap_or(DateTime::<Utc>::MIN_UTC)
    }
}

impl Display for DatePart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        })
    }
}

/// A point in time as SQL compares it: UTC, without a zone.
pub(crate) fn literal(instant: NaiveDateTime) -> String {
    format!("timestamp '{}'", instant.format("%Y-%m-%d %H:%M:%S%.6f"))
}

/// The oldest that the latest may be.
pub(crate) fn recency(now: DateTime<Utc>, part: DatePart, interval: u32, ignore_time: bool) -> NaiveDateTime {
    let threshold = part.before(now, interval).naive_utc();
    if ignore_time { threshold.date().and_time(NaiveTime::MIN) } else { threshold }
}

/// A span in its two greatest units: `3 days 4 hours`.
pub(crate) fn span(span: TimeDelta) -> String {
    let seconds = span.num_seconds().max(0);
    let units = [
        (seconds / 86_400, "day"),
        (seconds % 86_400 / 3600, "hour"),
        (seconds % 3600 / 60, "minute"),
        (seconds % 60, "second"),
    ];
    let first = units.iter().position(|(count, _)| *count > 0).unwrap_or(units.len() - 1);
    let parts = units[first..].iter().take(2).enumerate().filter(|(index, (count, _))| *index == 0 || *count > 0);
    let parts: Vec<_> =
        parts.map(|(_, (count, unit))| format!("{count} {unit}{}", if *count == 1 { "" } else { "s" })).collect();
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_follow_the_calendar() {
        let now: DateTime<Utc> = "2026-03-31T08:00:00Z".parse().unwrap();
        let before = |part: DatePart, count| part.before(now, count).format("%m-%d %H").to_string();
        assert_eq!(before(DatePart::Month, 1), "02-28 08");
        assert_eq!(before(DatePart::Quarter, 1), "12-31 08");
        assert_eq!(before(DatePart::Hour, 9), "03-30 23");
        assert_eq!(DatePart::Year.before(now, u32::MAX), DateTime::<Utc>::MIN_UTC);
        assert_eq!(literal(recency(now, DatePart::Day, 1, true)), "timestamp '2026-03-30 00:00:00.000000'");
    }

    #[test]
    fn spans_are_words() {
        let words = |seconds| span(TimeDelta::seconds(seconds));
        assert_eq!(words(0), "0 seconds");
        assert_eq!(words(61), "1 minute 1 second");
        assert_eq!(words(3 * 86_400 + 4 * 3600 + 59), "3 days 4 hours");
        assert_eq!(words(86_400 + 59), "1 day");
        assert_eq!(words(-5), "0 seconds");
    }

    #[test]
    fn words_of_dbt_are_understood() {
        assert_eq!(DatePart::parse("days"), Some(DatePart::Day));
        assert_eq!(DatePart::parse("Week"), Some(DatePart::Week));
        assert_eq!(DatePart::parse("fortnight"), None);
    }
}
