//! `ade maintain`.
use std::time::Duration;

use ade_lake::{LakeError, LeaseError, MaintainOptions, MaintainReport, TableName};
use chrono::TimeDelta;
use serde::Serialize;

use crate::build::select;
use crate::error::RunError;
use crate::workspace::Workspace;

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
}

impl Workspace {
    /// Compacts, writes checkpoints, and removes what no kept version needs.
    pub async fn maintain(&self, upkeep: &Upkeep) -> Result<Vec<MaintainedTable>, RunError> {
        self.write_as(self.world.ids.next(), "ade maintain", Duration::ZERO);
        let retention = TimeDelta::hours(i64::try_from(upkeep.retention_hours).unwrap_or(i64::MAX / 3_600_000));
        let options = MaintainOptions {
            log_retention: Some(retention),
            vacuum_older_than: Some(retention),
            ..MaintainOptions::default()
        };
        let mut done = Vec::new();
        for table in self.tables(upkeep).await? {
            let lease = match self.lake.lease(&table, "ade maintain").await {
                Ok(lease) => lease,
                Err(LakeError::Lease(LeaseError::Held { holder, .. })) => {
                    done.push(maintained(&table, MaintainReport::default(), Some(format!("{holder} is writing it"))));
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            let report = self.lake.maintain(&table, &options, &lease).await;
            self.lake.release(&lease).await?;
            done.push(maintained(&table, report?, None));
        }
        Ok(done)
    }

    /// The tables that `upkeep` names and that exist.
    pub async fn tables(&self, upkeep: &Upkeep) -> Result<Vec<TableName>, RunError> {
        let all = self.lake.list().await?;
        if upkeep.select.is_empty() && upkeep.exclude.is_empty() {
            return Ok(all);
        }
        let (selected, _) = select(&self.project, &upkeep.select, &upkeep.exclude, None)?;
        let wanted: Vec<TableName> = selected
            .iter()
            .filter_map(|id| self.project.relation(id))
            .filter_map(|relation| Self::table_name(relation).ok())
            .collect();
        Ok(all.into_iter().filter(|table| wanted.contains(table)).collect())
    }
}

fn maintained(table: &TableName, report: MaintainReport, skipped: Option<String>) -> MaintainedTable {
    MaintainedTable {
        table: table.to_string(),
        files_compacted: report.files_compacted,
        files_written: report.files_written,
        checkpoint: report.checkpoint,
        log_entries_removed: report.log_entries_removed,
        files_removed: report.files_removed,
        bytes_removed: report.bytes_removed,
        skipped,
    }
}
