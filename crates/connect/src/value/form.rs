//! What to do about a text that does not fit its column's type.

use arrow::datatypes::DataType;

/// What to do about a value that does not fit: correct it, unless it is plainly one in the form of another country.
pub(crate) fn advice(expected: &DataType, text: &str) -> String {
    match expected {
        DataType::Timestamp(_, None) if has_offset(text) => {
            return "a `timestamp` has the form `2026-07-24 13:30:00`; this one says how far it is from UTC: write `data_type: timestamptz`"
                .to_owned();
        }
        DataType::Date32 | DataType::Date64 if has_time_of_day(text) => {
            return "a `date` has the form `2026-07-24`; this one has a time of day: write `data_type: timestamp`, or `timestamptz` where it \
                    says how far it is from UTC"
                .to_owned();
        }
        _ => {}
    }
    let (form, option) = match expected {
        DataType::Date32 | DataType::Date64 if is_day(text) => {
            ("a date has the form `2026-07-24`", "`date_format: \"%d.%m.%Y\"`")
        }
        DataType::Timestamp(..) if is_day(text) => {
            ("a point in time has the form `2026-07-24 13:30:00`", "`timestamp_format: \"%d.%m.%Y %H:%M\"`")
        }
        _ if is_number(expected) && is_with_comma(text) => ("a number has the form `1234.50`", "`decimal: \",\"`"),
        _ => return CORRECT.to_owned(),
    };
    format!(
        "{form}; where the source writes another one, say so under `ingest:` of the table ({option}), as far as its format has that \
         option, or take the column as `data_type: varchar` and cast it in a model"
    )
}

/// What to do where nothing is known of the value's form.
pub(crate) const CORRECT: &str = "correct the source or the column's `data_type`";

fn is_number(data_type: &DataType) -> bool {
    data_type.is_numeric()
}

/// `2026-07-24` and then something.
fn after_day(text: &str) -> Option<&str> {
    let text = text.trim();
    let day = text.get(..10)?.as_bytes();
    let is_day = day.iter().enumerate().all(|(at, byte)| match at {
        4 | 7 => *byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    text.get(10..).filter(|rest| is_day && rest.starts_with([' ', 'T', 't']))
}

/// `2026-07-24 00:00:00`, `2026-07-24T13:30+02:00`.
fn has_time_of_day(text: &str) -> bool {
    after_day(text)
        .is_some_and(|rest| rest[1..].starts_with(|first: char| first.is_ascii_digit()) && rest.contains(':'))
}

/// The same with `Z`, `+02:00`, `-0500` at its end.
fn has_offset(text: &str) -> bool {
    let Some(time) = after_day(text).filter(|_| has_time_of_day(text)) else { return false };
    let offset = time.rsplit_once(['+', '-']).map(|(_, offset)| offset);
    time.ends_with(['Z', 'z'])
        || offset.is_some_and(|offset| {
            let digits = offset.replace(':', "");
            matches!(digits.len(), 2 | 4) && digits.bytes().all(|byte| byte.is_ascii_digit())
        })
}

/// `24.07.2026`, `7/24/26`, and the like before a time.
fn is_day(text: &str) -> bool {
    let day = text.trim().split([' ', 'T']).next().unwrap_or_default();
    ['.', '/', '-'].into_iter().any(|between| {
        let parts: Vec<&str> = day.split(between).collect();
        let are_digits = parts.iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
        // A year in front is the form that is read: then it is the day that does not exist.
        parts.len() == 3 && are_digits && (between != '-' || parts[0].len() < 4)
    })
}

/// `1.234,50`, `1,234.50`, `12,5`.
fn is_with_comma(text: &str) -> bool {
    let digits = text.trim().trim_start_matches(['-', '+']);
    digits.starts_with(|first: char| first.is_ascii_digit())
        && digits.contains(',')
        && digits.chars().all(|digit| digit.is_ascii_digit() || matches!(digit, '.' | ',' | '\'' | ' ' | '\u{a0}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_in_the_form_of_another_country_are_told_from_wrong_ones() {
        let decimal = DataType::Decimal128(18, 2);
        for (expected, text, form) in [
            (&DataType::Date32, "24.07.2026", "`2026-07-24`"),
            (&DataType::Date32, "7/24/26", "`2026-07-24`"),
            (&DataType::Date32, "24-07-2026", "`2026-07-24`"),
            (&DataType::Timestamp(arrow::datatypes::TimeUnit::Microsecond, None), "24.07.2026 13:30", "13:30:00`"),
            (&decimal, "1.234,50", "`1234.50`"),
            (&DataType::Int64, "1,234", "`1234.50`"),
            (&DataType::Float64, "-12,5", "`1234.50`"),
        ] {
            let said = advice(expected, text);
            assert!(said.contains(form) && said.contains("`data_type: varchar`"), "{text}: {said}");
            assert!(!said.contains(text), "{said}");
        }
        let timestamp = DataType::Timestamp(arrow::datatypes::TimeUnit::Microsecond, None);
        for (expected, text, form) in [
            (&timestamp, "2026-01-25T12:00:00+02:00", "`data_type: timestamptz`"),
            (&timestamp, "2026-01-25 12:00:00.5Z", "`data_type: timestamptz`"),
            (&timestamp, "2026-01-25 12:00:00-0500", "`data_type: timestamptz`"),
            (&DataType::Date32, "2026-01-25 00:00:00", "has a time of day: write `data_type: timestamp`"),
        ] {
            let said = advice(expected, text);
            assert!(said.contains(form) && !said.contains(text), "{text}: {said}");
        }
        assert_eq!(advice(&timestamp, "2026-01-25 25:00:00"), CORRECT);
        for (expected, text) in
            [(&DataType::Date32, "2024-13-45"), (&DataType::Date32, "soon"), (&decimal, "ten"), (&decimal, "1.505")]
        {
            assert_eq!(advice(expected, text), CORRECT);
        }
    }
}
