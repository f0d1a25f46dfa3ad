//! Tasks: one node of the graph within one run each.

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
    /// How a task stands or ended.
    TaskStatus {
        /// It goes on.
        Running = "running",
        /// Done.
        Success = "success",
        /// Done, and a check of severity `warn` did not hold.
        Warned = "warned",
        /// Nothing had changed, nothing was done.
        Unchanged = "unchanged",
        /// Not tried, because something it needs failed.
        Skipped = "skipped",
        /// Tried, and nothing of it became visible.
        Failed = "failed",
        /// A person ended the run before or while it went on.
        Cancelled = "cancelled",
    }
}

/// A task as recorded. Recording it again replaces it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TaskRecord {
    /// The run it belongs to.
    pub run_id: Uuid,
    /// Id of the node, such as `model.shop.orders`.
    pub node: String,
    /// How it stands or ended.
    pub status: TaskStatus,
    /// When it started, if it was tried.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// Rows it wrote.
    pub rows: Option<u64>,
    /// The version of its table that it committed.
    pub table_version: Option<u64>,
    /// The batch it committed.
    pub batch_id: Option<Uuid>,
    /// What there is to say about it; why it failed or was skipped.
    pub message: Option<String>,
}

impl Meta {
    /// Records tasks, all or none.
    pub async fn record_tasks(&self, tasks: &[TaskRecord]) -> Result<(), MetaError> {
        if tasks.is_empty() {
            return Ok(());
        }
        let mut write = self.database.begin(&step::TASKS).await?;
        for task in tasks {
            let upsert = sqlx::query(
                "insert into tasks (run_id, node, status, started_at, ended_at, row_count, table_version, batch_id, message)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                 on conflict (run_id, node) do update set status = excluded.status, started_at = excluded.started_at,
                     ended_at = excluded.ended_at, row_count = excluded.row_count,
                     table_version = excluded.table_version, batch_id = excluded.batch_id, message = excluded.message",
            )
            .bind(task.run_id.to_string())
            .bind(&task.node)
            .bind(task.status.as_str())
            .bind(task.started_at.map(micros))
            .bind(task.ended_at.map(micros))
            .bind(task.rows.map(count))
            .bind(task.table_version.map(count))
            .bind(task.batch_id.map(|id| id.to_string()))
            .bind(&task.message);
            write.run(upsert).await?;
        }
        let mut runs: Vec<Uuid> = tasks.iter().map(|task| task.run_id).collect();
        runs.dedup();
        for run_id in runs {
            let seen = sqlx::query("update runs set seen_at = $2 where run_id = $1");
            write.run(seen.bind(run_id.to_string()).bind(micros(self.now()))).await?;
        }
        write.commit().await
    }

    /// The tasks of one run in the order they started, those that never started last.
    pub async fn tasks_of(&self, run_id: Uuid) -> Result<Vec<TaskRecord>, MetaError> {
        let select = sqlx::query(
            "select * from tasks where run_id = $1 order by case when started_at is null then 1 else 0 end, started_at, node",
        );
        self.database.records("read tasks", select.bind(run_id.to_string()), task).await
    }
}

fn task(row: &SqliteRow) -> sqlx::Result<TaskRecord> {
    let columns = Columns(row);
    Ok(TaskRecord {
        run_id: columns.uuid("run_id")?,
        node: columns.text("node")?,
        status: columns.word("status", TaskStatus::parse)?,
        started_at: columns.optional_instant("started_at")?,
        ended_at: columns.optional_instant("ended_at")?,
        rows: columns.optional_count("row_count")?,
        table_version: columns.optional_count("table_version")?,
        batch_id: columns.optional_uuid("batch_id")?,
        message: columns.optional_text("message")?,
    })
}
