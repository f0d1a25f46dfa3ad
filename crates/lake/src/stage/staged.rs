//! A write that waits for its audit.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arrow::datatypes::SchemaRef;
use datafusion::catalog::TableProvider;
use serde_json::{Map, Value, json};

use super::StagedFiles;
use super::stage_plan::StagePlan;
use crate::commit::{self, Proposal};
use crate::log::{add_line, remove_line};
use crate::scan::TableScan;
use crate::{CommitNote, Committed, DataFile, LakeError, RowCounts, Snapshot, TableName, Write};

/// What a table would become. Nobody else sees it until [`Staged::commit`]. When it is dropped without one, its files go with
/// the lease: see [`crate::Lake::release`].
#[derive(Debug)]
pub struct Staged {
    plan: StagePlan,
    counts: RowCounts,
    kept: Vec<DataFile>,
    removed: Vec<DataFile>,
    new: StagedFiles,
    rewritten: StagedFiles,
    /// Whether a commit was tried: its files may be the table's, whatever the answer was.
    tried: AtomicBool,
}

impl Staged {
    pub(super) fn new(
        plan: StagePlan,
        counts: RowCounts,
        kept: Vec<DataFile>,
        removed: Vec<DataFile>,
        new: StagedFiles,
        rewritten: StagedFiles,
    ) -> Self {
        Self { plan, counts, kept, removed, new, rewritten, tried: AtomicBool::new(false) }
    }

    /// The table.
    pub fn table(&self) -> &TableName {
        self.plan.handle.name()
    }

    /// The version that it was staged on; `None` for a new table.
    pub fn base_version(&self) -> Option<u64> {
        self.plan.base.as_ref().map(Snapshot::version)
    }

    /// The version that it was staged on.
    pub fn base(&self) -> Option<&Snapshot> {
        self.plan.base.as_ref()
    }

    /// The columns of the table after the write.
    pub fn schema(&self) -> &SchemaRef {
        self.plan.schema()
    }

    /// Exactly what the table would become.
    pub fn provider(&self) -> Arc<dyn TableProvider> {
        self.scan(self.kept.iter().chain(self.rewritten.files()).chain(self.new.files()))
    }

    /// The files that hold the arrivals.
    pub fn new_files(&self) -> &[DataFile] {
        self.new.files()
    }

    /// The rows, in numbers.
    pub fn row_counts(&self) -> RowCounts {
        self.counts
    }

    /// Makes it visible, in one Delta commit. Can be called again after an error.
    ///
    /// # Errors
    /// [`LakeError::Conflict`] when the table moved on (plan and stage again), [`LakeError::Fenced`] and [`LakeError::Lease`]
    /// when the lease is lost, [`LakeError::Unknown`] when nobody can say whether it took.
    pub async fn commit(&self, note: &CommitNote) -> Result<Committed, LakeError> {
        let log = self.plan.handle.log();
        let now = self.plan.handle.options().clock.now();
        let mut lines = self.plan.table_lines.clone();
        let written = (|| {
            for file in &self.removed {
                lines.push(remove_line(file, true, now)?);
            }
            for file in self.rewritten.files().iter().chain(self.new.files()) {
                lines.push(add_line(file, true)?);
            }
            Ok(())
        })();
        written.map_err(|json_err| {
            log.delta_error("describing the files", deltalake_core::DeltaTableError::SerializeLogJson { json_err })
        })?;
        let (operation, parameters) = self.describe();
        let proposal = Proposal {
            base: self.plan.base.as_ref(),
            operation,
            parameters,
            lines: &lines,
            // What follows on a position, or was made from rows of the table, belongs to the version that it was made on.
            rebase: self.plan.write == Write::Append
                && self.plan.table_lines.is_empty()
                && note.position.is_none()
                && note.fingerprint.is_none(),
            note: Some(note),
            run_id: None,
            state: None,
            rows: Some(self.counts),
        };
        let before = self.tried.swap(true, Ordering::Relaxed);
        let result = commit::commit(&self.plan.handle, &self.plan.lease, &proposal).await;
        if let Err(LakeError::Conflict { .. } | LakeError::Fenced { .. } | LakeError::Lease(_)) = &result {
            // These are only said when no entry of ours is there nor can come.
            self.tried.store(before, Ordering::Relaxed);
        }
        result
    }

    /// Removes the staged files. After a commit was tried they are left alone: what looks like a failure may arrive late.
    ///
    /// # Errors
    /// [`LakeError::Store`].
    pub async fn discard(mut self) -> Result<(), LakeError> {
        if self.tried.load(Ordering::Relaxed) {
            return Ok(());
        }
        self.new.remove().await?;
        self.rewritten.remove().await
    }

    fn scan<'a>(&self, files: impl Iterator<Item = &'a DataFile>) -> Arc<dyn TableProvider> {
        let plan = &self.plan;
        let files = files.map(|file| Arc::new(plan.handle.scan_file(file, plan.schema(), &plan.partition_by)));
        let target = plan.handle.scan(plan.schema().clone(), plan.partition_by.clone());
        Arc::new(TableScan::new(target, files.collect()))
    }

    /// The operation as Delta names it, and its parameters. Values of rows are not among them.
    fn describe(&self) -> (&'static str, Map<String, Value>) {
        let (operation, parameters) = match &self.plan.write {
            Write::Replace => ("WRITE", json!({"mode": "Overwrite"})),
            Write::Append => ("WRITE", json!({"mode": "Append"})),
            Write::ReplaceWhere(region) | Write::Exchange(region) => {
                ("WRITE", json!({"mode": "Overwrite", "replaceWhere": region.column()}))
            }
            Write::ReplacePartitions { columns } => {
                ("WRITE", json!({"mode": "Overwrite", "replacePartitions": columns.join(", ")}))
            }
            Write::ReplaceByKey(spec) => ("WRITE", json!({"mode": "Overwrite", "key": spec.columns.join(", ")})),
            Write::DeleteInsert(spec) | Write::Upsert(spec) | Write::UpsertExchange(spec, _) => {
                ("MERGE", json!({"key": spec.columns.join(", ")}))
            }
            Write::DeleteByKey { columns } => ("DELETE", json!({"key": columns.join(", ")})),
        };
        let Value::Object(mut parameters) = parameters else { return (operation, Map::new()) };
        if !self.plan.partition_by.is_empty() {
            parameters.insert("partitionBy".into(), json!(self.plan.partition_by.join(", ")));
        }
        (operation, parameters)
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if self.tried.load(Ordering::Relaxed) {
            self.new.keep();
            self.rewritten.keep();
        }
    }
}
