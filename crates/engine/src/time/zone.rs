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
    /// The zone of a name such as `UTC`, `Europe/Berlin`, `+02` or `-03:30`. As in PostgreSQL, a
    /// sign in a zone *name* would be POSIX's and mean the opposite; offsets here are only read
    /// inside timestamps, where east is positive.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "utc" | "gmt" | "z" | "zulu" | "uct" => return Some(Self::Fixed(0)),
            "est" => return Some(Self::Fixed(-5 * 3600)),
            "edt" => return Some(Self::Fixed(-4 * 3600)),
            "cst" => return Some(Self::Fixed(-6 * 3600)),
            "cdt" => return Some(Self::Fixed(-5 * 3600)),
            "mst" => return Some(Self::Fixed(-7 * 3600)),
            "mdt" => return Some(Self::Fixed(-6 * 3600)),
            "pst" => return Some(Self::Fixed(-8 * 3600)),
            "pdt" => return Some(Self::Fixed(-7 * 3600)),
            "cet" => return Some(Self::Fixed(3600)),
            "cest" => return Some(Self::Fixed(2 * 3600)),
            _ => {}
        }
        name.parse::<Tz>().ok().map(Self::Named)
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
