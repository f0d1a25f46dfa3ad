//! The SQL of the failing rows.
//!
//! The meaning is that of dbt 1.11 (`dbt-adapters`, `macros/generic_test_sql`) and of `dbt_utils` 1.3 (`macros/generic_tests`).

use chrono::{DateTime, Utc};

use crate::{Check, CheckKind, Contract, Subject, quote, threshold};

impl Check {
    /// A query that gives the failing rows (for some kinds: values or the one number that fails) as they are at `now`.
    /// `limit` and `fail_calc` are not part of it.
    pub fn sql(&self, now: DateTime<Utc>) -> String {
        let from = self.from();
        match &self.kind {
            CheckKind::Unique { subject } => {
                let subject = subject.sql();
                format!(
                    "select {subject} as unique_field, count(*) as n_records from {from} where {subject} is not null \
                     group by {subject} having count(*) > 1"
                )
            }
            CheckKind::AcceptedValues { subject, .. } => {
                let value = subject.sql();
                let wrong = self.row_predicate().unwrap_or_default();
                format!(
                    "select {value} as value_field, count(*) as n_records from {from} where {wrong} group by {value}"
                )
            }
            CheckKind::Relationships { subject, to, field } => {
                let (subject, field, to) = (subject.sql(), field.sql(), quote::relation(to));
                format!(
                    "select child.from_field from (select {subject} as from_field from {from} where {subject} is not null) as child \
                     left join (select {field} as to_field from {to}) as parent on child.from_field = parent.to_field \
                     where parent.to_field is null"
                )
            }
            CheckKind::Recency { subject, date_part, interval, ignore_time } => {
                let latest = latest(subject, *ignore_time);
                let bound = threshold::literal(threshold::recency(now, *date_part, *interval, *ignore_time));
                format!(
                    "select most_recent, {bound} as threshold from (select {latest} as most_recent from {from}) as recency \
                     where most_recent < {bound}"
                )
            }
            CheckKind::RowCount { min, max } => {
                let wrong = [min.map(|min| format!("n_rows < {min}")), max.map(|max| format!("n_rows > {max}"))];
                let wrong: Vec<_> = wrong.into_iter().flatten().collect();
                let wrong = if wrong.is_empty() { "false".to_owned() } else { wrong.join(" or ") };
                format!("select n_rows from (select count(*) as n_rows from {from}) as row_count where {wrong}")
            }
            CheckKind::Freshness { loaded_at, warn_after, error_after } => {
                let latest = latest(loaded_at, false);
                let bound = [warn_after, error_after].into_iter().flatten().min();
                let wrong = bound.map_or("false".to_owned(), |bound| {
                    let bound = threshold::literal((now - *bound).naive_utc());
                    format!("max_loaded_at is null or max_loaded_at < {bound}")
                });
                format!(
                    "select max_loaded_at from (select {latest} as max_loaded_at from {from}) as freshness where {wrong}"
                )
            }
            CheckKind::Sql { sql } => sql.trim().trim_end_matches(|c: char| c == ';' || c.is_whitespace()).to_owned(),
            CheckKind::NotNull { .. }
            | CheckKind::ExpressionIsTrue { .. }
            | CheckKind::AcceptedRange { .. }
            | CheckKind::Contract(_) => {
                format!("select * from {from} where {}", self.row_predicate().unwrap_or_default())
            }
        }
    }

    /// What to select from: the relation, or the part of it that `where` leaves.
    pub(crate) fn from(&self) -> String {
        from(&quote::relation(&self.relation), self.filter.as_deref())
    }

    /// The condition that a failing row meets, for kinds that look at one row at a time.
    pub(crate) fn row_predicate(&self) -> Option<String> {
        Some(match &self.kind {
            CheckKind::NotNull { subject } => format!("{} is null", subject.sql()),
            CheckKind::AcceptedValues { subject, values, quote } => {
                let values: Vec<_> =
                    values.iter().map(|value| if *quote { quote::text(value) } else { value.clone() }).collect();
                if values.is_empty() {
                    format!("{} is not null", subject.sql())
                } else {
                    format!("{} not in ({})", subject.sql(), values.join(", "))
                }
            }
            CheckKind::ExpressionIsTrue { subject, expression } => match subject {
                Some(subject) => format!("not ({} {expression}\n)", subject.sql()),
                None => format!("not ({expression}\n)"),
            },
            CheckKind::AcceptedRange { subject, min, max, inclusive } => {
                let (subject, equal) = (subject.sql(), if *inclusive { "=" } else { "" });
                let min = min.as_ref().map(|min| format!("not ({subject} >{equal} {min})"));
                let max = max.as_ref().map(|max| format!("not ({subject} <{equal} {max})"));
                let wrong: Vec<_> = [min, max].into_iter().flatten().collect();
                if wrong.is_empty() { "false".to_owned() } else { wrong.join(" or ") }
            }
            CheckKind::Contract(contract) => missing_values(contract),
            CheckKind::Unique { .. }
            | CheckKind::Relationships { .. }
            | CheckKind::Recency { .. }
            | CheckKind::RowCount { .. }
            | CheckKind::Freshness { .. }
            | CheckKind::Sql { .. } => return None,
        })
    }
}

pub(crate) fn from(relation: &str, filter: Option<&str>) -> String {
    match filter.map(str::trim).filter(|filter| !filter.is_empty()) {
        // The name is the one that dbt gives to this, so that expressions that use it go on working.
        Some(filter) => format!("(select * from {relation} where {filter}\n) as dbt_subquery"),
        None => relation.to_owned(),
    }
}

/// The latest point in time of a column.
pub(crate) fn latest(subject: &Subject, ignore_time: bool) -> String {
    let latest = format!("cast(max({}) as timestamp)", subject.sql());
    if ignore_time { format!("date_trunc('day', {latest})") } else { latest }
}

fn missing_values(contract: &Contract) -> String {
    let columns = contract.columns.iter().filter(|column| !column.nullable);
    let wrong: Vec<_> = columns.map(|column| format!("{} is null", quote::identifier(&column.name))).collect();
    if wrong.is_empty() { "false".to_owned() } else { wrong.join(" or ") }
}
