//! Findings in words. They count and name, and hold no value of a row.

use chrono::{DateTime, Utc};

use crate::{Check, CheckKind, measure::Measure, threshold};

/// `1204` as `1,204`.
pub(crate) fn number(count: impl Into<i128>) -> String {
    let count: i128 = count.into();
    let digits = count.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if count < 0 {
        text.push('-');
    }
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

pub(crate) fn has(count: u64) -> &'static str {
    if count == 1 { "has" } else { "have" }
}

fn plural(count: i64, one: &'static str, many: &'static str) -> &'static str {
    if count == 1 { one } else { many }
}

/// What was found, where something was.
pub(crate) fn finding(check: &Check, measure: &Measure, now: DateTime<Utc>) -> String {
    let failures = measure.failures;
    let counted = number(failures);
    if let Some(calc) = check.own_fail_calc() {
        return format!("`{calc}` over the failing rows is {counted}");
    }
    let rows = match measure.total {
        Some(total) => format!("{counted} of {} {}", number(total), if total == 1 { "row" } else { "rows" }),
        None => format!("{counted} {}", plural(failures, "row", "rows")),
    };
    let values = format!("{counted} {}", plural(failures, "value", "values"));
    let behind = match measure.rows {
        Some(rows) => format!(" ({} {})", number(rows), if rows == 1 { "row" } else { "rows" }),
        None => String::new(),
    };
    let has = plural(failures, "has", "have");
    match &check.kind {
        CheckKind::NotNull { subject } => format!("{rows} {has} no `{subject}`"),
        CheckKind::Unique { subject } => {
            format!("{values} of `{subject}` {} more than once{behind}", plural(failures, "occurs", "occur"))
        }
        CheckKind::AcceptedValues { subject, .. } => {
            let is = plural(failures, "is", "are");
            format!("{values} of `{subject}` {is} not accepted{behind}")
        }
        CheckKind::Relationships { subject, to, field } => {
            format!("`{subject}` is not in {to}.{field} in {rows}")
        }
        CheckKind::ExpressionIsTrue { subject, expression } => {
            let subject = subject.as_ref().map(|subject| format!("{subject} ")).unwrap_or_default();
            format!("{rows} {} `{subject}{}`", plural(failures, "contradicts", "contradict"), expression.trim())
        }
        CheckKind::AcceptedRange { subject, min, max, inclusive } => {
            let equal = if *inclusive { "=" } else { "" };
            let min = min.as_ref().map(|min| format!(">{equal} {min}"));
            let max = max.as_ref().map(|max| format!("<{equal} {max}"));
            let bounds: Vec<_> = [min, max].into_iter().flatten().collect();
            format!("`{subject}` is not {} in {rows}", bounds.join(" and "))
        }
        CheckKind::Recency { subject, date_part, interval, .. } => {
            let allowed = format!("{interval} {date_part}{}", if *interval == 1 { "" } else { "s" });
            format!("{}; at most {allowed} is allowed", age(&subject.to_string(), measure, now))
        }
        CheckKind::RowCount { min, max } => {
            let expected = match (min, max) {
                (Some(min), Some(max)) => format!("{} to {} are", number(*min), number(*max)),
                (Some(min), None) => format!("at least {} {}", number(*min), if *min == 1 { "is" } else { "are" }),
                (None, Some(max)) => format!("at most {} {}", number(*max), if *max == 1 { "is" } else { "are" }),
                (None, None) => "any number is".to_owned(),
            };
            let total = measure.total.unwrap_or_default();
            let rows = if total == 1 { "row" } else { "rows" };
            format!("{} has {} {rows}; {expected} expected", check.relation, number(total))
        }
        CheckKind::Freshness { loaded_at, .. } => age(&loaded_at.to_string(), measure, now),
        CheckKind::Contract(_) => {
            let violations: Vec<_> = measure.violations.iter().map(ToString::to_string).collect();
            format!("{} is not as promised: {}", check.relation, violations.join("; "))
        }
        CheckKind::Sql { .. } => format!("{rows} {}", plural(failures, "fails", "fail")),
    }
}

/// How old the latest is.
fn age(subject: &str, measure: &Measure, now: DateTime<Utc>) -> String {
    match measure.latest {
        Some(latest) => format!("the latest `{subject}` is {} old", threshold::span(now.naive_utc() - latest)),
        None => format!("there is no `{subject}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        let numbers = [0, 12, 123, 1_204, 123_456, 1_234_567, -1_000];
        assert_eq!(numbers.map(number), ["0", "12", "123", "1,204", "123,456", "1,234,567", "-1,000"]);
    }
}
