//! Many checks of one table in a single scan.
//!
//! What looks at one row at a time is a count under a condition, and any number of counts are one query:
//! `select count(*), count(*) filter (where …), …`. The answers are those of the checks one by one, as long as no condition
//! fails on a value; then the whole query fails, and the checks are asked one by one to find whose condition it was.

use ade_engine::{Session, SqlError};

use crate::{
    Check, CheckKind, Contract, ContractViolation, Deviation,
    measure::{Measure, Row},
    quote,
};

/// Whether a check can be part of a common scan.
pub(crate) fn joins(check: &Check) -> bool {
    let counted = match &check.kind {
        CheckKind::Contract(_) => return true,
        CheckKind::RowCount { .. } => true,
        _ => check.row_predicate().is_some(),
    };
    counted && check.own_fail_calc().is_none()
}

/// Measures checks that have the same relation and filter.
pub(crate) async fn measure(session: &Session, checks: &[&Check]) -> Result<Vec<Measure>, SqlError> {
    let Some(first) = checks.first() else { return Ok(Vec::new()) };
    let mut select = Select { expressions: vec!["count(*)".to_owned()] };
    let places: Vec<Vec<usize>> = checks.iter().map(|check| select.add(check)).collect();
    let row = Row::of(session, &select.sql(&first.from())).await?;
    let total = row.count(0);
    Ok(checks.iter().zip(places).map(|(check, places)| answer(check, &row, &places, total)).collect())
}

struct Select {
    expressions: Vec<String>,
}

impl Select {
    /// Adds what a check needs; gives the places of it in the row.
    fn add(&mut self, check: &Check) -> Vec<usize> {
        match &check.kind {
            CheckKind::RowCount { .. } => Vec::new(),
            // Counting values needs no condition: cheaper, and a table may know the answer without a scan.
            CheckKind::NotNull { subject } => vec![self.place(format!("count({})", subject.sql()))],
            CheckKind::Contract(contract) => {
                required(contract).map(|column| self.place(format!("count({})", quote::identifier(column)))).collect()
            }
            CheckKind::AcceptedValues { subject, .. } => {
                let wrong = check.row_predicate().unwrap_or_default();
                let values = format!("count(distinct {}) filter (where {wrong})", subject.sql());
                vec![self.place(values), self.place(format!("count(*) filter (where {wrong})"))]
            }
            _ => {
                let wrong = check.row_predicate().unwrap_or_default();
                vec![self.place(format!("count(*) filter (where {wrong})"))]
            }
        }
    }

    fn place(&mut self, expression: String) -> usize {
        if let Some(place) = self.expressions.iter().position(|other| *other == expression) {
            return place;
        }
        self.expressions.push(expression);
        self.expressions.len() - 1
    }

    fn sql(&self, from: &str) -> String {
        let columns: Vec<_> =
            self.expressions.iter().enumerate().map(|(place, text)| format!("{text} as c{place}")).collect();
        format!("select {} from {from}", columns.join(", "))
    }
}

fn answer(check: &Check, row: &Row, places: &[usize], total: u64) -> Measure {
    let plain = |failures: u64| Measure {
        failures: i64::try_from(failures).unwrap_or(i64::MAX),
        total: Some(total),
        ..Measure::default()
    };
    match (&check.kind, places) {
        (CheckKind::RowCount { min, max }, _) => {
            let wrong = min.is_some_and(|min| total < min) || max.is_some_and(|max| total > max);
            plain(u64::from(wrong))
        }
        (CheckKind::Contract(contract), places) => {
            let missing = required(contract).zip(places).map(|(column, place)| (column, total - row.count(*place)));
            let violations: Vec<_> =
                missing.filter(|(_, rows)| *rows > 0).map(|(column, rows)| nulls(column, rows, total)).collect();
            Measure { violations, ..plain(0) }
        }
        (CheckKind::NotNull { .. }, [place]) => plain(total - row.count(*place)),
        (_, [values, rows]) => Measure { rows: Some(row.count(*rows)), ..plain(row.count(*values)) },
        (_, [rows]) => plain(row.count(*rows)),
        _ => plain(0),
    }
}

fn required(contract: &Contract) -> impl Iterator<Item = &str> {
    contract.columns.iter().filter(|column| !column.nullable).map(|column| column.name.as_str())
}

fn nulls(column: &str, rows: u64, total: u64) -> ContractViolation {
    ContractViolation {
        column: column.to_owned(),
        deviation: Deviation::Nulls { rows, total },
        hint: Some(format!("fill `{column}`, leave those rows out, or promise it as nullable")),
    }
}
