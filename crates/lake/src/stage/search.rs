//! Looks for rows in the files of a table, on all cores.

use std::sync::Arc;

use arrow::array::{BooleanArray, RecordBatch};
use datafusion::common::runtime::SpawnedTask;
use futures::{StreamExt, TryStreamExt};

use super::effect::Effect;
use super::file_mask::FileMask;
use super::file_reader::FileReader;
use super::stage_plan::StagePlan;
use crate::LakeError;
use crate::scan::ScanFile;

/// What is being done, in errors.
const SEARCHING: &str = "looking for rows";

/// Which rows of a batch are meant; never NULL.
pub(super) type Matcher = dyn Fn(&RecordBatch) -> Result<BooleanArray, LakeError> + Send + Sync;

/// Takes away every row of `files` (with their places in the base) for whose columns at `projection` the matcher is true.
pub(super) async fn search(
    plan: &StagePlan,
    files: Vec<(usize, Arc<ScanFile>)>,
    projection: Vec<usize>,
    matcher: Arc<Matcher>,
    effect: &mut Effect,
) -> Result<(), LakeError> {
    let reader = plan.reader();
    let (mut parts, mut rows) = (Vec::new(), Vec::new());
    for (place, (_, file)) in files.iter().enumerate() {
        let of_file = reader.parts(file).await?;
        rows.push(of_file.iter().map(|part| part.rows).sum());
        parts.extend(of_file.into_iter().map(|part| (place, part)));
    }
    let searches = parts.into_iter().map(|(place, part)| {
        let (reader, projection, matcher) = (reader.clone(), projection.clone(), Arc::clone(&matcher));
        let task = SpawnedTask::spawn(async move {
            let mask = mask(&reader, &part.file, part.first_row, &projection, &matcher).await?;
            Ok::<_, LakeError>((place, mask))
        });
        task.join()
    });
    let mut found = futures::stream::iter(searches).buffered(plan.threads());
    while let Some(searched) = found.next().await {
        let table = plan.handle.name();
        let panicked = |_| LakeError::Panicked { table: table.clone(), action: SEARCHING };
        let (place, mask) = searched.map_err(panicked)??;
        effect.add(files[place].0, &mask, rows[place]);
    }
    Ok(())
}

async fn mask(
    reader: &FileReader,
    file: &Arc<ScanFile>,
    first_row: u64,
    projection: &Vec<usize>,
    matcher: &Arc<Matcher>,
) -> Result<FileMask, LakeError> {
    let mut mask = FileMask::default();
    let mut first = first_row;
    let mut batches = reader.read(file, Some(projection)).await?;
    while let Some(batch) = batches.try_next().await.map_err(|error| reader.error(error))? {
        let found = matcher(&batch)?;
        found.values().set_indices().for_each(|row| mask.remove(first + row as u64));
        first += batch.num_rows() as u64;
    }
    Ok(mask)
}
