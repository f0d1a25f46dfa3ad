//! The local file system as an object store: durable, and confined to the lake's folder.

use std::fmt;
use std::io::{ErrorKind, Write};
use std::ops::Range;
use std::path::PathBuf;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    CopyMode, CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMode,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, RenameTargetMode, Result,
};

use super::durable;
use super::local_upload::LocalUpload;

/// Names this store in errors.
pub(super) const STORE: &str = "local lake";

/// Reads as [`LocalFileSystem`] does; everything it writes is durable when it returns. Rooted at `/`, as engines expect
/// of the store of `file://`, but paths outside of `folder` are refused: a query cannot reach the rest of the disk.
#[derive(Debug)]
pub(crate) struct LocalStore {
    inner: LocalFileSystem,
    folder: Path,
}

impl LocalStore {
    /// A store for the files below `folder`, an absolute path.
    pub(crate) fn new(folder: &std::path::Path) -> Result<Self> {
        Ok(Self { inner: LocalFileSystem::new(), folder: Path::from_absolute_path(folder)? })
    }

    /// Refuses what is outside of the folder.
    fn confine(&self, location: &Path) -> Result<()> {
        if location.prefix_matches(&self.folder) {
            return Ok(());
        }
        Err(Error::PermissionDenied {
            path: location.to_string(),
            source: format!("it is outside of the lake's folder /{}", self.folder).into(),
        })
    }

    fn file(&self, location: &Path) -> Result<PathBuf> {
        self.confine(location)?;
        self.inner.path_to_filesystem(location)
    }
}

/// Runs a blocking file operation beside the async runtime.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
    path: PathBuf,
) -> Result<T> {
    // `Error::JoinError` would say what the panic said.
    let done = tokio::task::spawn_blocking(work).await;
    let done = done.map_err(|_| Error::Generic { store: STORE, source: "a thread panicked".into() })?;
    done.map_err(|source| {
        let path = path.display().to_string();
        match source.kind() {
            ErrorKind::AlreadyExists => Error::AlreadyExists { path, source: Box::new(source) },
            ErrorKind::NotFound => Error::NotFound { path, source: Box::new(source) },
            ErrorKind::PermissionDenied => Error::PermissionDenied { path, source: Box::new(source) },
            _ => Error::Generic { store: STORE, source: Box::new(source) },
        }
    })
}

impl fmt::Display for LocalStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "LocalStore(/{})", self.folder)
    }
}

#[async_trait]
impl ObjectStore for LocalStore {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let exclusive = match options.mode {
            PutMode::Create => true,
            PutMode::Overwrite => false,
            PutMode::Update(_) => {
                return Err(Error::NotImplemented {
                    operation: "conditional update".into(),
                    implementer: STORE.into(),
                });
            }
        };
        let target = self.file(location)?;
        let path = target.clone();
        blocking(
            move || {
                let (mut file, temporary) = durable::create_temporary(&target)?;
                if let Err(error) = payload.iter().try_for_each(|chunk| file.write_all(chunk)) {
                    let _ = std::fs::remove_file(&temporary);
                    return Err(error);
                }
                durable::publish(&file, &temporary, &target, exclusive)
            },
            path,
        )
        .await?;
        Ok(PutResult { e_tag: None, version: None })
    }

    async fn put_multipart_opts(&self, location: &Path, _: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        let target = self.file(location)?;
        let path = target.clone();
        let (file, temporary) = blocking(
            {
                let target = target.clone();
                move || durable::create_temporary(&target)
            },
            path,
        )
        .await?;
        Ok(Box::new(LocalUpload::new(file, temporary, target)))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.confine(location)?;
        self.inner.get_opts(location, options).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.confine(location)?;
        self.inner.get_ranges(location, ranges).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let folder = self.folder.clone();
        let confined = locations.and_then(move |location| {
            let inside = location.prefix_matches(&folder);
            let result = if inside {
                Ok(location)
            } else {
                let source = format!("it is outside of the lake's folder /{folder}").into();
                Err(Error::PermissionDenied { path: location.to_string(), source })
            };
            std::future::ready(result)
        });
        self.inner.delete_stream(confined.boxed())
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let prefix = prefix.unwrap_or(&self.folder);
        match self.confine(prefix) {
            Ok(()) => self.inner.list(Some(prefix)),
            Err(error) => futures::stream::once(std::future::ready(Err(error))).boxed(),
        }
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        // The one that traits come with looks at every file before it leaves those out that come before: in a long log, that
        // is nearly all of them.
        let prefix = prefix.unwrap_or(&self.folder);
        match self.confine(prefix) {
            Ok(()) => self.inner.list_with_offset(Some(prefix), offset),
            Err(error) => futures::stream::once(std::future::ready(Err(error))).boxed(),
        }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let prefix = prefix.unwrap_or(&self.folder);
        self.confine(prefix)?;
        self.inner.list_with_delimiter(Some(prefix)).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        let (from, to) = (self.file(from)?, self.file(to)?);
        let exclusive = options.mode == CopyMode::Create;
        let path = from.clone();
        blocking(
            move || {
                let mut source = std::fs::File::open(&from)?;
                let (mut file, temporary) = durable::create_temporary(&to)?;
                if let Err(error) = std::io::copy(&mut source, &mut file) {
                    let _ = std::fs::remove_file(&temporary);
                    return Err(error);
                }
                durable::publish(&file, &temporary, &to, exclusive)
            },
            path,
        )
        .await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        let (from, to) = (self.file(from)?, self.file(to)?);
        let exclusive = options.target_mode == RenameTargetMode::Create;
        let path = from.clone();
        blocking(
            move || {
                std::fs::File::open(&from)?.sync_all()?;
                if let Some(parent) = to.parent() {
                    durable::create_folders(parent)?;
                }
                if exclusive {
                    std::fs::hard_link(&from, &to)?;
                    std::fs::remove_file(&from)?;
                } else {
                    std::fs::rename(&from, &to)?;
                }
                durable::sync_parent(&to)?;
                durable::sync_parent(&from)
            },
            path,
        )
        .await
    }
}

#[cfg(test)]
mod tests {
    use object_store::ObjectStoreExt;

    use super::*;

    fn at(folder: &std::path::Path, name: &str) -> Path {
        Path::from_absolute_path(folder.join(name)).unwrap()
    }

    #[tokio::test]
    async fn create_is_exclusive_and_leaves_no_temporary() {
        let folder = tempfile::tempdir().unwrap();
        let store = LocalStore::new(folder.path()).unwrap();
        let location = at(folder.path(), "a/b/_delta_log/0.json");
        let create = PutOptions::from(PutMode::Create);
        store.put_opts(&location, "one".into(), create.clone()).await.unwrap();
        let again = store.put_opts(&location, "two".into(), create).await;
        assert!(matches!(again, Err(Error::AlreadyExists { .. })), "{again:?}");
        assert_eq!(store.get(&location).await.unwrap().bytes().await.unwrap(), "one");
        store.put(&location, "three".into()).await.unwrap();
        assert_eq!(store.get(&location).await.unwrap().bytes().await.unwrap(), "three");
        let names: Vec<_> = store.list(None).map_ok(|meta| meta.location).try_collect().await.unwrap();
        assert_eq!(names, [location]);
    }

    #[tokio::test]
    async fn nothing_outside_of_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("secret"), "x").unwrap();
        let store = LocalStore::new(folder.path()).unwrap();
        let secret = at(outside.path(), "secret");
        assert!(matches!(store.get(&secret).await, Err(Error::PermissionDenied { .. })));
        assert!(matches!(store.put(&secret, "y".into()).await, Err(Error::PermissionDenied { .. })));
        assert!(matches!(store.delete(&secret).await, Err(Error::PermissionDenied { .. })));
        assert!(store.list(Some(&at(outside.path(), ""))).next().await.unwrap().is_err());
        assert!(store.list_with_offset(Some(&at(outside.path(), "")), &secret).next().await.unwrap().is_err());
        let sibling = Path::from(format!("{}-sibling/x", store.folder));
        assert!(store.get(&sibling).await.is_err());
        assert_eq!(std::fs::read_to_string(outside.path().join("secret")).unwrap(), "x");
    }

    #[tokio::test]
    async fn multipart_and_rename() {
        let folder = tempfile::tempdir().unwrap();
        let store = LocalStore::new(folder.path()).unwrap();
        let (first, second) = (at(folder.path(), "x/part"), at(folder.path(), "y/part"));
        let mut upload = store.put_multipart(&first).await.unwrap();
        upload.put_part("hello ".into()).await.unwrap();
        upload.put_part("world".into()).await.unwrap();
        assert!(store.head(&first).await.is_err(), "visible before it is complete");
        upload.complete().await.unwrap();
        store.rename(&first, &second).await.unwrap();
        assert_eq!(store.get(&second).await.unwrap().bytes().await.unwrap(), "hello world");
        assert!(store.head(&first).await.is_err());
        let mut aborted = store.put_multipart(&first).await.unwrap();
        aborted.put_part("x".into()).await.unwrap();
        aborted.abort().await.unwrap();
        let names: Vec<_> = store.list(None).map_ok(|meta| meta.location).try_collect().await.unwrap();
        assert_eq!(names, [second]);
    }
}
