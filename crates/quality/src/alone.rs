//! One check by a query of its own.

use ade_engine::{Session, SqlError};
use chrono::{DateTime, Utc};

use crate::{
    Check, CheckKind, failing,
    measure::{Measure, Row},
    threshold,
};

/// Measures one check. Contracts have no query of their own: see [`crate::scan`].
pub(crate) async fn measure(session: &Session, check: &Check, now: DateTime<Utc>) -> Result<Measure, SqlError> {
    match &check.kind {
        CheckKind::Recency { subject, date_part, interval, ignore_time } if check.own_fail_calc().is_none() => {
            let sql = format!("select {} as latest from {}", failing::latest(subject, *ignore_time), check.from());
            let latest = Row::of(session, &sql).await?.instant(0);
            let bound = threshold::recency(now, *date_part, *interval, *ignore_time);
            Ok(Measure { failures: latest.is_some_and(|latest| latest < bound).into(), latest, ..Measure::default() })
        }
        CheckKind::Freshness { loaded_at, .. } => {
            let sql = format!("select {} as latest from {}", failing::latest(loaded_at, false), check.from());
            let latest = Row::of(session, &sql).await?.instant(0);
            Ok(Measure { latest, ..Measure::default() })
        }
        kind => {
            let limit = check.limit.map(|limit| format!(" limit {limit}")).unwrap_or_default();
            let calc = check.own_fail_calc().unwrap_or("count(*)");
            let by_value = matches!(kind, CheckKind::Unique { .. } | CheckKind::AcceptedValues { .. });
            let rows = if by_value { "cast(sum(n_records) as bigint)" } else { "cast(null as bigint)" };
            let sql = format!(
                "select cast({calc} as bigint) as failures, {rows} as n_rows from (select * from ({}\n) as failing{limit}) \
                 as dbt_internal_test",
                check.sql(now)
            );
            let row = Row::of(session, &sql).await?;
            Ok(Measure { failures: row.integer(0), rows: by_value.then(|| row.count(1)), ..Measure::default() })
        }
    }
}
