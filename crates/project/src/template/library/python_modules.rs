//! `modules.datetime`, `modules.re` and `modules.itertools`.

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use regex::{Regex, RegexBuilder};

use crate::template::interpret::{Args, Interpreter, Outcome, Raise};
use crate::template::value::{Object, Value};

use super::Native;
use super::time::{Time, add_months};

pub(super) const NATIVES: &[Native] = &[
    Native { module: "modules.datetime.datetime", name: "now", call: |interpreter, _| Ok(now(interpreter)) },
    Native { module: "modules.datetime.datetime", name: "utcnow", call: |interpreter, _| Ok(now(interpreter)) },
    Native { module: "modules.datetime.datetime", name: "today", call: |interpreter, _| Ok(now(interpreter)) },
    Native { module: "modules.datetime.datetime", name: "strptime", call: strptime },
    Native { module: "modules.datetime.datetime", name: "fromisoformat", call: from_iso },
    Native { module: "modules.datetime.datetime", name: "", call: datetime },
    Native { module: "modules.datetime.date", name: "today", call: |interpreter, _| Ok(today(interpreter)) },
    Native { module: "modules.datetime.date", name: "fromisoformat", call: date_from_iso },
    Native { module: "modules.datetime.date", name: "", call: date },
    Native { module: "modules.datetime", name: "timedelta", call: timedelta },
    Native { module: "modules.datetime", name: "add_months", call: months },
    Native { module: "modules.re", name: "compile", call: compile },
    Native {
        module: "modules.re",
        name: "escape",
        call: |_, args| Ok(Value::from(regex::escape(&text(args.positional.first().cloned())))),
    },
    Native { module: "modules.re", name: "match", call: |_, args| search(args, Anchor::Start) },
    Native { module: "modules.re", name: "fullmatch", call: |_, args| search(args, Anchor::Both) },
    Native { module: "modules.re", name: "search", call: |_, args| search(args, Anchor::Nowhere) },
    Native { module: "modules.re", name: "findall", call: find_all },
    Native { module: "modules.re", name: "sub", call: substitute },
    Native { module: "modules.re", name: "split", call: split },
    Native { module: "modules.itertools", name: "chain", call: |_, args| Ok(chain(args)) },
    Native { module: "modules.itertools", name: "product", call: product },
];

/// The time at which the invocation began: a template has no other clock.
fn now(interpreter: &mut Interpreter<'_>) -> Value {
    interpreter.uses.volatile = true;
    Value::object(Time::Instant(interpreter.settings.run_started_at.naive_utc(), false))
}

fn today(interpreter: &mut Interpreter<'_>) -> Value {
    interpreter.uses.volatile = true;
    Value::object(Time::Date(interpreter.settings.run_started_at.date_naive()))
}

fn text(value: Option<Value>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

fn strptime(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [value, format] = args.bind("strptime", ["date_string", "format"], 2)?;
    let (value, format) = (text(value), text(format));
    let whole = NaiveDateTime::parse_from_str(&value, &format);
    let read =
        whole.or_else(|_| NaiveDate::parse_from_str(&value, &format).map(|date| date.and_time(chrono::NaiveTime::MIN)));
    match read {
        Ok(at) => Ok(Value::object(Time::Instant(at, false))),
        Err(_) => Err(Raise::plain(format!("`{value}` does not match the format `{format}`"))),
    }
}

fn iso(value: &str) -> Option<NaiveDateTime> {
    let value = value.trim_end_matches('Z').trim_end_matches("+00:00");
    let formats = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"];
    let whole = formats.iter().find_map(|format| NaiveDateTime::parse_from_str(value, format).ok());
    whole.or_else(|| Some(value.parse::<NaiveDate>().ok()?.and_time(chrono::NaiveTime::MIN)))
}

fn from_iso(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [value] = args.bind("fromisoformat", ["date_string"], 1)?;
    let value = text(value);
    let utc = value.ends_with('Z') || value.ends_with("+00:00");
    let at = iso(&value).ok_or_else(|| Raise::plain(format!("`{value}` is no ISO 8601 time")))?;
    Ok(Value::object(Time::Instant(at, utc)))
}

fn date_from_iso(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [value] = args.bind("fromisoformat", ["date_string"], 1)?;
    let value = text(value);
    let date = value.parse::<NaiveDate>().map_err(|_| Raise::plain(format!("`{value}` is no ISO 8601 date")))?;
    Ok(Value::object(Time::Date(date)))
}

fn parts<const N: usize>(values: [Option<Value>; N]) -> [u32; N] {
    values.map(|value| value.and_then(|value| u32::try_from(value.as_int()?).ok()).unwrap_or(0))
}

fn calendar(year: u32, month: u32, day: u32) -> Outcome<NaiveDate> {
    let date = i32::try_from(year).ok().and_then(|year| NaiveDate::from_ymd_opt(year, month, day));
    date.ok_or_else(|| Raise::plain(format!("there is no date {year}-{month:02}-{day:02}")))
}

fn datetime(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let names = ["year", "month", "day", "hour", "minute", "second", "microsecond"];
    let [year, month, day, hour, minute, second, micro] = parts(args.bind("datetime", names, 3)?);
    let at = calendar(year, month, day)?.and_hms_micro_opt(hour, minute, second, micro);
    let at = at.ok_or_else(|| Raise::plain("there is no such time of day"))?;
    Ok(Value::object(Time::Instant(at, false)))
}

fn date(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [year, month, day] = parts(args.bind("date", ["year", "month", "day"], 3)?);
    Ok(Value::object(Time::Date(calendar(year, month, day)?)))
}

fn timedelta(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let names = ["days", "seconds", "microseconds", "milliseconds", "minutes", "hours", "weeks"];
    let micros = [86_400e6, 1e6, 1.0, 1e3, 60e6, 3600e6, 604_800e6];
    let given = args.bind("timedelta", names, 0)?;
    let total: f64 = given
        .iter()
        .zip(micros)
        .map(|(value, unit)| value.as_ref().and_then(Value::as_float).unwrap_or(0.0) * unit)
        .sum();
    Ok(Value::object(Time::Span(TimeDelta::microseconds(super::format::truncated(total.round())))))
}

fn months(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [date, count] = args.bind("add_months", ["date", "months"], 2)?;
    let Some(Value::Object(date)) = date else { return Err(Raise::plain("`add_months` takes a date")) };
    let count = count.and_then(|count| count.as_int()).unwrap_or(0);
    let moved = match date.as_time() {
        Some(Time::Date(date)) => add_months(date, count).map(Time::Date),
        Some(Time::Instant(at, utc)) => {
            add_months(at.date(), count).map(|date| Time::Instant(date.and_time(at.time()), utc))
        }
        _ => None,
    };
    moved.map(Value::object).ok_or_else(|| Raise::plain("`add_months` takes a date and a number of months"))
}

/// Python's flags, by the names that `modules.re` has for them.
const FLAGS: [(&str, i64); 10] = [
    ("I", 2),
    ("IGNORECASE", 2),
    ("M", 8),
    ("MULTILINE", 8),
    ("S", 16),
    ("DOTALL", 16),
    ("X", 64),
    ("VERBOSE", 64),
    ("U", 32),
    ("UNICODE", 32),
];

/// `modules.re.IGNORECASE` and its like.
pub(super) fn flag(name: &str) -> Option<Value> {
    FLAGS.iter().find(|(known, _)| *known == name).map(|(_, value)| Value::Int(*value))
}

fn pattern(value: Option<Value>, flags: Option<Value>) -> Outcome<Regex> {
    anchored(value, flags, Anchor::Nowhere)
}

/// A pattern that matches at its anchor only: tried after a match, an earlier alternative could hide the one that fits.
fn anchored(value: Option<Value>, flags: Option<Value>, anchor: Anchor) -> Outcome<Regex> {
    if let Some(Value::Object(compiled)) = &value
        && let Some(Value::Str(source)) = compiled.attribute("pattern")
        && let Some(given) = compiled.attribute("flags")
    {
        return anchored(Some(Value::Str(source)), Some(given), anchor);
    }
    let text = text(value);
    let whole = match anchor {
        Anchor::Nowhere => text.clone(),
        Anchor::Start => format!(r"\A(?:{text})"),
        Anchor::Both => format!(r"\A(?:{text})\z"),
    };
    let flags = flags.map_or(Some(0), |flags| flags.as_int());
    let known = FLAGS.iter().fold(0, |all, (_, flag)| all | flag);
    let Some(flags) = flags.filter(|flags| flags & !known == 0) else {
        return Err(Raise::plain(
            "the flags of a regular expression are IGNORECASE, MULTILINE, DOTALL, VERBOSE and UNICODE",
        ));
    };
    let built = RegexBuilder::new(&whole)
        .case_insensitive(flags & 2 != 0)
        .multi_line(flags & 8 != 0)
        .dot_matches_new_line(flags & 16 != 0)
        .ignore_whitespace(flags & 64 != 0)
        .build();
    built.map_err(|_| Raise::plain(format!("`{text}` is no regular expression that this program can run")))
}

/// `re.compile(…)`.
struct Compiled {
    pattern: Value,
    flags: Value,
}

fn compile(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [wanted, flags] = args.bind("re.compile", ["pattern", "flags"], 1)?;
    pattern(wanted.clone(), flags.clone())?;
    let pattern = wanted.unwrap_or(Value::None);
    Ok(Value::object(Compiled { pattern, flags: flags.unwrap_or(Value::Int(0)) }))
}

impl Object for Compiled {
    fn type_name(&self) -> &'static str {
        "Pattern"
    }

    fn attribute(&self, name: &str) -> Option<Value> {
        match name {
            "pattern" => Some(self.pattern.clone()),
            "flags" => Some(self.flags.clone()),
            _ => None,
        }
    }

    fn call_method(&self, interpreter: &mut Interpreter<'_>, name: &str, args: &Args) -> Option<Outcome> {
        let mut all = args.clone();
        all.positional.insert(0, self.pattern.clone());
        all.named.push(("flags".into(), self.flags.clone()));
        Some(match name {
            "match" => search(&all, Anchor::Start),
            "fullmatch" => search(&all, Anchor::Both),
            "search" => search(&all, Anchor::Nowhere),
            "findall" => find_all(interpreter, &all),
            "sub" => substitute(interpreter, &all),
            "split" => split(interpreter, &all),
            _ => return None,
        })
    }
}

/// What a search found.
struct Match(Vec<Option<String>>, usize, usize);

impl Object for Match {
    fn type_name(&self) -> &'static str {
        "Match"
    }

    fn call_method(&self, _: &mut Interpreter<'_>, name: &str, args: &Args) -> Option<Outcome> {
        let group = |index: usize| self.0.get(index).cloned().flatten().map_or(Value::None, Value::from);
        match name {
            "group" => {
                let index = args.positional.first().and_then(Value::as_int).unwrap_or(0);
                Some(Ok(group(usize::try_from(index).unwrap_or(usize::MAX))))
            }
            "groups" => Some(Ok(Value::tuple((1..self.0.len()).map(group)))),
            "start" => Some(Ok(Value::from(self.1))),
            "end" => Some(Ok(Value::from(self.2))),
            "span" => Some(Ok(Value::tuple([Value::from(self.1), Value::from(self.2)]))),
            _ => None,
        }
    }
}

/// Where a match must begin and end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Anchor {
    Nowhere,
    Start,
    Both,
}

fn search(args: &Args, anchor: Anchor) -> Outcome {
    let [wanted, value, flags] = args.bind("re.search", ["pattern", "string", "flags"], 2)?;
    let (wanted, value) = (anchored(wanted, flags, anchor)?, text(value));
    let found = wanted.captures(&value).map(|found| {
        let groups = found.iter().map(|group| group.map(|group| group.as_str().to_owned())).collect();
        let (start, end) = found.get(0).map_or((0, 0), |whole| (whole.start(), whole.end()));
        Value::object(Match(groups, value[..start].chars().count(), value[..end].chars().count()))
    });
    Ok(found.unwrap_or(Value::None))
}

fn find_all(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [wanted, value, flags] = args.bind("re.findall", ["pattern", "string", "flags"], 2)?;
    let (wanted, value) = (pattern(wanted, flags)?, text(value));
    let found = wanted.captures_iter(&value).map(|found| {
        let group = |index: usize| Value::from(found.get(index).map_or("", |group| group.as_str()));
        match found.len() {
            1 => group(0),
            2 => group(1),
            count => Value::tuple((1..count).map(group)),
        }
    });
    Ok(Value::list(found.collect::<Vec<_>>()))
}

fn substitute(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [wanted, with, value, count, flags] =
        args.bind("re.sub", ["pattern", "repl", "string", "count", "flags"], 3)?;
    let (wanted, value) = (pattern(wanted, flags)?, text(value));
    // Python writes groups as `\1`, the regex crate as `${1}`.
    let with = Regex::new(r"\\(?:g<(\w+)>|(\d))").map_or_else(
        |_| text(with.clone()),
        |groups| groups.replace_all(&text(with.clone()).replace('$', "$$"), "$${$1$2}").into_owned(),
    );
    let count = count.and_then(|count| usize::try_from(count.as_int()?).ok()).unwrap_or(0);
    Ok(Value::from(wanted.replacen(&value, count, with.as_str()).into_owned()))
}

/// As in Python, the groups of the pattern are among the parts.
fn split(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [wanted, value, most, flags] = args.bind("re.split", ["pattern", "string", "maxsplit", "flags"], 2)?;
    let (wanted, value) = (pattern(wanted, flags)?, text(value));
    let most = most.and_then(|most| usize::try_from(most.as_int()?).ok()).filter(|most| *most > 0);
    let (mut parts, mut from) = (Vec::new(), 0);
    for found in wanted.captures_iter(&value).take(most.unwrap_or(usize::MAX)) {
        let Some(whole) = found.get(0) else { continue };
        parts.push(Value::from(&value[from..whole.start()]));
        parts.extend(found.iter().skip(1).map(|group| group.map_or(Value::None, |group| Value::from(group.as_str()))));
        from = whole.end();
    }
    parts.push(Value::from(&value[from..]));
    Ok(Value::list(parts))
}

fn chain(args: &Args) -> Value {
    Value::list(args.positional.iter().flat_map(|list| list.items().unwrap_or_default()))
}

fn product(_: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
    for list in &args.positional {
        let items = list.items().unwrap_or_default();
        if rows.len().saturating_mul(items.len()) > 1_000_000 {
            return Err(Raise::plain("this product has more than a million items"));
        }
        rows = rows
            .iter()
            .flat_map(|row| items.iter().map(move |item| row.iter().cloned().chain([item.clone()]).collect()))
            .collect();
    }
    Ok(Value::list(rows.into_iter().map(Value::tuple)))
}
