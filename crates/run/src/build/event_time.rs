//! A range of time that somebody wants made again.
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};

use crate::error::RunError;

/// `--event-time-start` and `--event-time-end`: models that are made by intervals make those that the range touches, whether
/// they are due or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventTimeRange {
    pub(crate) from: DateTime<Utc>,
    /// Not in it any more.
    pub(crate) to: DateTime<Utc>,
}

impl EventTimeRange {
    /// Reads both ends: days, or times in UTC unless they name another zone. The end is not in the range.
    ///
    /// # Errors
    /// A usage error when one of them is no time, or the start is not before the end.
    pub fn parse(start: &str, end: &str) -> Result<Self, RunError> {
        let (from, to) = (instant("--event-time-start", start)?, instant("--event-time-end", end)?);
        if from >= to {
            return Err(RunError::usage(
                format!("--event-time-start {start} is not before --event-time-end {end}"),
                "the end is not in the range: a day ends where the next one begins".to_owned(),
            ));
        }
        Ok(Self { from, to })
    }
}

fn instant(option: &str, text: &str) -> Result<DateTime<Utc>, RunError> {
    let text = text.trim();
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Ok(time.to_utc());
    }
    let formats = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"];
    let time = formats.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    let day = || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(|day| day.and_time(NaiveTime::MIN));
    time.or_else(day).map(|time| time.and_utc()).ok_or_else(|| {
        RunError::usage(
            format!("{option}: `{text}` is no time"),
            "write a day such as 2026-01-31, or a time such as '2026-01-31 08:00:00' (UTC)".to_owned(),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_times_are_read_in_utc() {
        let range = |start, end| EventTimeRange::parse(start, end);
        let day = range("2026-01-31", "2026-02-01").unwrap();
        assert_eq!((day.to - day.from).num_hours(), 24);
        for same in ["2026-01-31 08:00", "2026-01-31T08:00:00", "2026-01-31T09:00:00+01:00", " 2026-01-31 08:00:00 "] {
            assert_eq!(range(same, "2026-02-01").unwrap().from.to_rfc3339(), "2026-01-31T08:00:00+00:00", "{same}");
        }
    }

    #[test]
    fn what_is_no_range_is_refused() {
        let told = |start, end| EventTimeRange::parse(start, end).unwrap_err().to_string();
        assert!(told("yesterday", "2026-02-01").contains("--event-time-start: `yesterday` is no time"));
        assert!(told("2026-02-01", "2026-02-30").contains("--event-time-end: `2026-02-30` is no time"));
        assert!(told("2026-02-01", "2026-02-01").contains("is not before"));
    }
}
