//! One view of a folder.

use std::sync::Arc;

use async_trait::async_trait;
use futures::stream;

use super::broken::Rejected;
use super::file_columns::Extent;
use super::options::FileOptions;
use super::plan::plan;
use super::position::Position;
use super::read::Reader;
use super::store::FileStore;
use super::unit::FilesUnit;
use crate::batch_stream::Item;
use crate::blocking::blocking;
use crate::{BatchStream, ConnectError, Place, PositionKey, ReadPlan, ReadRequest, ReadUnit, Snapshot, UnitEnd};

/// One view of a folder: a file that is not the one that was planned (size, and content where it was hashed) fails
/// the read.
pub(crate) struct FilesSnapshot {
    pub(crate) store: Arc<dyn FileStore>,
    pub(crate) threads: usize,
    pub(crate) key: Option<PositionKey>,
}

#[async_trait]
impl Snapshot for FilesSnapshot {
    async fn plan(&self, request: &ReadRequest) -> Result<ReadPlan, ConnectError> {
        let (store, request, threads) = (Arc::clone(&self.store), request.clone(), self.threads);
        let key = self.key.clone();
        blocking(&request.from.clone(), move || plan(&*store, &request, key.as_ref(), threads)).await
    }

    async fn read(&self, plan: &ReadPlan, unit: &ReadUnit) -> Result<BatchStream, ConnectError> {
        let files = FilesUnit::from_detail(&unit.label, &unit.detail)?;
        let reader = self.reader(plan);
        let rejected = reader.rejected.clone();
        let batches = reader.start(&unit.label, files.clone())?;
        let items = stream::try_unfold((batches, Some(0_u64)), move |(mut batches, rows)| {
            let (files, rejected) = (files.clone(), rejected.clone());
            async move {
                let Some(rows) = rows else { return Ok(None) };
                match batches.next().await? {
                    Some(batch) if batch.num_rows() == 0 => {
                        let records = rejected.map(|rejected| rejected.take()).unwrap_or_default();
                        Ok(Some((Item::Rejected(records), (batches, Some(rows)))))
                    }
                    Some(batch) => {
                        let rows = rows + batch.num_rows() as u64;
                        Ok(Some((Item::Batch(batch), (batches, Some(rows)))))
                    }
                    None => Ok(Some((Item::End(end(files, rows)), (batches, None)))),
                }
            }
        });
        Ok(BatchStream::new(Arc::clone(&plan.schema), items))
    }

    async fn place_of_row(&self, plan: &ReadPlan, unit: &ReadUnit, row: u64) -> Result<Option<Place>, ConnectError> {
        let files = FilesUnit::from_detail(&unit.label, &unit.detail)?;
        let reader = self.reader(plan);
        blocking(&unit.label, move || reader.place_of_row(&files, row)).await
    }
}

impl FilesSnapshot {
    fn reader(&self, plan: &ReadPlan) -> Reader {
        Reader {
            store: Arc::clone(&self.store),
            options: FileOptions::new(&plan.request.options).rejecting(plan.rejects),
            schema: Arc::clone(&plan.schema),
            batch_rows: plan.request.batch_rows,
            threads: self.threads,
            extent: Extent::All,
            key: self.key.clone(),
            rejected: plan.rejects.then(Rejected::default),
        }
    }
}

fn end(unit: FilesUnit, rows: u64) -> UnitEnd {
    UnitEnd::new(rows, Vec::new(), move |before, batch_id| {
        Position::after(before, &unit, unit.advance.as_ref()?, batch_id)
    })
}
