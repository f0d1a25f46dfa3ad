//! Dates and times in a form that was named, in the words of `strftime`.

use std::fmt::Write;
use std::sync::Arc;

use chrono::format::{Fixed, Item, Parsed, StrftimeItems, parse};
use chrono::{Datelike, NaiveDate, NaiveTime, Timelike};

/// A form of dates or of points in time: `%d.%m.%Y`, `%m/%d/%y %I:%M %p`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TimeForm {
    text: Arc<str>,
    items: Arc<[Item<'static>]>,
    has_time: bool,
}

const NO_DAY: &str = "it does not say all of a date: year, month and day, as in `%d.%m.%Y`";

/// What a text in such a form says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Told {
    date: NaiveDate,
    time: Option<NaiveTime>,
    offset_seconds: Option<i32>,
}

impl TimeForm {
    /// The form that `text` describes, or why it is none.
    pub(crate) fn new(text: &str) -> Result<Self, &'static str> {
        let items: Vec<Item<'static>> = StrftimeItems::new(text).map(Item::to_owned).collect();
        if items.contains(&Item::Error) {
            return Err("it has a word after `%` that is not known");
        }
        if items.contains(&Item::Fixed(Fixed::TimezoneName)) {
            return Err("the name of a time zone (`%Z`) does not say how far it is from UTC: `%z` does");
        }
        let mut form = Self { text: text.into(), items: items.into(), has_time: false };
        // What is written in the form is read back: what cannot be does not say all of a day, or of a time of it.
        let day = NaiveDate::from_ymd_opt(2026, 7, 24).unwrap_or_default();
        let written = |hour: u32, minute: u32, second: u32| {
            let moment = day.and_hms_opt(hour, minute, second)?;
            let mut written = String::new();
            write!(written, "{}", moment.and_utc().fixed_offset().format_with_items(form.items.iter())).ok()?;
            Some(written)
        };
        let (late, early) = (written(21, 35, 17), written(9, 20, 40));
        let has_time = late != early;
        match late.and_then(|late| form.read(&late)) {
            Some(told) if told.date != day => return Err(NO_DAY),
            Some(Told { time: Some(time), .. }) if time.hour() == 21 => {}
            Some(_) if !has_time => {}
            Some(_) => return Err("its time of day has no hour: `%H`, or `%I` with `%p`"),
            None => return Err(NO_DAY),
        }
        form.has_time = has_time;
        Ok(form)
    }

    /// As it was given.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whether it has a time of day.
    pub(crate) fn has_time(&self) -> bool {
        self.has_time
    }

    /// Whether a text in ISO 8601 might be read as another day in this form.
    pub(crate) fn is_near_iso(&self) -> bool {
        self.text.starts_with("%Y-")
    }

    /// What a text says; `None` where it is not in this form.
    pub(crate) fn read(&self, text: &str) -> Option<Told> {
        let mut parsed = Parsed::new();
        parse(&mut parsed, text.trim(), self.items.iter()).ok()?;
        let date = parsed.to_naive_date().ok()?;
        // `%Y` also takes `26`.
        if !(1_000..=9_999).contains(&date.year()) {
            return None;
        }
        let time = match parsed.to_naive_time() {
            // A leap second is none that a table keeps.
            Ok(time) if time.nanosecond() >= 1_000_000_000 => return None,
            Ok(time) => Some(time),
            // An hour alone is a time of day, too.
            Err(_) => match (parsed.hour_div_12(), parsed.hour_mod_12(), parsed.minute()) {
                (Some(half), Some(hour), None) => NaiveTime::from_hms_opt(half * 12 + hour, 0, 0),
                _ => None,
            },
        };
        if self.has_time && time.is_none() {
            return None;
        }
        Some(Told { date, time, offset_seconds: parsed.offset() })
    }
}

impl Told {
    /// Whether it is a day alone.
    pub(crate) fn is_date(&self) -> bool {
        self.time.is_none()
    }

    /// Whether it says how far from UTC it is.
    pub(crate) fn has_offset(&self) -> bool {
        self.offset_seconds.is_some()
    }

    /// Adds it in ISO 8601.
    pub(crate) fn push_iso(&self, out: &mut String) {
        let _ = write!(out, "{}", self.date.format("%Y-%m-%d"));
        let Some(time) = self.time else { return };
        let _ = write!(out, "T{}", time.format("%H:%M:%S%.f"));
        if let Some(seconds) = self.offset_seconds {
            let (sign, seconds) = if seconds < 0 { ('-', -seconds) } else { ('+', seconds) };
            let _ = write!(out, "{sign}{:02}:{:02}", seconds / 3_600, seconds / 60 % 60);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(form: &str, text: &str) -> Option<String> {
        let mut out = String::new();
        TimeForm::new(form).unwrap().read(text)?.push_iso(&mut out);
        Some(out)
    }

    #[test]
    fn texts_are_read_as_their_form_says() {
        for (form, text, expected) in [
            ("%d.%m.%Y", "27.12.2026", "2026-12-27"),
            ("%d.%m.%Y", " 7.2.2026 ", "2026-02-07"),
            ("%d.%m.%y", "27.12.26", "2026-12-27"),
            ("%m/%d/%Y", "12/27/2026", "2026-12-27"),
            ("%Y%m%d", "20261227", "2026-12-27"),
            ("%d %b %Y", "27 Dec 2026", "2026-12-27"),
            ("%d.%m.%Y %H:%M", "27.12.2026 13:30", "2026-12-27T13:30:00"),
            ("%d.%m.%Y %H", "27.12.2026 13", "2026-12-27T13:00:00"),
            ("%m/%d/%Y %I:%M %p", "12/27/2026 1:30 PM", "2026-12-27T13:30:00"),
            ("%d.%m.%Y %H:%M:%S%.f", "27.12.2026 13:30:05.25", "2026-12-27T13:30:05.250"),
            ("%d/%m/%Y %H:%M %z", "27/12/2026 13:30 -0330", "2026-12-27T13:30:00-03:30"),
        ] {
            assert_eq!(read(form, text).as_deref(), Some(expected), "{form} of {text}");
        }
        for (form, text) in [
            ("%d.%m.%Y", "31.02.2026"),
            ("%d.%m.%Y", "27.12.26"),
            ("%d.%m.%Y", "12.27.2026"),
            ("%d.%m.%Y", "27.12.2026 13:30"),
            ("%d.%m.%Y", "2026-12-27"),
            ("%d.%m.%Y %H:%M", "27.12.2026"),
            ("%d.%m.%Y %H:%M:%S", "27.12.2026 13:30:60"),
            ("%d.%m.%Y", ""),
        ] {
            assert_eq!(read(form, text), None, "{form} of {text}");
        }
    }

    #[test]
    fn forms_say_a_whole_day_or_are_none() {
        for (form, words) in [
            ("%d.%m", "year, month and day"),
            ("%H:%M", "year, month and day"),
            ("%s", "year, month and day"),
            ("plain", "year, month and day"),
            ("%d.%m.%Q", "not known"),
            ("%d.%m.%Y %H:%M %Z", "`%z` does"),
            ("%d.%m.%Y %I:%M", "`%p`"),
        ] {
            let why = TimeForm::new(form).unwrap_err();
            assert!(why.contains(words), "{form}: {why}");
        }
        assert!(!TimeForm::new("%d.%m.%Y").unwrap().has_time());
        assert!(TimeForm::new("%d.%m.%Y %H:%M").unwrap().has_time());
    }
}
