//! What the next process does about one that ended without a word.

use std::time::Duration;

use crate::{Liveness, Meta, MetaError, RunRecord, RunStatus, record::micros, run::run, step, task::TaskStatus};

/// A run of another machine, boot or container that has recorded nothing for so long is taken for crashed.
const SILENCE: Duration = Duration::from_hours(24);

impl Meta {
    /// Marks the runs of processes that have ended as crashed, and what they were at as failed. Gives those runs.
    /// Their leases need no care: [`Meta::try_acquire_lease`] sees the same.
    pub async fn recover(&self) -> Result<Vec<RunRecord>, MetaError> {
        const RUNNING: &str = "select * from runs where status = 'running' order by started_at, run_id";
        // Mostly there is nothing, which needs no lock.
        if self.database.rows("read runs", sqlx::query(RUNNING)).await?.is_empty() {
            return Ok(Vec::new());
        }
        let mut write = self.database.begin(&step::RECOVER).await?;
        let now = micros(self.now());
        let silence = i64::try_from(SILENCE.as_micros()).unwrap_or(i64::MAX);
        let running = write.records(sqlx::query(RUNNING), |row| Ok((run(row)?, seen_at(row)?))).await?;
        let mut crashed = Vec::new();
        for (mut run, seen_at) in running {
            let dead = match self.probe.liveness(&run.process) {
                Liveness::Dead => true,
                Liveness::Alive => false,
                Liveness::Unknown => now - seen_at > silence,
            };
            if !dead {
                continue;
            }
            let update = sqlx::query("update runs set status = $2, ended_at = seen_at where run_id = $1");
            write.run(update.bind(run.run_id.to_string()).bind(RunStatus::Crashed.as_str())).await?;
            let update = sqlx::query(
                "update tasks set status = $2, ended_at = $3, message = 'the process of the run ended during this task'
                 where run_id = $1 and status = $4",
            );
            let update = update.bind(run.run_id.to_string()).bind(TaskStatus::Failed.as_str());
            write.run(update.bind(seen_at).bind(TaskStatus::Running.as_str())).await?;
            run.status = RunStatus::Crashed;
            run.ended_at = chrono::DateTime::from_timestamp_micros(seen_at);
            crashed.push(run);
        }
        write.commit().await?;
        Ok(crashed)
    }
}

fn seen_at(row: &sqlx::sqlite::SqliteRow) -> sqlx::Result<i64> {
    sqlx::Row::try_get(row, "seen_at")
}
