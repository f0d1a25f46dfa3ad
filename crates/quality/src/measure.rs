//! What was counted for a check, before it is judged.

use ade_engine::{Session, SqlError, SqlErrorKind};
use arrow::{
    array::{Array, AsArray, RecordBatch},
    datatypes::{Int64Type, TimestampMicrosecondType},
};
use chrono::{DateTime, NaiveDateTime};

use crate::ContractViolation;

/// What was counted for a check.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Measure {
    /// What `fail_calc` gives over the failing rows, before `limit` where that was not part of the query.
    pub(crate) failures: i64,
    /// Rows behind the failures, where a failure is a value that several rows have.
    pub(crate) rows: Option<u64>,
    /// Rows that were looked at.
    pub(crate) total: Option<u64>,
    /// The latest point in time, for checks of age.
    pub(crate) latest: Option<NaiveDateTime>,
    /// Deviations from a contract.
    pub(crate) violations: Vec<ContractViolation>,
}

/// The one row of a query that aggregates.
pub(crate) struct Row(RecordBatch);

impl Row {
    pub(crate) async fn of(session: &Session, sql: &str) -> Result<Self, SqlError> {
        let batches = session.query(sql).await?.collect().await?;
        batches
            .into_iter()
            .find(|batch| batch.num_rows() > 0)
            .map(Self)
            .ok_or_else(|| SqlError::new(SqlErrorKind::Failed, "a query that counts gave no row"))
    }

    pub(crate) fn integer(&self, column: usize) -> i64 {
        let array = self.0.column(column).as_primitive_opt::<Int64Type>();
        array.filter(|array| !array.is_null(0)).map_or(0, |array| array.value(0))
    }

    pub(crate) fn count(&self, column: usize) -> u64 {
        u64::try_from(self.integer(column)).unwrap_or(0)
    }

    pub(crate) fn truth(&self, column: usize) -> bool {
        let array = self.0.column(column).as_boolean_opt();
        array.is_some_and(|array| !array.is_null(0) && array.value(0))
    }

    pub(crate) fn instant(&self, column: usize) -> Option<NaiveDateTime> {
        let array = self.0.column(column).as_primitive_opt::<TimestampMicrosecondType>()?;
        let micros = (!array.is_null(0)).then(|| array.value(0))?;
        DateTime::from_timestamp_micros(micros).map(|instant| instant.naive_utc())
    }
}
