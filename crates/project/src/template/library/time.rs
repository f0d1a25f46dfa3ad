//! Times, dates and spans of time, as Python's `datetime` has them.

use std::cmp::Ordering;

use chrono::{DateTime, Datelike, Months, NaiveDate, NaiveDateTime, TimeDelta, Timelike, Utc};

use crate::template::interpret::{Args, Interpreter, Outcome, Raise};
use crate::template::value::{Object, Value};

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Time {
    /// A date and time; whether its zone is known to be UTC.
    Instant(NaiveDateTime, bool),
    Date(NaiveDate),
    Span(TimeDelta),
}

impl Time {
    pub(crate) fn utc(at: DateTime<Utc>) -> Self {
        Self::Instant(at.naive_utc(), true)
    }

    /// `self + other` or `self - other`.
    pub(crate) fn combine(self, plus: bool, other: Self) -> Option<Self> {
        Some(match (self, other) {
            (Self::Instant(at, utc), Self::Span(span)) => {
                let moved = if plus { at.checked_add_signed(span) } else { at.checked_sub_signed(span) };
                Self::Instant(moved?, utc)
            }
            (Self::Date(date), Self::Span(span)) => {
                let days = TimeDelta::days(span.num_days());
                Self::Date(if plus { date.checked_add_signed(days) } else { date.checked_sub_signed(days) }?)
            }
            (Self::Span(left), Self::Span(right)) => {
                Self::Span(if plus { left.checked_add(&right) } else { left.checked_sub(&right) }?)
            }
            (Self::Span(_), _) if plus => other.combine(true, self)?,
            (Self::Instant(left, _), Self::Instant(right, _)) if !plus => Self::Span(left - right),
            (Self::Date(left), Self::Date(right)) if !plus => Self::Span(left - right),
            _ => return None,
        })
    }

    fn strftime(self, format: &str) -> Result<String, Raise> {
        use std::fmt::Write;
        let mut out = String::new();
        let written = match self {
            Self::Instant(at, true) => write!(out, "{}", at.and_utc().format(format)),
            Self::Instant(at, false) => write!(out, "{}", at.format(format)),
            Self::Date(date) => write!(out, "{}", date.and_time(chrono::NaiveTime::MIN).format(format)),
            Self::Span(_) => return Err(Raise::plain("a span of time has no `strftime`")),
        };
        written.map(|()| out).map_err(|_| Raise::plain(format!("`{format}` is no format of a time")))
    }

    fn date(self) -> Option<NaiveDate> {
        match self {
            Self::Instant(at, _) => Some(at.date()),
            Self::Date(date) => Some(date),
            Self::Span(_) => None,
        }
    }

    fn replaced(self, args: &Args) -> Outcome {
        let names = ["year", "month", "day", "hour", "minute", "second", "microsecond", "tzinfo"];
        let parts = args.bind("replace", names, 0)?;
        let wrong = || Raise::plain("there is no such date or time");
        let (date, time) = match self {
            Self::Instant(at, _) => (at.date(), at.time()),
            Self::Date(date) => (date, chrono::NaiveTime::MIN),
            Self::Span(_) => return Err(Raise::plain("a span of time has no `replace`")),
        };
        let part = |index: usize, or: u32| {
            parts[index].as_ref().and_then(|part| u32::try_from(part.as_int()?).ok()).unwrap_or(or)
        };
        let year = parts[0].as_ref().and_then(|year| i32::try_from(year.as_int()?).ok()).unwrap_or(date.year());
        let date = NaiveDate::from_ymd_opt(year, part(1, date.month()), part(2, date.day())).ok_or_else(wrong)?;
        if let Self::Date(_) = self {
            return Ok(Value::object(Self::Date(date)));
        }
        let (hour, minute, second) = (part(3, time.hour()), part(4, time.minute()), part(5, time.second()));
        let at = date.and_hms_micro_opt(hour, minute, second, part(6, time.nanosecond() / 1000)).ok_or_else(wrong)?;
        Ok(Value::object(Self::Instant(at, matches!(self, Self::Instant(_, true)) && parts[7].is_none())))
    }

    fn isoformat(self) -> String {
        match self {
            Self::Instant(at, utc) => iso(at, "T", utc),
            other => other.to_text(),
        }
    }
}

impl PartialOrd for Time {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Instant(left, _), Self::Instant(right, _)) => left.partial_cmp(right),
            (Self::Date(left), Self::Date(right)) => left.partial_cmp(right),
            (Self::Span(left), Self::Span(right)) => left.partial_cmp(right),
            _ => None,
        }
    }
}

impl Object for Time {
    fn type_name(&self) -> &'static str {
        match self {
            Self::Instant(..) => "datetime",
            Self::Date(_) => "date",
            Self::Span(_) => "timedelta",
        }
    }

    fn attribute(&self, name: &str) -> Option<Value> {
        if let Self::Span(span) = self {
            return match name {
                "days" => Some(Value::Int(span.num_days())),
                "seconds" => Some(Value::Int(span.num_seconds() - span.num_days() * 86_400)),
                _ => None,
            };
        }
        let date = self.date()?;
        let time = match self {
            Self::Instant(at, _) => Some(at.time()),
            _ => None,
        };
        Some(Value::Int(match name {
            "year" => i64::from(date.year()),
            "month" => i64::from(date.month()),
            "day" => i64::from(date.day()),
            "hour" => i64::from(time?.hour()),
            "minute" => i64::from(time?.minute()),
            "second" => i64::from(time?.second()),
            "microsecond" => i64::from(time?.nanosecond() / 1000),
            _ => return None,
        }))
    }

    #[expect(clippy::cast_precision_loss, reason = "Python's timestamps are floats too")]
    fn call_method(&self, _: &mut Interpreter<'_>, name: &str, args: &Args) -> Option<Outcome> {
        let value = match (name, *self) {
            ("strftime", _) => args
                .bind(name, ["format"], 1)
                .and_then(|[format]| self.strftime(&format.unwrap_or(Value::None).to_string()).map(Value::from)),
            ("isoformat", _) => Ok(Value::from(self.isoformat())),
            ("date", _) => Ok(self.date().map_or(Value::None, |date| Value::object(Self::Date(date)))),
            ("replace", _) => self.replaced(args),
            ("weekday", _) => {
                Ok(Value::from(self.date().map_or(0, |date| i64::from(date.weekday().num_days_from_monday()))))
            }
            ("isoweekday", _) => {
                Ok(Value::from(self.date().map_or(0, |date| i64::from(date.weekday().number_from_monday()))))
            }
            ("timestamp", Self::Instant(at, _)) => Ok(Value::Float(at.and_utc().timestamp_micros() as f64 / 1e6)),
            ("astimezone", Self::Instant(at, _)) => Ok(Value::object(Self::Instant(at, true))),
            ("total_seconds", Self::Span(span)) => Ok(Value::Float(span.num_milliseconds() as f64 / 1000.0)),
            _ => return None,
        };
        Some(value)
    }

    fn to_text(&self) -> String {
        match self {
            Self::Instant(at, utc) => iso(*at, " ", *utc),
            Self::Date(date) => date.to_string(),
            Self::Span(span) => {
                let (days, seconds) = (span.num_seconds().div_euclid(86_400), span.num_seconds().rem_euclid(86_400));
                let clock = format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
                match days {
                    0 => clock,
                    1 | -1 => format!("{days} day, {clock}"),
                    days => format!("{days} days, {clock}"),
                }
            }
        }
    }

    fn as_time(&self) -> Option<Time> {
        Some(*self)
    }
}

fn iso(at: NaiveDateTime, between: &str, utc: bool) -> String {
    let fraction = if at.nanosecond() / 1000 == 0 { String::new() } else { format!(".{:06}", at.nanosecond() / 1000) };
    let zone = if utc { "+00:00" } else { "" };
    format!("{}{between}{}{fraction}{zone}", at.format("%Y-%m-%d"), at.format("%H:%M:%S"))
}

/// A date moved by whole months, as `dateutil` does it: the last day of a shorter month instead of an overflow.
pub(super) fn add_months(date: NaiveDate, months: i64) -> Option<NaiveDate> {
    let count = Months::new(u32::try_from(months.unsigned_abs()).ok()?);
    if months < 0 { date.checked_sub_months(count) } else { date.checked_add_months(count) }
}
