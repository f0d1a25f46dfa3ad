//! Time zones: names of the tz database and fixed offsets.

use arrow::array::timezone::Tz;
use chrono::{LocalResult, NaiveDateTime, Offset, TimeDelta, TimeZone};

/// A place's rules or a fixed distance from UTC.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Zone {
    /// Seconds east of UTC.
    Fixed(i32),
    /// `Europe/Berlin`.
    Named(Tz),
}

impl Zone {
    /// The zone of a name such as `UTC`, `CET` or `Europe/Berlin`. Offsets are no names: in PostgreSQL
    /// `at time zone '+02'` means west of UTC, which nobody expects.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let hours = match name.to_ascii_lowercase().as_str() {
            "utc" | "gmt" | "z" | "zulu" | "uct" => Some(0),
            "pst" => Some(-8),
            "mst" | "pdt" => Some(-7),
            "cst" | "mdt" => Some(-6),
            "est" | "cdt" => Some(-5),
            "edt" => Some(-4),
            "cet" => Some(1),
            "cest" => Some(2),
            signed if signed.starts_with(['+', '-']) => return None,
            _ => None,
        };
        match hours {
            Some(hours) => Some(Self::Fixed(hours * 3600)),
            None => name.parse::<Tz>().ok().map(Self::Named),
        }
    }

    /// The instant at which clocks in the zone show `local`. In the hour that clocks skip, and in
    /// the hour that they show twice, the standard time (the later offset from before the change)
    /// counts, as in PostgreSQL.
    pub(crate) fn to_utc(self, local: NaiveDateTime) -> NaiveDateTime {
        let offset = match self {
            Self::Fixed(seconds) => seconds,
            Self::Named(zone) => match zone.offset_from_local_datetime(&local) {
                LocalResult::Single(offset) => offset.fix().local_minus_utc(),
                LocalResult::Ambiguous(first, second) => {
                    first.fix().local_minus_utc().min(second.fix().local_minus_utc())
                }
                LocalResult::None => {
                    let before = local - TimeDelta::days(1);
                    zone.offset_from_utc_datetime(&before).fix().local_minus_utc()
                }
            },
        };
        local - TimeDelta::seconds(i64::from(offset))
    }

    /// What clocks in the zone show at the instant `utc`.
    pub(crate) fn to_local(self, utc: NaiveDateTime) -> NaiveDateTime {
        let offset = match self {
            Self::Fixed(seconds) => seconds,
            Self::Named(zone) => zone.offset_from_utc_datetime(&utc).fix().local_minus_utc(),
        };
        utc + TimeDelta::seconds(i64::from(offset))
    }
}
