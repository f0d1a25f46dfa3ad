//! The grid of a model that is replaced by time, and which of its intervals a run makes.
use ade_lake::Interval;
use ade_project::resource::{BatchSize, Interval as Grid};
use chrono::{DateTime, Datelike, Months, TimeDelta, TimeZone, Timelike, Utc};

use super::EventTimeRange;

/// The intervals that are due at `now`, oldest first: from the last one that the table has, less the lookback, up to the
/// current one. `until` is the end of the last one; without it all since the beginning are due.
pub(super) fn due(grid: &Grid, until: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Vec<Interval> {
    let size = grid.batch_size;
    let current = floor(now, size);
    // Whatever was the current interval last time was not complete then.
    let mut from = until.map_or(grid.begin, |until| floor(previous(until, size), size)).min(current);
    for _ in 0..grid.lookback {
        from = previous(from, size);
    }
    let mut start = from.max(floor(grid.begin, size));
    let mut intervals = Vec::new();
    while start <= current {
        let interval = interval_at(start, size);
        start = interval.to;
        intervals.push(interval);
    }
    intervals
}

/// The intervals that a range touches, oldest first. That it begins before the grid does is what its author wanted.
pub(super) fn touched(grid: &Grid, range: EventTimeRange) -> Vec<Interval> {
    let mut intervals = Vec::new();
    let mut start = floor(range.from, grid.batch_size);
    while start < range.to {
        let interval = interval_at(start, grid.batch_size);
        start = interval.to;
        intervals.push(interval);
    }
    intervals
}

/// Up to when a table is complete that was so up to `until`, after `made` was made.
pub(super) fn complete_until(until: Option<DateTime<Utc>>, made: &Interval) -> Option<DateTime<Utc>> {
    until.map(|until| if made.from <= until { until.max(made.to) } else { until })
}

/// All intervals up to the current one as one.
pub(super) fn so_far(grid: &Grid, now: DateTime<Utc>) -> Interval {
    Interval {
        from: floor(grid.begin, grid.batch_size),
        to: interval_at(floor(now, grid.batch_size), grid.batch_size).to,
    }
}

/// The interval in words for people.
pub(super) fn words(interval: &Interval) -> String {
    let shown = |time: DateTime<Utc>| time.format("%Y-%m-%d %H:%M").to_string();
    format!("{} to {}", shown(interval.from), shown(interval.to))
}

fn interval_at(start: DateTime<Utc>, size: BatchSize) -> Interval {
    Interval { from: start, to: next(start, size) }
}

/// The start of the interval that `time` is in.
fn floor(time: DateTime<Utc>, size: BatchSize) -> DateTime<Utc> {
    let (month, day, hour) = match size {
        BatchSize::Hour => (time.month(), time.day(), time.hour()),
        BatchSize::Day => (time.month(), time.day(), 0),
        BatchSize::Month => (time.month(), 1, 0),
        BatchSize::Year => (1, 1, 0),
    };
    Utc.with_ymd_and_hms(time.year(), month, day, hour, 0, 0).single().unwrap_or(time)
}

/// The start of the interval after the one that begins at `start`.
fn next(start: DateTime<Utc>, size: BatchSize) -> DateTime<Utc> {
    match size {
        BatchSize::Hour => start + TimeDelta::hours(1),
        BatchSize::Day => start + TimeDelta::days(1),
        BatchSize::Month => start.checked_add_months(Months::new(1)).unwrap_or(start),
        BatchSize::Year => start.checked_add_months(Months::new(12)).unwrap_or(start),
    }
}

/// The start of the interval before the one that begins at `start`.
fn previous(start: DateTime<Utc>, size: BatchSize) -> DateTime<Utc> {
    match size {
        BatchSize::Hour => start - TimeDelta::hours(1),
        BatchSize::Day => start - TimeDelta::days(1),
        BatchSize::Month => start.checked_sub_months(Months::new(1)).unwrap_or(start),
        BatchSize::Year => start.checked_sub_months(Months::new(12)).unwrap_or(start),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(&format!("{text}Z")).unwrap().to_utc()
    }

    #[test]
    fn intervals_lie_on_a_grid() {
        let time = Utc.with_ymd_and_hms(2024, 3, 31, 13, 45, 7).unwrap();
        let shown: Vec<String> = [BatchSize::Hour, BatchSize::Day, BatchSize::Month, BatchSize::Year]
            .into_iter()
            .map(|size| {
                let start = floor(time, size);
                format!("{} {}", start.format("%F %T"), next(start, size).format("%F %T"))
            })
            .collect();
        assert_eq!(
            shown,
            [
                "2024-03-31 13:00:00 2024-03-31 14:00:00",
                "2024-03-31 00:00:00 2024-04-01 00:00:00",
                "2024-03-01 00:00:00 2024-04-01 00:00:00",
                "2024-01-01 00:00:00 2025-01-01 00:00:00",
            ]
        );
    }

    #[test]
    fn a_range_is_made_of_whole_intervals() {
        let grid = Grid {
            event_time: "at".to_owned(),
            batch_size: BatchSize::Day,
            lookback: 1,
            begin: at("2024-03-01T00:00:00"),
        };
        let days = |from: &str, to: &str| -> Vec<String> {
            let range = EventTimeRange { from: at(from), to: at(to) };
            touched(&grid, range).iter().map(|day| day.from.format("%m-%d").to_string()).collect()
        };
        assert_eq!(days("2024-03-02T00:00:00", "2024-03-04T00:00:00"), ["03-02", "03-03"]);
        assert_eq!(days("2024-03-02T13:00:00", "2024-03-04T00:00:01"), ["03-02", "03-03", "03-04"]);
        assert_eq!(days("2024-02-28T13:00:00", "2024-02-28T13:00:01"), ["02-28"], "before the beginning, as asked");
    }

    #[test]
    fn a_range_leaves_no_gap_unseen() {
        let made = |from: &str, to: &str| Interval { from: at(from), to: at(to) };
        let until = Some(at("2024-03-05T00:00:00"));
        let (past, next) =
            (made("2024-03-01T00:00:00", "2024-03-02T00:00:00"), made("2024-03-05T00:00:00", "2024-03-07T00:00:00"));
        assert_eq!(complete_until(until, &past), until);
        assert_eq!(complete_until(until, &next), Some(next.to));
        assert_eq!(complete_until(until, &made("2024-03-06T00:00:00", "2024-03-07T00:00:00")), until);
        assert_eq!(complete_until(None, &next), None);
    }

    #[test]
    fn what_is_due_begins_with_the_last_interval_less_the_lookback() {
        let grid = |lookback| Grid {
            event_time: "at".to_owned(),
            batch_size: BatchSize::Day,
            lookback,
            begin: at("2024-03-01T00:00:00"),
        };
        let days = |lookback, until: Option<&str>, now: &str| -> Vec<u32> {
            due(&grid(lookback), until.map(at), at(now)).iter().map(|interval| interval.from.day()).collect()
        };
        let now = "2024-03-07T13:00:00";
        assert_eq!(days(1, Some("2024-03-08T00:00:00"), now), [6, 7], "again on the same day");
        assert_eq!(days(1, Some("2024-03-07T00:00:00"), now), [5, 6, 7], "yesterday was not complete when it was made");
        assert_eq!(days(0, Some("2024-03-04T00:00:00"), now), [3, 4, 5, 6, 7], "days without a run");
        assert_eq!(days(9, Some("2024-03-03T00:00:00"), now), [1, 2, 3, 4, 5, 6, 7], "nothing is before the beginning");
        assert_eq!(days(1, None, now), [1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(days(1, None, "2024-02-01T00:00:00"), [0; 0], "the beginning is to come");
        let months = due(
            &Grid { batch_size: BatchSize::Month, ..grid(0) },
            Some(at("2024-04-01T00:00:00")),
            at("2024-05-31T23:59:59"),
        );
        assert_eq!(
            months.iter().map(words).collect::<Vec<_>>(),
            [
                "2024-03-01 00:00 to 2024-04-01 00:00",
                "2024-04-01 00:00 to 2024-05-01 00:00",
                "2024-05-01 00:00 to 2024-06-01 00:00"
            ]
        );
    }
}
