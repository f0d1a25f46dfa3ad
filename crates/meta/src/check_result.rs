//! Results of checks: what each check of each run found.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

use crate::{
    Meta, MetaError,
    record::{Columns, count, micros, words},
    step,
};

words! {
    /// What a check found.
    CheckStatus {
        /// It holds.
        Pass = "pass",
        /// It does not hold, and that only warns.
        Warn = "warn",
        /// It does not hold.
        Fail = "fail",
        /// It could not be evaluated.
        Error = "error",
    }
}

/// A check's result as recorded. Recording it again replaces it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckResult {
    /// The run it belongs to.
    pub run_id: Uuid,
    /// Id of the node that was checked.
    pub node: String,
    /// Name of the check, unique for the node.
    pub check: String,
    /// What it found.
    pub status: CheckStatus,
    /// How many rows (or whatever its `fail_calc` counts) fail; none if it could not be evaluated.
    pub failures: Option<u64>,
    /// The result in words, without values of rows.
    pub message: String,
    /// The table that holds the failing rows, as `schema.table`.
    pub stored_in: Option<String>,
    /// When it was evaluated.
    pub checked_at: DateTime<Utc>,
    /// How long that took.
    pub duration_ms: u64,
}

impl Meta {
    /// Records results, all or none.
    pub async fn record_check_results(&self, results: &[CheckResult]) -> Result<(), MetaError> {
        if results.is_empty() {
            return Ok(());
        }
        let mut write = self.database.begin(&step::CHECK_RESULTS).await?;
        for result in results {
            let upsert = sqlx::query(
                "insert into check_results
                     (run_id, node, check_name, status, failures, message, stored_in, checked_at, duration_ms)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                 on conflict (run_id, node, check_name) do update set status = excluded.status,
                     failures = excluded.failures, message = excluded.message, stored_in = excluded.stored_in,
                     checked_at = excluded.checked_at, duration_ms = excluded.duration_ms",
            )
            .bind(result.run_id.to_string())
            .bind(&result.node)
            .bind(&result.check)
            .bind(result.status.as_str())
            .bind(result.failures.map(count))
            .bind(&result.message)
            .bind(&result.stored_in)
            .bind(micros(result.checked_at))
            .bind(count(result.duration_ms));
            write.run(upsert).await?;
        }
        write.commit().await
    }

    /// The results of one run by node and name.
    pub async fn check_results_of(&self, run_id: Uuid) -> Result<Vec<CheckResult>, MetaError> {
        let select = sqlx::query("select * from check_results where run_id = $1 order by node, check_name");
        self.database.records("read check results", select.bind(run_id.to_string()), check_result).await
    }
}

fn check_result(row: &SqliteRow) -> sqlx::Result<CheckResult> {
    let columns = Columns(row);
    Ok(CheckResult {
        run_id: columns.uuid("run_id")?,
        node: columns.text("node")?,
        check: columns.text("check_name")?,
        status: columns.word("status", CheckStatus::parse)?,
        failures: columns.optional_count("failures")?,
        message: columns.text("message")?,
        stored_in: columns.optional_text("stored_in")?,
        checked_at: columns.instant("checked_at")?,
        duration_ms: columns.count("duration_ms")?,
    })
}
