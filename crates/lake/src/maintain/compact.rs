//! Puts small files together.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::TryStreamExt;

use crate::commit::{Proposal, commit};
use crate::log::{add_line, check_writable, remove_line};
use crate::parquet_file::{TableWriter, TableWriterOptions};
use crate::stage::{FileReader, FileStager, file_prefix};
use crate::table_handle::TableHandle;
use crate::{At, DataFile, LakeError, Lease, MaintainReport, history};

/// Rewrites the small files of each partition as files of about `target_bytes`, where that leaves fewer. No row
/// changes: readers of changes are told so.
pub(super) async fn compact(
    handle: &TableHandle,
    target_bytes: u64,
    lease: &Lease,
    report: &mut MaintainReport,
) -> Result<(), LakeError> {
    let base = history::snapshot(handle, At::Latest).await?;
    let mut partitions: BTreeMap<_, Vec<&DataFile>> = BTreeMap::new();
    for file in base.files().iter().filter(|file| file.size_bytes < target_bytes / 2) {
        partitions.entry(&file.partition_values).or_default().push(file);
    }
    // Fewer files than before is the point of it.
    partitions.retain(|_, files| {
        let bytes: u64 = files.iter().map(|file| file.size_bytes).sum();
        (files.len() as u64) > bytes.div_ceil(target_bytes.max(1)).max(1)
    });
    let small: Vec<&DataFile> = partitions.into_values().flatten().collect();
    if small.is_empty() {
        return Ok(());
    }
    check_writable(base.delta().protocol(), base.delta().metadata()).map_err(|feature| LakeError::Unsupported {
        table: handle.name().clone(),
        feature,
        advice: "this lake compacts only tables without it".into(),
    })?;
    let options = handle.options();
    let stage_id = options.ids.next();
    let writer = TableWriter::new(TableWriterOptions {
        table: handle.name().clone(),
        store: handle.store().clone(),
        folder: handle.folder().clone(),
        schema: base.schema().clone(),
        partition_by: base.partition_by().to_vec(),
        prefix: format!("{}-c", file_prefix(lease, stage_id)),
        target_bytes,
        memory_bytes: options.memory_bytes,
        threads: options.encode_threads.max(1),
        clock: options.clock.clone(),
    })?;
    let mut writer = FileStager::new(handle, lease, writer);
    let reader = FileReader::new(handle, handle.scan(base.schema().clone(), base.partition_by().to_vec()));
    for file in &small {
        let scan = Arc::new(handle.scan_file(file, base.schema(), base.partition_by()));
        let mut rows = reader.read(&scan, None).await?;
        while let Some(batch) = rows.try_next().await.map_err(|error| reader.error(error))? {
            writer.write(&batch).await?;
        }
    }
    let mut new = writer.finish().await?;
    let now = options.clock.now();
    let removes = small.iter().map(|file| remove_line(file, false, now));
    let lines = removes.chain(new.files().iter().map(|file| add_line(file, false))).collect::<Result<Vec<_>, _>>();
    let lines = lines.map_err(|json_err| {
        let source = deltalake_core::DeltaTableError::SerializeLogJson { json_err };
        handle.log().delta_error("describing the files", source)
    })?;
    let proposal = Proposal {
        base: Some(&base),
        operation: "OPTIMIZE",
        parameters: serde_json::Map::new(),
        lines: &lines,
        rebase: false,
        note: None,
        run_id: None,
        state: None,
        rows: None,
    };
    let committed = commit(handle, lease, &proposal).await;
    report.files_written = new.files().len();
    if !matches!(&committed, Err(error) if error.is_conflict()) {
        new.keep();
    }
    committed?;
    report.files_compacted = small.len();
    Ok(())
}
