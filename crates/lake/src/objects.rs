//! Everything that lies in a table's folder, whether a version has it or not: for those who must make sure that something is
//! nowhere.

use arrow::array::RecordBatch;
use bytes::Bytes;
use object_store::ObjectStoreExt;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::table_handle::TableHandle;
use crate::{Lake, LakeError, TableName};

impl Lake {
    /// Paths, relative to the table's folder, of everything in it: data files of all versions, what was staged and given up, the log.
    ///
    /// # Errors
    /// [`LakeError::Store`].
    pub async fn objects(&self, table: &TableName) -> Result<Vec<String>, LakeError> {
        let handle = TableHandle::new(self, table);
        let folder = handle.folder().as_ref().to_owned();
        let relative = |object: &object_store::ObjectMeta| {
            object.location.as_ref().strip_prefix(&folder).map(|rest| rest.trim_start_matches('/').to_owned())
        };
        Ok(handle.objects().await?.iter().filter_map(relative).collect())
    }

    /// The bytes of one of them; `None` when it is gone.
    ///
    /// # Errors
    /// [`LakeError::Store`].
    pub async fn object(&self, table: &TableName, path: &str) -> Result<Option<Bytes>, LakeError> {
        let handle = TableHandle::new(self, table);
        let full = format!("{}/{path}", handle.folder());
        let location = object_store::path::Path::parse(&full).unwrap_or_else(|_| object_store::path::Path::from(full));
        let fail = |source| handle.log().store_error("reading an object", source);
        match handle.store().get(&location).await {
            Ok(found) => Ok(Some(found.bytes().await.map_err(fail)?)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(source) => Err(fail(source)),
        }
    }

    /// The rows of a Parquet file, batch by batch; `None` for bytes that are none, or not whole.
    pub fn rows_of(bytes: Bytes) -> Option<impl Iterator<Item = Option<RecordBatch>>> {
        let reader = ParquetRecordBatchReaderBuilder::try_new(bytes).ok()?.build().ok()?;
        Some(reader.map(Result::ok))
    }
}
