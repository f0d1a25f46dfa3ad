//! PostgreSQL's format patterns for dates and times (`YYYY-MM-DD HH24:MI:SS`) as a list of parts.
//! Source: PostgreSQL 15, chapter 9.8, table 9.27 and 9.28.

/// One part of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Text to copy.
    Text(String),
    /// A field to fill in.
    Field {
        /// Which one.
        field: Field,
        /// As it was written: `Month`, `MONTH` and `month` differ.
        written: String,
        /// `FM`: without padding.
        fill: bool,
        /// `TH` or `th` behind it.
        ordinal: Option<&'static str>,
    },
}

/// What a field stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Hour24,
    Hour12,
    Minute,
    Second,
    Millisecond,
    Microsecond,
    /// Digits of the fraction, 1 to 6.
    Fraction(usize),
    SecondOfDay,
    HalfDay,
    YearWithComma,
    /// The last digits of the year, 4 meaning all.
    Year(usize),
    IsoYear(usize),
    Era,
    MonthName,
    MonthShort,
    Month,
    DayName,
    DayShort,
    DayOfYear,
    IsoDayOfYear,
    Day,
    /// 1 is Sunday.
    Weekday,
    /// 1 is Monday.
    IsoWeekday,
    WeekOfMonth,
    WeekOfYear,
    IsoWeek,
    Century,
    Julian,
    Quarter,
    RomanMonth,
    ZoneName,
    ZoneHours,
    ZoneMinutes,
    ZoneOffset,
}

/// Longer names before the names that they begin with.
const FIELDS: &[(&str, Field)] = &[
    ("HH24", Field::Hour24),
    ("HH12", Field::Hour12),
    ("HH", Field::Hour12),
    ("MI", Field::Minute),
    ("SSSSS", Field::SecondOfDay),
    ("SSSS", Field::SecondOfDay),
    ("SS", Field::Second),
    ("MS", Field::Millisecond),
    ("US", Field::Microsecond),
    ("FF1", Field::Fraction(1)),
    ("FF2", Field::Fraction(2)),
    ("FF3", Field::Fraction(3)),
    ("FF4", Field::Fraction(4)),
    ("FF5", Field::Fraction(5)),
    ("FF6", Field::Fraction(6)),
    ("A.M.", Field::HalfDay),
    ("P.M.", Field::HalfDay),
    ("AM", Field::HalfDay),
    ("PM", Field::HalfDay),
    ("Y,YYY", Field::YearWithComma),
    ("YYYY", Field::Year(4)),
    ("YYY", Field::Year(3)),
    ("YY", Field::Year(2)),
    ("Y", Field::Year(1)),
    ("IYYY", Field::IsoYear(4)),
    ("IYY", Field::IsoYear(3)),
    ("IY", Field::IsoYear(2)),
    ("IDDD", Field::IsoDayOfYear),
    ("ID", Field::IsoWeekday),
    ("IW", Field::IsoWeek),
    ("I", Field::IsoYear(1)),
    ("B.C.", Field::Era),
    ("A.D.", Field::Era),
    ("BC", Field::Era),
    ("AD", Field::Era),
    ("MONTH", Field::MonthName),
    ("MON", Field::MonthShort),
    ("MM", Field::Month),
    ("DAY", Field::DayName),
    ("DY", Field::DayShort),
    ("DDD", Field::DayOfYear),
    ("DD", Field::Day),
    ("D", Field::Weekday),
    ("WW", Field::WeekOfYear),
    ("W", Field::WeekOfMonth),
    ("CC", Field::Century),
    ("J", Field::Julian),
    ("Q", Field::Quarter),
    ("RM", Field::RomanMonth),
    ("TZH", Field::ZoneHours),
    ("TZM", Field::ZoneMinutes),
    ("TZ", Field::ZoneName),
    ("OF", Field::ZoneOffset),
];

/// The parts of `pattern`. Every text is a pattern: what is no field is copied.
pub(crate) fn parse(pattern: &str) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut rest = pattern;
    let mut fill = false;
    while let Some(first) = rest.chars().next() {
        if first == '"' {
            let (text, after) = quoted(&rest[1..]);
            push_text(&mut parts, &text);
            rest = after;
            continue;
        }
        if first == '\\' && rest[1..].starts_with('"') {
            push_text(&mut parts, "\"");
            rest = &rest[2..];
            continue;
        }
        if let Some(after) = prefix(rest, "FM") {
            fill = true;
            rest = after;
            continue;
        }
        if let Some(after) = prefix(rest, "FX").or_else(|| prefix(rest, "TM")) {
            rest = after;
            continue;
        }
        let found = FIELDS.iter().find_map(|(name, field)| prefix(rest, name).map(|after| (*field, name.len(), after)));
        let Some((field, length, after)) = found else {
            push_text(&mut parts, first.encode_utf8(&mut [0; 4]));
            rest = &rest[first.len_utf8()..];
            continue;
        };
        let written = rest[..length].to_owned();
        let ordinal = match after.get(..2) {
            Some("TH") => Some("TH"),
            Some("th") => Some("th"),
            _ => None,
        };
        rest = if ordinal.is_some() { &after[2..] } else { after };
        parts.push(Part::Field { field, written, fill, ordinal });
        fill = false;
    }
    parts
}

fn prefix<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let head = text.get(..name.len())?;
    head.eq_ignore_ascii_case(name).then(|| &text[name.len()..])
}

fn quoted(text: &str) -> (String, &str) {
    let mut copied = String::new();
    let mut chars = text.char_indices();
    while let Some((index, c)) = chars.next() {
        match c {
            '"' => return (copied, &text[index + 1..]),
            '\\' => copied.extend(chars.next().map(|(_, escaped)| escaped)),
            c => copied.push(c),
        }
    }
    (copied, "")
}

fn push_text(parts: &mut Vec<Part>, text: &str) {
    if let Some(Part::Text(last)) = parts.last_mut() {
        last.push_str(text);
    } else {
        parts.push(Part::Text(text.to_owned()));
    }
}
