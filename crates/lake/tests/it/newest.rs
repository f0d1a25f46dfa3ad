//! The newest version is found without a list of the log, wherever checkpoints and clean-ups left it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ade_lake::{At, CommitNote, Ids, Lake, MaintainOptions, StageRequest, Write};
use async_trait::async_trait;
use chrono::TimeDelta;
use futures::stream::BoxStream;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMultipartOptions,
    PutOptions, PutPayload, PutResult, Result,
};
use url::Url;

use super::support::{TestLake, people, table};

/// A store that counts what is asked of it.
#[derive(Debug, Default)]
struct Counting {
    inner: LocalFileSystem,
    lists: AtomicUsize,
    gets: AtomicUsize,
}

impl fmt::Display for Counting {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Counting")
    }
}

#[async_trait]
impl ObjectStore for Counting {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.inner.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(&self, at: &Path, options: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(at, options).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.gets.fetch_add(1, Ordering::SeqCst);
        self.inner.get_opts(location, options).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.lists.fetch_add(1, Ordering::SeqCst);
        self.inner.list(prefix)
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        self.lists.fetch_add(1, Ordering::SeqCst);
        self.inner.list_with_offset(prefix, offset)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

/// Asks for the version through a store that counts, and gives how often it had to list and to look.
async fn asked(test: &TestLake, expected: Option<u64>) -> (usize, usize) {
    let store = Arc::new(Counting::default());
    let url = Url::from_directory_path(test.folder.path().join("lake")).unwrap();
    let lake = Lake::with_store(url, store.clone(), test.options.clone()).unwrap();
    assert_eq!(lake.version(&table()).await.unwrap(), expected);
    (store.lists.load(Ordering::SeqCst), store.gets.load(Ordering::SeqCst))
}

/// A write and what is asked of the store for it: lists, and looks at objects.
async fn write_asks(test: &TestLake, store: &Counting, id: i64) -> (usize, usize) {
    let before = (store.lists.load(Ordering::SeqCst), store.gets.load(Ordering::SeqCst));
    test.lake.snapshot(&table(), At::Latest).await.unwrap();
    let lease = test.lease(&table()).await;
    let batch = people(&[(id, "a")]);
    let request = StageRequest::new(batch.schema(), Write::Append);
    let staged = test.stage(&table(), request, vec![batch], &lease).await.unwrap();
    staged.commit(&CommitNote::new(test.ids.next())).await.unwrap();
    test.lake.release(&lease).await.unwrap();
    (store.lists.load(Ordering::SeqCst) - before.0, store.gets.load(Ordering::SeqCst) - before.1)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_asks_no_more_of_a_long_log_than_of_a_short_one() {
    let mut test = TestLake::new().await;
    let store = Arc::new(Counting::default());
    let url = Url::from_directory_path(test.folder.path().join("lake")).unwrap();
    test.lake = Lake::with_store(url, store.clone(), test.options.clone()).unwrap();
    let options = MaintainOptions {
        compact_to_bytes: None,
        checkpoint_every: Some(10),
        log_retention: None,
        vacuum_older_than: None,
    };
    test.write(&table(), Write::Replace, vec![people(&[(-1, "a")])]).await.unwrap();
    let mut most = Vec::new();
    for round in 0..6 {
        let mut asked = (0, 0);
        for id in 0..10 {
            let (lists, gets) = write_asks(&test, &store, round * 10 + id).await;
            asked = (asked.0.max(lists), asked.1.max(gets));
        }
        most.push(asked);
        let lease = test.lease(&table()).await;
        test.lake.maintain(&table(), &options, &lease).await.unwrap();
        test.lake.release(&lease).await.unwrap();
    }
    assert!(most[5].0 <= most[1].0 && most[5].1 <= most[1].1, "lists and looks at most, in rounds of ten: {most:?}");
    // The one list is of Delta's load, which begins at the checkpoint, and a version is loaded once.
    assert!(most[5].0 <= 1, "{most:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_made_again_is_not_taken_for_the_one_before() {
    let test = TestLake::new().await;
    let other = Lake::open(test.folder.path().join("lake").to_str().unwrap(), test.options.clone()).await.unwrap();
    for (round, name) in ["first", "second"].into_iter().enumerate() {
        test.write(&table(), Write::Replace, vec![people(&[(1, name)])]).await.unwrap();
        // This one has loaded version 0 of both.
        let snapshot = other.snapshot(&table(), At::Latest).await.unwrap();
        assert_eq!(snapshot.version(), 0);
        assert_eq!(test.query(snapshot.provider(), "select name from t").await, [name], "round {round}");
        let lease = test.lease(&table()).await;
        test.lake.drop_table(&table(), &lease).await.unwrap();
        test.lake.release(&lease).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_version_is_found_in_a_few_steps() {
    let test = TestLake::new().await;
    assert_eq!(test.lake.version(&table()).await.unwrap(), None);
    for version in 0..40 {
        test.write(&table(), Write::Replace, vec![people(&[(1, "a")])]).await.unwrap();
        let (lists, gets) = asked(&test, Some(version)).await;
        assert!(lists == 0 && gets <= 14, "{lists} lists, {gets} looks at version {version}");
    }
    // From a checkpoint on it is nearer; after a clean-up there is nothing before it.
    let options = MaintainOptions {
        compact_to_bytes: None,
        checkpoint_every: Some(1),
        log_retention: Some(TimeDelta::days(1)),
        vacuum_older_than: None,
    };
    test.clock.advance(TimeDelta::days(3));
    let lease = test.lease(&table()).await;
    let report = test.lake.maintain(&table(), &options, &lease).await.unwrap();
    assert_eq!((report.version, report.log_entries_removed), (39, 39));
    test.lake.release(&lease).await.unwrap();
    for version in 39..43 {
        let (lists, gets) = asked(&test, Some(version)).await;
        assert!(lists == 0 && gets <= 8, "{lists} lists, {gets} looks at version {version}");
        test.write(&table(), Write::Replace, vec![people(&[(1, "b")])]).await.unwrap();
    }
    // A hint that is wrong, or none, where the log does not begin at its beginning: then it is listed.
    let hint = test.folder.path().join("lake/shop/orders/_delta_log/_last_checkpoint");
    for text in ["{\"version\":3,\"size\":1}", "not json"] {
        std::fs::write(&hint, text).unwrap();
        assert_eq!(asked(&test, Some(43)).await.0, 1, "{text}");
    }
    std::fs::remove_file(&hint).unwrap();
    assert_eq!(asked(&test, Some(43)).await.0, 1);
    assert_eq!(test.lake.snapshot(&table(), At::Latest).await.unwrap().version(), 43);
    let lease = test.lease(&table()).await;
    test.lake.drop_table(&table(), &lease).await.unwrap();
    asked(&test, None).await;
}

#[tokio::test]
async fn a_table_that_was_dropped_and_made_anew_is_not_taken_for_what_it_was() {
    let test = TestLake::new().await;
    for name in ["a", "b"] {
        test.write(&table(), Write::Replace, vec![people(&[(1, name)])]).await.unwrap();
    }
    let before = test.lake.snapshot(&table(), At::Latest).await.unwrap();
    let lease = test.lease(&table()).await;
    test.lake.drop_table(&table(), &lease).await.unwrap();
    test.lake.release(&lease).await.unwrap();
    assert!(test.lake.snapshot(&table(), At::Latest).await.is_err());
    for name in ["c", "d"] {
        test.write(&table(), Write::Replace, vec![people(&[(1, name)])]).await.unwrap();
    }
    // Versions that were loaded lately are kept; those of the new table have the same numbers.
    let after = test.lake.snapshot(&table(), At::Latest).await.unwrap();
    assert_eq!(after.version(), before.version());
    assert_ne!(after.files()[0].path, before.files()[0].path);
}
