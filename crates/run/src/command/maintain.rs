//! `ade maintain`.
use std::time::Duration;

use ade_lake::{LakeError, LeaseError, MaintainOptions, MaintainReport, TableName};
use chrono::TimeDelta;
use serde::Serialize;

use crate::build::select;
use crate::error::{RunError, with_causes};
use crate::source::beside;
use crate::workspace::Workspace;

/// Runs that ended longer ago are forgotten, with their tasks and check results.
const RUNS_KEPT: TimeDelta = TimeDelta::days(90);

/// How to maintain.
#[derive(Debug, Clone)]
pub struct Upkeep {
    /// Selectors; empty: every table of the lake.
    pub select: Vec<String>,
    /// Selectors of what is left out.
    pub exclude: Vec<String>,
    /// Versions and files of the last so many hours stay.
    pub retention_hours: u64,
}

/// What was done to one table.
#[derive(Debug, Clone, Serialize)]
pub struct MaintainedTable {
    /// `schema.table`.
    pub table: String,
    /// Small files that became fewer ones.
    pub files_compacted: usize,
    /// Files that took their place.
    pub files_written: usize,
    /// Whether a checkpoint was written.
    pub checkpoint: bool,
    /// Entries of the log that were removed.
    pub log_entries_removed: usize,
    /// Files that no kept version needs and that were removed.
    pub files_removed: usize,
    /// Their size.
    pub bytes_removed: u64,
    /// Why nothing was done.
    pub skipped: Option<String>,
    /// Whether that is a failure, and not somebody else's work.
    pub failed: bool,
}

impl Workspace {
    /// Compacts, writes checkpoints, and removes what no kept version needs, and runs of long ago. A table that this cannot
    /// be done to does not keep the others from it.
    pub async fn maintain(&self, upkeep: &Upkeep) -> Result<Vec<MaintainedTable>, RunError> {
        self.must_be_writable("ade maintain")?;
        self.write_as(self.world.ids.next(), "ade maintain", Duration::ZERO);
        let retention = TimeDelta::hours(i64::try_from(upkeep.retention_hours).unwrap_or(i64::MAX / 3_600_000));
        let options = MaintainOptions {
            log_retention: Some(retention),
            vacuum_older_than: Some(retention),
            // Entries of the log hold the least and the largest value of each column: without a checkpoint they would stay.
            checkpoint_every: if upkeep.retention_hours == 0 {
                Some(1)
            } else {
                MaintainOptions::default().checkpoint_every
            },
            ..MaintainOptions::default()
        };
        let mut done = Vec::new();
        let tables = self.tables(upkeep).await?;
        let folders = self.named(upkeep, self.lake.folders_of_tables().await?)?;
        for table in folders {
            let report = self.maintain_table(&table, &options).await;
            // What holds no table is worth a word only when there was something to do.
            let is_table = tables.contains(&table);
            if is_table || report.as_ref().map_or(true, |report| report.files_removed > 0) {
                done.push(maintained(&table, report));
            }
        }
        self.meta.prune_runs(self.world.clock.now() - RUNS_KEPT).await?;
        Ok(done)
    }

    async fn maintain_table(&self, table: &TableName, options: &MaintainOptions) -> Result<MaintainReport, LakeError> {
        let lease = self.lake.lease(table, "ade maintain").await?;
        let report = self.lake.maintain(table, options, &lease).await;
        let released = self.lake.release(&lease).await;
        released.and(report)
    }

    /// The tables that `upkeep` names and that exist.
    pub async fn tables(&self, upkeep: &Upkeep) -> Result<Vec<TableName>, RunError> {
        self.named(upkeep, self.lake.list().await?)
    }

    /// Those of some tables that `upkeep` names.
    fn named(&self, upkeep: &Upkeep, all: Vec<TableName>) -> Result<Vec<TableName>, RunError> {
        if upkeep.select.is_empty() && upkeep.exclude.is_empty() {
            return Ok(all);
        }
        let (selected, _) = select(&self.project, &upkeep.select, &upkeep.exclude, None)?;
        let mut wanted: Vec<TableName> = selected
            .iter()
            .filter_map(|id| self.project.relation(id))
            .filter_map(|relation| Self::table_name(relation).ok())
            .collect();
        // Rows that are kept apart belong to their table.
        let sources = selected.iter().filter_map(|id| self.project.sources.get(id));
        let sources = sources.filter_map(|source| Self::table_name(&source.relation).ok());
        wanted.extend(sources.filter_map(|table| beside(&table).ok()).collect::<Vec<_>>());
        Ok(all.into_iter().filter(|table| wanted.contains(table)).collect())
    }
}

fn maintained(table: &TableName, report: Result<MaintainReport, LakeError>) -> MaintainedTable {
    let (skipped, failed) = match &report {
        Ok(_) => (None, false),
        Err(LakeError::Lease(LeaseError::Held { holder, .. })) => (Some(format!("{holder} is writing it")), false),
        Err(error) => (Some(with_causes(error)), true),
    };
    let report = report.unwrap_or_default();
    MaintainedTable {
        table: table.to_string(),
        files_compacted: report.files_compacted,
        files_written: report.files_written,
        checkpoint: report.checkpoint,
        log_entries_removed: report.log_entries_removed,
        files_removed: report.files_removed,
        bytes_removed: report.bytes_removed,
        skipped,
        failed,
    }
}
