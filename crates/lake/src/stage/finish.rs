//! Works out what the table would become.

use std::sync::Arc;

use arrow::array::AsArray;
use arrow::datatypes::UInt64Type;
use futures::{StreamExt, TryStreamExt};
use object_store::ObjectStoreExt;

use super::arrivals::Arrivals;
use super::effect::Effect;
use super::file_mask::FileMask;
use super::key_probe::KeyProbe;
use super::key_set::KeySet;
use super::open::replaces_all;
use super::partitions::Partitions;
use super::region_filter::{Cover, RegionFilter};
use super::remains::{RewriteOf, write_remains};
use super::row_set::RowSet;
use super::search::search;
use super::stage_plan::StagePlan;
use super::{FileStager, StagedFiles};
use crate::failpoints::{self, DISCARD_FILE, STAGE_FINISHED};
use crate::table_handle::TableHandle;
use crate::{DataFile, LakeError, RowCounts, Staged, Write};

/// Finishes a write whose arrivals are in files already.
pub(super) async fn files(
    plan: StagePlan,
    writer: FileStager,
    region: Option<Arc<RegionFilter>>,
) -> Result<Staged, LakeError> {
    let arrived = writer.rows();
    let new_files = writer.finish().await?;
    let mut effect = Effect::default();
    match (&plan.base, &plan.write) {
        (Some(base), Write::Replace) => effect = Effect::all(base.files().len()),
        (Some(_), Write::ReplaceWhere(_) | Write::Exchange(_)) => {
            if let Some(region) = region {
                cover(&plan, region, &mut effect).await?;
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
pub(super) async fn keyed(plan: StagePlan, arrivals: Arrivals) -> Result<Staged, LakeError> {
    let Arrivals { rows, keys: mut arriving } = arrivals;
    arriving.check()?;
    let arrived = arriving.rows();
    let (portions, _spill) = arriving.portions().await?;
    let empty = || KeySet::new(arriving.converter(), arriving.key_width());
    let budget = plan.handle.options().memory_bytes / 2;
    let replaces = replaces_all(&plan.write);
    let (mut keys, mut staying) = (empty(), RowSet::default());
    let mut effect = Effect::default();
    for portion in portions {
        let winners = arriving.winners();
        let contest = tokio::task::spawn_blocking(move || portion.contest(winners)?.finish()).await;
        let contest = contest.map_err(|_| arriving.panicked("telling arrivals apart"))?;
        let (won, more) = contest.map_err(|source| arriving.spill_error(source))?;
        for batch in &won {
            let numbers = batch.column(batch.num_columns() - 1).as_primitive::<UInt64Type>();
            numbers.values().iter().for_each(|number| staying.insert(*number));
        }
        if replaces || plan.base.is_none() {
            continue;
        }
        if keys.len() == 0 {
            keys = more;
        } else {
            keys.absorb(&more);
        }
        if keys.bytes() > budget {
            let probe = KeyProbe { plan: &plan, names: arriving.key_names(), converter: arriving.converter() };
            probe.run(std::mem::replace(&mut keys, empty()), &mut effect).await?;
        }
    }
    // Several with one key come all.
    let staying = Some(&staying).filter(|_| !matches!(plan.write, Write::DeleteInsert(_)));
    let (new_files, added) = rows.finish(&plan, arriving.numbered(), staying).await?;
    if let (Write::UpsertExchange(_, region), Some(_)) = (&plan.write, &plan.base) {
        let region = RegionFilter::new(plan.handle.name(), region, plan.schema())?;
        cover(&plan, Arc::new(region), &mut effect).await?;
    }
    if replaces {
        let files = plan.base.as_ref().map_or(0, |base| base.files().len());
        effect = Effect::all(files);
    } else {
        let probe = KeyProbe { plan: &plan, names: arriving.key_names(), converter: arriving.converter() };
        probe.run(keys, &mut effect).await?;
    }
    complete(plan, arrived, added, new_files, effect).await
}

/// Finds the rows of a region.
async fn cover(plan: &StagePlan, region: Arc<RegionFilter>, effect: &mut Effect) -> Result<(), LakeError> {
    let mut candidates = Vec::new();
    for (index, file) in plan.scan_files().into_iter().enumerate() {
        match region.cover(&file.stats) {
            Cover::Nothing => {}
            Cover::Everything => effect.remove(index),
            Cover::Unknown => candidates.push((index, file)),
        }
    }
    let projection = vec![region.index()];
    search(plan, candidates, projection, Arc::new(move |batch| region.matches(batch.column(0))), effect).await
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
    let scans = plan.scan_files();
    let reader = plan.reader();
    let (mut kept, mut removed_files, mut remains) = (Vec::new(), Vec::new(), Vec::new());
    let (mut removed, mut kept_rows) = (0, 0);
    for (index, file) in base_files.iter().enumerate() {
        let rows = match file.rows {
            Some(rows) => rows,
            None => reader.count(&scans[index]).await?,
        };
        match effect.touched.remove(&index) {
            None => {
                kept_rows += rows;
                kept.push(file.clone());
            }
            Some(None) => {
                removed += rows;
                removed_files.push(file.clone());
            }
            Some(Some(mask)) => {
                removed += mask.count();
                kept_rows += rows - mask.count();
                remains.push((Arc::clone(&scans[index]), mask));
                removed_files.push(file.clone());
            }
        }
    }
    let rewritten = write_remains(&plan, remains, RewriteOf::Table).await?;
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
