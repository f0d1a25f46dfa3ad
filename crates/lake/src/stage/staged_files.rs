//! Complete files of a stage, until their commit.

use super::finish::remove_files;
use crate::holdings::Abandoned;
use crate::table_handle::TableHandle;
use crate::{DataFile, LakeError, Lease};

/// Files that are written and not yet anybody's. Whatever ends the write before they are committed lets go of this: they are
/// then removed when the table's lease is released.
#[derive(Debug)]
pub(crate) struct StagedFiles {
    handle: TableHandle,
    lease: Lease,
    files: Vec<DataFile>,
}

impl StagedFiles {
    pub(super) fn new(handle: TableHandle, lease: Lease, files: Vec<DataFile>) -> Self {
        Self { handle, lease, files }
    }

    /// The files.
    pub(crate) fn files(&self) -> &[DataFile] {
        &self.files
    }

    /// Takes those out that are not to be kept; `keep` has a word on each.
    pub(super) fn split_off(&mut self, keep: &[bool]) -> Self {
        let mut keep = keep.iter();
        let taken = self.files.extract_if(.., |_| keep.next() != Some(&true)).collect();
        Self::new(self.handle.clone(), self.lease.clone(), taken)
    }

    /// Adds more files of the same stage.
    pub(super) fn absorb(&mut self, mut more: Self) {
        self.files.append(&mut more.files);
    }

    /// They are the table's, or may be.
    pub(crate) fn keep(&mut self) {
        self.files.clear();
    }

    /// Removes them.
    pub(crate) async fn remove(&mut self) -> Result<(), LakeError> {
        remove_files(&self.handle, &self.files).await?;
        self.files.clear();
        Ok(())
    }
}

impl Drop for StagedFiles {
    fn drop(&mut self) {
        let files = std::mem::take(&mut self.files);
        if !files.is_empty() {
            let table = self.handle.name().clone();
            self.handle.lake().holdings().abandon(&self.lease, Abandoned { table, writer: None, files });
        }
    }
}
