//! How an incremental model changes its table.

use ade_diagnostic::{Diagnostic, Diagnostics, Location, rule};
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use super::config::Config;
use crate::file::ModelConfig;
use crate::resource::{BatchSize, Incremental, IncrementalStrategy, Interval};
use crate::yaml::{Node, Spanned};

/// `partition_by:`: a column, several, or BigQuery's mapping with a `field`.
pub(super) fn partition_by(declared: Option<&Node>) -> Vec<String> {
    let Some(node) = declared else { return Vec::new() };
    let node = node.as_mapping().and_then(|mapping| mapping.get("field")).unwrap_or(node);
    let text = |node: &Node| node.as_text().map(str::to_owned);
    match node.as_sequence() {
        Some(items) => items.iter().filter_map(text).collect(),
        None => text(node).into_iter().collect(),
    }
}

/// The settings of an incremental model; what cannot be carried out is reported.
pub(super) fn resolve(
    name: &str,
    says: &ModelConfig,
    partition_by: Vec<String>,
    config: &Config,
    model: &Location,
    problems: &mut Diagnostics,
) -> Incremental {
    let texts = |texts: &[Spanned<String>]| texts.iter().map(|text| text.value.clone()).collect::<Vec<_>>();
    let unique_key = texts(&says.unique_key);
    let given = says.incremental_strategy.as_ref().map(|strategy| strategy.value);
    let by_key = if unique_key.is_empty() { IncrementalStrategy::Append } else { IncrementalStrategy::Merge };
    let mut strategy = given.unwrap_or(by_key);
    let place = |keys: &[&str]| keys.iter().find_map(|key| config.key(key)).unwrap_or(model).clone();
    let at_strategy = || place(&["incremental_strategy", "materialized"]);
    match strategy {
        IncrementalStrategy::Merge | IncrementalStrategy::DeleteInsert if unique_key.is_empty() => {
            let message = format!(
                "`{name}` has `incremental_strategy: {}` and no `unique_key`, so rows are only added",
                strategy.as_str()
            );
            let problem = Diagnostic::warning(&rule::INVALID_CONFIG, message).at(at_strategy());
            problems.push(problem.hint("add `unique_key`, or say `incremental_strategy: append`"));
            strategy = IncrementalStrategy::Append;
        }
        IncrementalStrategy::InsertOverwrite if partition_by.is_empty() => {
            let message = format!("`{name}` replaces partitions and has no `partition_by`");
            let problem = Diagnostic::error(&rule::INVALID_CONFIG, message).at(at_strategy());
            problems.push(problem.hint("add `partition_by: [<columns>]`"));
        }
        _ => {}
    }
    let interval = match strategy {
        IncrementalStrategy::Microbatch => interval(name, says, at_strategy(), config, problems),
        _ => None,
    };
    Incremental {
        strategy,
        unique_key,
        partition_by,
        merge_update_columns: says.merge_update_columns.0.clone(),
        merge_exclude_columns: says.merge_exclude_columns.0.clone(),
        on_schema_change: says.on_schema_change.unwrap_or_default(),
        interval,
    }
}

fn interval(
    name: &str,
    says: &ModelConfig,
    at: Location,
    config: &Config,
    problems: &mut Diagnostics,
) -> Option<Interval> {
    let needed = [
        ("event_time", says.event_time.is_some()),
        ("batch_size", says.batch_size.is_some()),
        ("begin", says.begin.is_some()),
    ];
    let missing: Vec<String> = needed.iter().filter(|(_, given)| !given).map(|(key, _)| format!("`{key}`")).collect();
    if !missing.is_empty() {
        let message = format!("`{name}` is replaced by time and has no {}", missing.join(", no "));
        let problem = Diagnostic::error(&rule::INVALID_CONFIG, message).at(at);
        problems.push(problem.hint("for instance `event_time: ordered_at`, `batch_size: day`, `begin: 2024-01-01`"));
        return None;
    }
    let (event_time, size, begin) = (says.event_time.as_ref()?, says.batch_size.as_ref()?, says.begin.as_ref()?);
    let Some(start) = time(&begin.value) else {
        let message = format!("`{}` is not a date or time", begin.value);
        let problem =
            Diagnostic::error(&rule::INVALID_VALUE, message).hint("write `2024-01-01` or `2024-01-01T00:00:00`");
        problems.push(problem.at(config.value_location("begin").unwrap_or(at)));
        return None;
    };
    Some(Interval {
        event_time: event_time.value.clone(),
        batch_size: size.value,
        lookback: says.lookback.unwrap_or(1),
        begin: floor(start, size.value),
    })
}

/// A date or a time, which is UTC when it does not say otherwise.
fn time(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    if let Ok(date) = text.parse::<NaiveDate>() {
        return Some(date.and_hms_opt(0, 0, 0)?.and_utc());
    }
    if let Ok(time) = DateTime::parse_from_rfc3339(&text.replace(' ', "T")) {
        return Some(time.with_timezone(&Utc));
    }
    ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"]
        .into_iter()
        .find_map(|format| NaiveDateTime::parse_from_str(&text.replace(' ', "T"), format).ok())
        .map(|time| time.and_utc())
}

/// The start of the interval that a time lies in.
fn floor(time: DateTime<Utc>, size: BatchSize) -> DateTime<Utc> {
    use chrono::{Datelike, Timelike};
    let date = match size {
        BatchSize::Hour | BatchSize::Day => Some(time.date_naive()),
        BatchSize::Month => time.date_naive().with_day(1),
        BatchSize::Year => NaiveDate::from_ymd_opt(time.year(), 1, 1),
    };
    let hour = if size == BatchSize::Hour { time.hour() } else { 0 };
    date.and_then(|date| date.and_hms_opt(hour, 0, 0)).map_or(time, |floor| floor.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn begins_are_floored_to_their_grid() {
        let at = |text| time(text).expect(text);
        assert_eq!(floor(at("2024-05-17T13:45:10"), BatchSize::Hour), at("2024-05-17 13:00:00"));
        assert_eq!(floor(at("2024-05-17T13:45:10+02:00"), BatchSize::Day), at("2024-05-17"));
        assert_eq!(floor(at("2024-05-17"), BatchSize::Month), at("2024-05-01"));
        assert_eq!(floor(at("2024-05-17"), BatchSize::Year), at("2024-01-01"));
        assert_eq!(time("yesterday"), None);
    }
}
