//! A store that cannot be relied on.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use futures::stream::BoxStream;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMultipartOptions,
    PutOptions, PutPayload, PutResult, Result, UploadPart,
};

/// A store whose writes of the log fail after (or before) they took, and uploads without their first part.
#[derive(Debug)]
pub(super) struct Treacherous {
    inner: object_store::local::LocalFileSystem,
    pub(super) takes: AtomicBool,
    pub(super) armed: AtomicBool,
    pub(super) blind: AtomicBool,
    pub(super) loses_a_part: AtomicBool,
}

impl Treacherous {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            inner: object_store::local::LocalFileSystem::new(),
            takes: AtomicBool::new(true),
            armed: AtomicBool::new(false),
            blind: AtomicBool::new(false),
            loses_a_part: AtomicBool::new(false),
        })
    }
}

/// An upload that loses its first part and takes itself for complete.
#[derive(Debug)]
struct Losing {
    inner: Box<dyn MultipartUpload>,
    lost: bool,
}

#[async_trait]
impl MultipartUpload for Losing {
    fn put_part(&mut self, part: PutPayload) -> UploadPart {
        if std::mem::replace(&mut self.lost, true) {
            self.inner.put_part(part)
        } else {
            Box::pin(async { Err(broken()) })
        }
    }

    async fn complete(&mut self) -> Result<PutResult> {
        self.inner.complete().await
    }

    async fn abort(&mut self) -> Result<()> {
        self.inner.abort().await
    }
}

impl fmt::Display for Treacherous {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Treacherous")
    }
}

fn broken() -> object_store::Error {
    object_store::Error::Generic { store: "treacherous", source: "connection reset".into() }
}

#[async_trait]
impl ObjectStore for Treacherous {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let log = location.as_ref().contains("/_delta_log/");
        if log && self.armed.swap(false, Ordering::SeqCst) {
            if self.takes.load(Ordering::SeqCst) {
                self.inner.put_opts(location, payload, options).await?;
            }
            return Err(broken());
        }
        self.inner.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(&self, at: &Path, options: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        let inner = self.inner.put_multipart_opts(at, options).await?;
        Ok(if self.loses_a_part.load(Ordering::SeqCst) { Box::new(Losing { inner, lost: false }) } else { inner })
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let newest = location.as_ref().ends_with("1.json");
        // From the write of the entry on.
        if newest && self.blind.load(Ordering::SeqCst) && !self.armed.load(Ordering::SeqCst) {
            return Err(broken());
        }
        self.inner.get_opts(location, options).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}
