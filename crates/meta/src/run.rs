//! Runs: one execution of a selection of the graph each.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

use crate::{
    Meta, MetaError, Process,
    record::{Columns, limit, micros, words},
    step,
};

words! {
    /// How a run stands or ended.
    RunStatus {
        /// It goes on.
        Running = "running",
        /// Every task ended well.
        Succeeded = "succeeded",
        /// A task or check failed.
        Failed = "failed",
        /// A person ended it.
        Cancelled = "cancelled",
        /// Its process ended without saying so.
        Crashed = "crashed",
    }
}

/// What is known when a run starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunStart {
    /// UUIDv7, so that runs sort by their start.
    pub run_id: Uuid,
    /// Name of the environment.
    pub environment: String,
    /// The command, such as `build`.
    pub command: String,
    /// What was selected, as the user wrote it; empty for everything.
    pub selection: String,
    /// Version of the program.
    pub program_version: String,
}

/// A run as recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunRecord {
    /// See [`RunStart::run_id`].
    pub run_id: Uuid,
    /// Name of the environment.
    pub environment: String,
    /// The command, such as `build`.
    pub command: String,
    /// What was selected; empty for everything.
    pub selection: String,
    /// Version of the program.
    pub program_version: String,
    /// How it stands or ended.
    pub status: RunStatus,
    /// When it started.
    pub started_at: DateTime<Utc>,
    /// When it ended; for a crashed run, when it was last heard of.
    pub ended_at: Option<DateTime<Utc>>,
    /// The process that runs or ran it.
    pub process: Process,
}

impl Meta {
    /// Records that a run of this process has started. Safe to repeat.
    pub async fn start_run(&self, run: &RunStart) -> Result<(), MetaError> {
        let now = micros(self.now());
        let mut write = self.database.begin(&step::RUN_START).await?;
        let insert = sqlx::query(
            "insert into runs (run_id, environment, command, selection, program_version, status, started_at, seen_at,
                 host, machine, pid, process_started)
             values ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9, $10, $11)
             on conflict (run_id) do nothing",
        )
        .bind(run.run_id.to_string())
        .bind(&run.environment)
        .bind(&run.command)
        .bind(&run.selection)
        .bind(&run.program_version)
        .bind(RunStatus::Running.as_str())
        .bind(now)
        .bind(&self.process.host)
        .bind(&self.process.machine)
        .bind(i64::from(self.process.pid))
        .bind(crate::record::count(self.process.started));
        write.run(insert).await?;
        write.commit().await
    }

    /// Records how a run ended, durably with everything that was recorded before. The last word wins: a run that was
    /// taken for crashed but finishes has its own end recorded.
    pub async fn finish_run(&self, run_id: Uuid, status: RunStatus) -> Result<(), MetaError> {
        let mut write = self.database.begin(&step::RUN_FINISH).await?;
        let update = sqlx::query("update runs set status = $2, ended_at = $3, seen_at = $3 where run_id = $1")
            .bind(run_id.to_string())
            .bind(status.as_str())
            .bind(micros(self.now()));
        write.run(update).await?;
        write.commit().await
    }

    /// The latest `limit` runs, latest first.
    pub async fn runs(&self, limit: usize) -> Result<Vec<RunRecord>, MetaError> {
        let select = sqlx::query("select * from runs order by started_at desc, run_id desc limit $1");
        self.database.records("read runs", select.bind(self::limit(limit)), run).await
    }

    /// One run.
    pub async fn run(&self, run_id: Uuid) -> Result<Option<RunRecord>, MetaError> {
        let select = sqlx::query("select * from runs where run_id = $1").bind(run_id.to_string());
        Ok(self.database.records("read a run", select, run).await?.pop())
    }

    /// Removes runs that ended before `before`, with their tasks and check results. Gives the number of runs removed.
    pub async fn prune_runs(&self, before: DateTime<Utc>) -> Result<u64, MetaError> {
        let mut write = self.database.begin(&step::PRUNE).await?;
        for delete in [
            "delete from check_results where run_id in (select run_id from runs where ended_at < $1)",
            "delete from tasks where run_id in (select run_id from runs where ended_at < $1)",
        ] {
            write.run(sqlx::query(delete).bind(micros(before))).await?;
        }
        let removed = write.run(sqlx::query("delete from runs where ended_at < $1").bind(micros(before))).await?;
        write.commit().await?;
        Ok(removed)
    }
}

pub(crate) fn run(row: &SqliteRow) -> sqlx::Result<RunRecord> {
    let columns = Columns(row);
    Ok(RunRecord {
        run_id: columns.uuid("run_id")?,
        environment: columns.text("environment")?,
        command: columns.text("command")?,
        selection: columns.text("selection")?,
        program_version: columns.text("program_version")?,
        status: columns.word("status", RunStatus::parse)?,
        started_at: columns.instant("started_at")?,
        ended_at: columns.optional_instant("ended_at")?,
        process: columns.process()?,
    })
}
