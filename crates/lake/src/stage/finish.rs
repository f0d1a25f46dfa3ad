//! Works out what the table would become.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::row::RowConverter;
use futures::{StreamExt, TryStreamExt};
use object_store::ObjectStoreExt;

use super::arrivals::Arrivals;
use super::file_mask::FileMask;
use super::key_set::KeySet;
use super::open::replaces_all;
use super::partitions::Partitions;
use super::region_filter::{Cover, RegionFilter};
use super::rewrite::Rewriter;
use super::stage_plan::StagePlan;
use super::winners::project;
use super::{FileStager, StagedFiles};
use crate::failpoints::{self, DISCARD_FILE, STAGE_FINISHED};
use crate::scan::ScanFile;
use crate::table_handle::TableHandle;
use crate::{DataFile, LakeError, RowCounts, Snapshot, Staged, Write};

/// What happens to the files that were there.
#[derive(Default)]
pub(super) struct Effect {
    /// By their place in the base: the rows that go, `None` for all.
    touched: BTreeMap<usize, Option<FileMask>>,
}

/// Finishes a write whose arrivals are in files already.
pub(super) async fn files(
    plan: StagePlan,
    writer: FileStager,
    region: Option<&RegionFilter>,
) -> Result<Staged, LakeError> {
    let arrived = writer.rows();
    let new_files = writer.finish().await?;
    let mut effect = Effect::default();
    match (&plan.base, &plan.write) {
        (Some(base), Write::Replace) => effect.touched = (0..base.files().len()).map(|index| (index, None)).collect(),
        (Some(base), Write::ReplaceWhere(_) | Write::Exchange(_)) => {
            if let Some(region) = region {
                cover(&plan, base.files().len(), region, &mut effect).await?;
            }
        }
        _ => {}
    }
    complete(plan, arrived, arrived, new_files, effect).await
}

/// Finishes a write whose arrivals take the place of the partitions that they are of.
pub(super) async fn partitions(
    plan: StagePlan,
    writer: FileStager,
    partitions: Partitions,
) -> Result<Staged, LakeError> {
    let arrived = writer.rows();
    let new_files = writer.finish().await?;
    let effect = partitions.effect(&plan).await?;
    complete(plan, arrived, arrived, new_files, effect).await
}

/// Finishes an upsert or a delete by key.
pub(super) async fn keyed(plan: StagePlan, mut arrivals: Arrivals) -> Result<Staged, LakeError> {
    arrivals.check_keys()?;
    let arrived = arrivals.rows();
    let table_columns: Vec<usize> = (0..plan.schema().fields().len()).collect();
    let upserts = matches!(plan.write, Write::Upsert(_) | Write::UpsertExchange(..) | Write::ReplaceByKey(_));
    let inserts = matches!(plan.write, Write::DeleteInsert(_));
    let replaces = replaces_all(&plan.write);
    let mut writer = plan.writer("n")?;
    let (portions, _spill) = arrivals.portions().await?;
    let arrow = |source| arrivals.spill_error(source);
    let empty = || KeySet::new(arrivals.converter(), arrivals.columns().key.len());
    let budget = plan.handle.options().memory_bytes / 2;
    let mut keys = empty();
    let mut effect = Effect::default();
    for portion in portions {
        if inserts {
            for batch in portion.batches().map_err(arrow)? {
                writer.write(&batch.map_err(arrow)?.project(&table_columns).map_err(arrow)?).await?;
            }
        }
        let winners = arrivals.winners();
        let contest = tokio::task::spawn_blocking(move || portion.contest(winners)?.finish()).await;
        let contest = contest.map_err(|error| arrow(arrow::error::ArrowError::from_external_error(Box::new(error))))?;
        let (rows, more) = contest.map_err(arrow)?;
        if upserts {
            for batch in &rows {
                writer.write(&batch.project(&table_columns).map_err(arrow)?).await?;
            }
        }
        if replaces {
            continue;
        }
        if keys.len() == 0 {
            keys = more;
        } else {
            keys.absorb(&more);
        }
        if keys.bytes() > budget {
            let probe = KeyProbe { plan: &plan, names: arrivals.key_names(), converter: arrivals.converter() };
            probe.run(std::mem::replace(&mut keys, empty()), &mut effect).await?;
        }
    }
    if let (Write::UpsertExchange(_, region), Some(base)) = (&plan.write, &plan.base) {
        let region = RegionFilter::new(plan.handle.name(), region, plan.schema())?;
        cover(&plan, base.files().len(), &region, &mut effect).await?;
    }
    if replaces {
        let files = plan.base.as_ref().map_or(0, |base| base.files().len());
        effect.touched = (0..files).map(|index| (index, None)).collect();
    } else {
        let probe = KeyProbe { plan: &plan, names: arrivals.key_names(), converter: arrivals.converter() };
        probe.run(keys, &mut effect).await?;
    }
    let added = writer.rows();
    let new_files = writer.finish().await?;
    complete(plan, arrived, added, new_files, effect).await
}

/// Finds the rows of a region.
async fn cover(plan: &StagePlan, files: usize, region: &RegionFilter, effect: &mut Effect) -> Result<(), LakeError> {
    let rewriter = rewriter(plan);
    let scans = scan_files(plan);
    for (index, file) in scans.iter().enumerate().take(files) {
        match region.cover(&file.stats) {
            Cover::Nothing => {}
            Cover::Everything => {
                effect.touched.insert(index, None);
            }
            Cover::Unknown => {
                let mut mask = FileMask::default();
                let visit = |first: u64, batch: &RecordBatch| -> Result<(), LakeError> {
                    let found = region.matches(batch.column(0))?;
                    found.values().set_indices().for_each(|row| mask.remove(first + row as u64));
                    Ok(())
                };
                let rows = rewriter.for_each(file, &vec![region.index()], visit).await?;
                effect.add(index, &mask, rows);
            }
        }
    }
    Ok(())
}

/// Finds the rows that have one of some keys.
pub(super) struct KeyProbe<'a> {
    pub(super) plan: &'a StagePlan,
    /// The columns of the keys.
    pub(super) names: Vec<&'a str>,
    /// Makes keys comparable.
    pub(super) converter: &'a Arc<RowConverter>,
}

impl KeyProbe<'_> {
    /// Takes away every row that has one of the keys, several files at a time.
    pub(super) async fn run(&self, keys: KeySet, effect: &mut Effect) -> Result<(), LakeError> {
        let plan = self.plan;
        let projection: Vec<usize> = self.names.iter().filter_map(|name| plan.schema().index_of(name).ok()).collect();
        let rewriter = rewriter(plan);
        let mut candidates = Vec::new();
        for (index, file) in scan_files(plan).into_iter().enumerate() {
            // A file of one partition need not be read.
            match keys.of_file(&file.stats, &projection, self.converter) {
                Cover::Nothing => {}
                Cover::Everything => _ = effect.touched.insert(index, None),
                Cover::Unknown => candidates.push((index, file)),
            }
        }
        let keys = Arc::new(keys);
        let probes = candidates.into_iter().map(|(index, file)| {
            let (rewriter, keys, projection) = (rewriter.clone(), Arc::clone(&keys), projection.clone());
            let converter = Arc::clone(self.converter);
            let table = plan.handle.name().clone();
            tokio::spawn(async move {
                let mut mask = FileMask::default();
                let all: Vec<usize> = (0..projection.len()).collect();
                let visit = |first: u64, batch: &RecordBatch| -> Result<(), LakeError> {
                    let rows = converter.convert_columns(&project(batch, &all)).map_err(|source| LakeError::Arrow {
                        table: table.clone(),
                        action: "comparing keys",
                        source: Box::new(source),
                    })?;
                    for (row, key) in rows.iter().enumerate() {
                        if keys.find(key).is_some() {
                            mask.remove(first + row as u64);
                        }
                    }
                    Ok(())
                };
                let rows = rewriter.for_each(&file, &projection, visit).await?;
                Ok::<_, LakeError>((index, mask, rows))
            })
        });
        let threads = plan.handle.options().encode_threads.max(1);
        let mut found = futures::stream::iter(probes).buffered(threads);
        while let Some(probed) = found.next().await {
            let (index, mask, rows) = probed.map_err(|source| {
                plan.handle.log().store_error("comparing keys", object_store::Error::JoinError { source })
            })??;
            effect.add(index, &mask, rows);
        }
        Ok(())
    }
}

impl Effect {
    /// Takes rows of a file of `rows` rows away.
    fn add(&mut self, index: usize, mask: &FileMask, rows: u64) {
        if mask.count() == 0 {
            return;
        }
        let known = self.touched.entry(index).or_insert_with(|| Some(FileMask::default()));
        if let Some(before) = known {
            before.merge(mask);
            if before.count() == rows {
                *known = None;
            }
        }
    }
}

fn rewriter(plan: &StagePlan) -> Rewriter {
    Rewriter::new(&plan.handle, plan.handle.scan(plan.schema().clone(), plan.partition_by.clone()))
}

/// The base's files as the columns after the write.
fn scan_files(plan: &StagePlan) -> Vec<Arc<ScanFile>> {
    let files = plan.base.iter().flat_map(Snapshot::files);
    files.map(|file| Arc::new(plan.handle.scan_file(file, plan.schema(), &plan.partition_by))).collect()
}

/// Rewrites what is touched in part, and counts.
async fn complete(
    plan: StagePlan,
    arrived: u64,
    added: u64,
    new_files: StagedFiles,
    mut effect: Effect,
) -> Result<Staged, LakeError> {
    let base_files: &[DataFile] = plan.base.as_ref().map_or(&[], |base| base.files());
    if !plan.evolution.rewritten.is_empty() {
        // Delta readers take a file's types for the table's.
        for index in 0..base_files.len() {
            effect.touched.entry(index).or_insert_with(|| Some(FileMask::default()));
        }
    }
    let scans = scan_files(&plan);
    let rewriter = rewriter(&plan);
    let mut writer = plan.writer("r")?;
    let (mut kept, mut removed_files) = (Vec::new(), Vec::new());
    let (mut removed, mut kept_rows) = (0, 0);
    for (index, file) in base_files.iter().enumerate() {
        let rows = match file.rows {
            Some(rows) => rows,
            None => rewriter.for_each(&scans[index], &Vec::new(), |_, _| Ok(())).await?,
        };
        match effect.touched.get(&index) {
            None => {
                kept_rows += rows;
                kept.push(file.clone());
            }
            Some(None) => {
                removed += rows;
                removed_files.push(file.clone());
            }
            Some(Some(mask)) => {
                rewriter.rewrite(&scans[index], mask, &mut writer).await?;
                removed += mask.count();
                kept_rows += rows - mask.count();
                removed_files.push(file.clone());
            }
        }
    }
    let rewritten = writer.finish().await?;
    let fail = |source| plan.handle.log().store_error("staging rows", source);
    failpoints::hit_store(STAGE_FINISHED).map_err(fail)?;
    let counts = RowCounts { arrived, added, removed, total: kept_rows + added };
    Ok(Staged::new(plan, counts, kept, removed_files, new_files, rewritten))
}

/// Removes staged files.
pub(crate) async fn remove_files(handle: &TableHandle, files: &[DataFile]) -> Result<(), LakeError> {
    let fail = |source| handle.log().store_error("removing a staged file", source);
    let remove = |file: &DataFile| {
        let location = handle.location(file);
        async move {
            failpoints::hit_store(DISCARD_FILE)?;
            match handle.store().delete(&location).await {
                Err(object_store::Error::NotFound { .. }) | Ok(()) => Ok(()),
                Err(error) => Err(error),
            }
        }
    };
    futures::stream::iter(files.iter().map(remove)).buffered(8).try_collect::<()>().await.map_err(fail)
}
