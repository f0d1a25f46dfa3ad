//! Evaluates checks.

use std::{
    num::NonZeroUsize,
    time::{Duration, Instant},
};

use ade_engine::{Session, SqlError};
use chrono::{DateTime, TimeDelta, Utc};
use futures::{StreamExt, stream};

use crate::{
    Check, CheckKind, CheckOutcome, CheckStatus, ContractViolation, Deviation, QualityError, Severity, alone,
    measure::{Measure, Row},
    message,
    resolve::Relations,
    scan, threshold,
};

/// Evaluates `checks` as of `now`, at most `concurrency` queries at a time. The outcomes are in the order of the checks.
///
/// Never fails as a whole: a check that cannot be evaluated has the status [`CheckStatus::Error`].
pub async fn run_checks(
    session: &Session,
    checks: &[Check],
    now: DateTime<Utc>,
    concurrency: NonZeroUsize,
) -> Vec<CheckOutcome> {
    let mut outcomes: Vec<Option<CheckOutcome>> = checks.iter().map(|_| None).collect();
    let mut resolved = Vec::with_capacity(checks.len());
    let mut relations = Relations::new(session);
    for (place, check) in checks.iter().enumerate() {
        match resolve(&mut relations, check).await {
            Ok((check, violations)) => resolved.push(Pending { place, check, violations }),
            Err(error) => outcomes[place] = Some(unknown(check, &error, Duration::ZERO)),
        }
    }
    let work = units(resolved).into_iter().map(|unit| async move { run_unit(session, unit, now).await });
    let mut done = stream::iter(work).buffer_unordered(concurrency.get());
    while let Some(found) = done.next().await {
        for (place, outcome) in found {
            outcomes[place] = Some(outcome);
        }
    }
    outcomes.into_iter().map(|outcome| outcome.expect("each check is in exactly one unit")).collect()
}

/// A check with its columns found, and what its schema alone already says.
struct Pending {
    place: usize,
    check: Check,
    violations: Vec<ContractViolation>,
}

async fn resolve(
    relations: &mut Relations<'_>,
    check: &Check,
) -> Result<(Check, Vec<ContractViolation>), QualityError> {
    let mut check = relations.resolve(check).await?;
    let mut violations = Vec::new();
    if let CheckKind::Contract(contract) = &mut check.kind {
        violations = contract.compare(&*relations.schema(&check.relation).await?);
        // Values can only be missing from columns that are there.
        let missing = |name: &str| {
            violations.iter().any(|found| found.column == name && matches!(found.deviation, Deviation::Missing { .. }))
        };
        contract.columns.retain(|column| !missing(&column.name));
    }
    Ok((check, violations))
}

/// What is answered by one query: all checks of one relation and filter that a scan can answer, or one other.
fn units(pending: Vec<Pending>) -> Vec<Vec<Pending>> {
    let mut units: Vec<Vec<Pending>> = Vec::new();
    for pending in pending {
        let common = units.iter_mut().find(|unit| {
            let other = &unit[0].check;
            scan::joins(&pending.check)
                && scan::joins(other)
                && other.relation == pending.check.relation
                && other.filter == pending.check.filter
        });
        match common {
            Some(unit) => unit.push(pending),
            None => units.push(vec![pending]),
        }
    }
    units
}

async fn run_unit(session: &Session, unit: Vec<Pending>, now: DateTime<Utc>) -> Vec<(usize, CheckOutcome)> {
    let started = Instant::now();
    if scan::joins(&unit[0].check) {
        let checks: Vec<_> = unit.iter().map(|pending| &pending.check).collect();
        match scan::measure(session, &checks).await {
            Ok(measures) => {
                let took = started.elapsed();
                let mut outcomes = Vec::with_capacity(unit.len());
                for (pending, measure) in unit.into_iter().zip(measures) {
                    let place = pending.place;
                    outcomes.push((place, judge(session, pending, measure, now, took).await));
                }
                return outcomes;
            }
            Err(error) => tracing::debug!(%error, "checks are asked one by one"),
        }
    }
    let mut outcomes = Vec::with_capacity(unit.len());
    for pending in unit {
        let started = Instant::now();
        let measured = if matches!(pending.check.kind, CheckKind::Contract(_) | CheckKind::RowCount { .. }) {
            scan::measure(session, &[&pending.check]).await.map(|mut measures| measures.remove(0))
        } else {
            // Not the scan again: what `where` takes, a condition of an aggregate may not (a subquery).
            alone::measure(session, &pending.check, now).await
        };
        let took = started.elapsed();
        let place = pending.place;
        let outcome = match measured {
            Ok(measure) => judge(session, pending, measure, now, took).await,
            Err(error) => unknown(&pending.check, &error.into(), took),
        };
        outcomes.push((place, outcome));
    }
    outcomes
}

/// Counts to a verdict.
async fn judge(
    session: &Session,
    pending: Pending,
    mut measure: Measure,
    now: DateTime<Utc>,
    took: Duration,
) -> CheckOutcome {
    let Pending { check, mut violations, .. } = pending;
    if let CheckKind::Contract(_) = check.kind {
        violations.append(&mut measure.violations);
        measure.failures = i64::try_from(violations.len()).unwrap_or(i64::MAX);
        measure.violations = violations;
    }
    if let Some(limit) = check.limit.filter(|_| check.own_fail_calc().is_none()) {
        measure.failures = measure.failures.min(i64::try_from(limit).unwrap_or(i64::MAX));
    }
    let (status, bound) = match verdict(session, &check, &mut measure, now).await {
        Ok(verdict) => verdict,
        Err(error) => return unknown(&check, &error.into(), took),
    };
    let message = match measure.failures {
        0 if status == CheckStatus::Pass => passed(&check, &measure),
        _ => format!("{}{}", message::finding(&check, &measure, now), bound.unwrap_or_default()),
    };
    CheckOutcome {
        check: check.name,
        status,
        failures: Some(u64::try_from(measure.failures).unwrap_or(0)),
        message,
        hints: measure.violations.iter().filter_map(|violation| violation.hint.clone()).collect(),
        violations: measure.violations,
        duration_ms: millis(took),
    }
}

fn passed(check: &Check, measure: &Measure) -> String {
    match measure.total {
        _ if matches!(check.kind, CheckKind::Recency { .. }) && measure.latest.is_none() => {
            format!("{} has no time to judge", check.relation)
        }
        Some(total) => format!("holds ({} {})", message::number(total), if total == 1 { "row" } else { "rows" }),
        None => "holds".to_owned(),
    }
}

/// dbt's rule: an error if `error_if` holds and the severity is `error`, else a warning if `warn_if` holds. With it, what
/// the bound was where it is not the usual one.
async fn verdict(
    session: &Session,
    check: &Check,
    measure: &mut Measure,
    now: DateTime<Utc>,
) -> Result<(CheckStatus, Option<String>), SqlError> {
    if let CheckKind::Freshness { warn_after, error_after, .. } = &check.kind {
        let age = measure.latest.map(|latest| now.naive_utc() - latest);
        let exceeds = |bound: &Option<TimeDelta>| bound.is_some_and(|bound| age.is_none_or(|age| age > bound));
        let status = if exceeds(error_after) {
            CheckStatus::Fail
        } else if exceeds(warn_after) {
            CheckStatus::Warn
        } else {
            CheckStatus::Pass
        };
        measure.failures = (status != CheckStatus::Pass).into();
        let bound = if status == CheckStatus::Fail { error_after } else { warn_after };
        return Ok((status, bound.map(|bound| format!("; at most {} is allowed", threshold::span(bound)))));
    }
    let mut bounds = Vec::new();
    for (condition, severity, status) in
        [(&check.error_if, Severity::Error, CheckStatus::Fail), (&check.warn_if, Severity::Warn, CheckStatus::Warn)]
    {
        if severity == Severity::Error && check.severity == Severity::Warn {
            continue;
        }
        let holds = match condition.holds(measure.failures) {
            Some(holds) => holds,
            None => Row::of(session, &condition.sql(measure.failures)).await?.truth(0),
        };
        let verb = if status == CheckStatus::Fail { "fails" } else { "warns" };
        if !condition.is_default() {
            bounds.push(format!("{verb} if {condition}"));
        }
        if holds {
            return Ok((status, (!condition.is_default()).then(|| format!("; {verb} if {condition}"))));
        }
    }
    Ok((CheckStatus::Pass, (!bounds.is_empty()).then(|| format!("; {}", bounds.join(", ")))))
}

/// Nothing is known about the check.
fn unknown(check: &Check, error: &QualityError, took: Duration) -> CheckOutcome {
    let hint = match error {
        QualityError::Relation { source, .. } | QualityError::Sql(source) => source.hint.clone(),
        QualityError::NoColumn { .. } => None,
    };
    let text = error.to_string();
    let message = match &hint {
        Some(hint) => text.replace(&format!("\nhint: {hint}"), ""),
        None => text,
    };
    CheckOutcome {
        check: check.name.clone(),
        status: CheckStatus::Error,
        failures: None,
        message,
        hints: hint.into_iter().collect(),
        violations: Vec::new(),
        duration_ms: millis(took),
    }
}

fn millis(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}
