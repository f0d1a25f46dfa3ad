//! A lake in a temporary folder, with a clock, ids and leases that tests own.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use ade_lake::{
    At, Clock, CommitNote, Ids, Lake, LakeError, LakeOptions, Lease, MemoryLeases, RowCounts, SchemaChange,
    StageRequest, Staged, TableName, Write,
};
use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use chrono::{DateTime, TimeDelta, Utc};
use datafusion::catalog::TableProvider;
use datafusion::prelude::{SessionConfig, SessionContext};
use uuid::Uuid;

/// Fail points hold for the whole process: tests that set them run alone.
static QUIET: RwLock<()> = RwLock::new(());

/// Kept by a test that sets fail points.
pub(crate) fn alone() -> RwLockWriteGuard<'static, ()> {
    QUIET.write().unwrap_or_else(PoisonError::into_inner)
}

fn quiet() -> RwLockReadGuard<'static, ()> {
    QUIET.read().unwrap_or_else(PoisonError::into_inner)
}

/// A clock that only tests move.
#[derive(Debug)]
pub(crate) struct TestClock(AtomicI64);

impl TestClock {
    pub(crate) fn advance(&self, by: TimeDelta) {
        self.0.fetch_add(by.num_milliseconds(), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

/// Ids that are the same in every run of a test.
#[derive(Debug, Default)]
pub(crate) struct TestIds(AtomicU64);

impl Ids for TestIds {
    fn next(&self) -> Uuid {
        let number = self.0.fetch_add(1, Ordering::SeqCst);
        Uuid::from_u64_pair(0x018f_0000_0000_7000, 0x8000_0000_0000_0000 | number)
    }
}

pub(crate) struct TestLake {
    pub(crate) lake: Lake,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) ids: Arc<TestIds>,
    pub(crate) options: LakeOptions,
    pub(crate) folder: tempfile::TempDir,
    /// Keeps tests that set fail points away.
    quiet: Option<RwLockReadGuard<'static, ()>>,
}

impl TestLake {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut LakeOptions)) -> Self {
        let guard = quiet();
        let mut lake = Self::unguarded(change).await;
        lake.quiet = Some(guard);
        lake
    }

    /// For tests that hold [`alone`].
    pub(crate) async fn unguarded(change: impl FnOnce(&mut LakeOptions)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Files get the real time, so the clock begins at it.
        let now = std::fs::metadata(folder.path()).unwrap().modified().unwrap();
        let clock = Arc::new(TestClock(AtomicI64::new(DateTime::<Utc>::from(now).timestamp_millis())));
        let ids = Arc::new(TestIds::default());
        let leases = Arc::new(MemoryLeases::new(clock.clone(), TimeDelta::minutes(1)));
        let mut options = LakeOptions::new(leases, clock.clone(), ids.clone(), folder.path().join("spill"));
        change(&mut options);
        let lake = Lake::open(folder.path().join("lake").to_str().unwrap(), options.clone()).await.unwrap();
        Self { lake, clock, ids, options, folder, quiet: None }
    }

    pub(crate) async fn lease(&self, table: &TableName) -> Lease {
        self.lake.lease(table, "test").await.unwrap()
    }

    /// Stages batches under a lease of the caller's.
    pub(crate) async fn stage(
        &self,
        table: &TableName,
        request: StageRequest,
        batches: Vec<RecordBatch>,
        lease: &Lease,
    ) -> Result<Staged, LakeError> {
        let mut writer = self.lake.stage(table, request, lease).await?;
        for batch in batches {
            writer.write(batch).await?;
        }
        writer.finish().await
    }

    /// Stages and commits batches as a batch of their own.
    pub(crate) async fn write(
        &self,
        table: &TableName,
        write: Write,
        batches: Vec<RecordBatch>,
    ) -> Result<(u64, RowCounts), LakeError> {
        let request = StageRequest::new(batches[0].schema(), write);
        self.submit(table, request, batches, &CommitNote::new(self.ids.next())).await
    }

    pub(crate) async fn evolve(
        &self,
        table: &TableName,
        write: Write,
        batches: Vec<RecordBatch>,
    ) -> Result<(u64, RowCounts), LakeError> {
        let request = StageRequest::new(batches[0].schema(), write).schema_change(SchemaChange::Evolve);
        self.submit(table, request, batches, &CommitNote::new(self.ids.next())).await
    }

    pub(crate) async fn submit(
        &self,
        table: &TableName,
        request: StageRequest,
        batches: Vec<RecordBatch>,
        note: &CommitNote,
    ) -> Result<(u64, RowCounts), LakeError> {
        let lease = self.lease(table).await;
        let result = async {
            let staged = self.stage(table, request, batches, &lease).await?;
            let counts = staged.row_counts();
            assert_eq!(self.count(staged.provider()).await, counts.total, "the staged rows are not what was counted");
            Ok((staged.commit(note).await?.version(), counts))
        }
        .await;
        self.lake.release(&lease).await.unwrap();
        result
    }

    pub(crate) async fn rows(&self, table: &TableName) -> Vec<String> {
        self.rows_at(table, At::Latest).await
    }

    pub(crate) async fn rows_at(&self, table: &TableName, at: At) -> Vec<String> {
        let snapshot = self.lake.snapshot(table, at).await.unwrap();
        let rows = self.query(snapshot.provider(), "select * from t").await;
        if let Some(known) = snapshot.rows() {
            assert_eq!(known, rows.len() as u64, "the statistics count other rows than there are");
        }
        rows
    }

    pub(crate) fn session(&self) -> SessionContext {
        let session = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(2));
        self.lake.register(&session.runtime_env());
        session
    }

    /// The rows of a query over `t`, as text, sorted.
    pub(crate) async fn query(&self, provider: Arc<dyn TableProvider>, sql: &str) -> Vec<String> {
        let session = self.session();
        session.register_table("t", provider).unwrap();
        let batches = session.sql(sql).await.unwrap().collect().await.unwrap();
        texts(&batches)
    }

    pub(crate) async fn count(&self, provider: Arc<dyn TableProvider>) -> u64 {
        // Counts rows, not statistics.
        let rows = self.query(provider, "select * from t").await;
        rows.len() as u64
    }

    /// All Parquet files below the lake.
    pub(crate) fn data_files(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut folders = vec![self.folder.path().join("lake")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                if path.is_dir() {
                    folders.push(path);
                } else if name.starts_with("part-") {
                    found.push(name);
                }
            }
        }
        found.sort();
        found
    }
}

/// Rows as text, sorted.
pub(crate) fn texts(batches: &[RecordBatch]) -> Vec<String> {
    let options = FormatOptions::default().with_null("∅");
    let mut rows = Vec::new();
    for batch in batches {
        let columns: Vec<_> =
            batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options).unwrap()).collect();
        for row in 0..batch.num_rows() {
            let cells: Vec<_> = columns.iter().map(|column| column.value(row).to_string()).collect();
            rows.push(cells.join("|"));
        }
    }
    rows.sort();
    rows
}

pub(crate) fn table() -> TableName {
    TableName::new("shop", "orders").unwrap()
}

/// Columns `id` and `name`.
pub(crate) fn people(rows: &[(i64, &str)]) -> RecordBatch {
    let ids: Vec<i64> = rows.iter().map(|row| row.0).collect();
    let names: Vec<&str> = rows.iter().map(|row| row.1).collect();
    RecordBatch::try_from_iter([
        ("id", Arc::new(Int64Array::from(ids)) as ArrayRef),
        ("name", Arc::new(StringArray::from(names)) as ArrayRef),
    ])
    .unwrap()
}
