//! Connections, durability and errors: the one place that knows that the database is SQLite.
//!
//! Readers have a pool of their own and see the last committed state at all times (write-ahead log). Writers of this
//! process take turns; writers of other processes wait in SQLite for at most [`BUSY_TIMEOUT`].

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use sqlx::{
    Sqlite, SqlitePool, Transaction,
    pool::PoolOptions,
    query::Query,
    sqlite::{SqliteArguments, SqliteConnectOptions, SqliteRow, SqliteSynchronous},
};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::{
    MetaError,
    step::{Durability, Step},
};

/// How long a statement waits for another process before it gives up.
const BUSY_TIMEOUT: Duration = Duration::from_secs(15);
/// Listings run beside each other; more than this many at once wait.
const READERS: u32 = 4;

pub(crate) type Statement<'q> = Query<'q, Sqlite, SqliteArguments>;

#[derive(Debug)]
pub(crate) struct Database {
    path: PathBuf,
    readers: SqlitePool,
    durable: SqlitePool,
    relaxed: SqlitePool,
    turn: Arc<Mutex<()>>,
    is_read_only: bool,
}

macro_rules! fail_here {
    ($database:expr, $step:expr, $phase:ident) => {
        fail::fail_point!($step.$phase, |kind: Option<String>| {
            if kind.as_deref() == Some("abort") {
                std::process::abort();
            }
            let full = kind.as_deref() == Some("full");
            let kind = if full { std::io::ErrorKind::StorageFull } else { std::io::ErrorKind::Other };
            Err($database.error($step.action, sqlx::Error::Io(kind.into())))
        });
    };
}

impl Database {
    /// Prepares connections to the file; creates its folder, and the file at first use.
    pub(crate) async fn open(path: &Path) -> Result<Self, MetaError> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|source| MetaError::Folder { path: folder.to_owned(), source })?;
        }
        let options = SqliteConnectOptions::new().filename(path).create_if_missing(true).busy_timeout(BUSY_TIMEOUT);
        let database = Self::with_options(path, options, false);
        database.use_write_ahead_log().await?;
        Ok(database)
    }

    /// Prepares connections to a file that is there and that this process cannot write to.
    pub(crate) fn open_read_only(path: &Path) -> Self {
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        // Without a write-ahead log nobody has it open, and SQLite need not make one, which it could not: there is nothing to
        // take turns for.
        let is_at_rest = !Path::new(&log).exists();
        let options =
            SqliteConnectOptions::new().filename(path).read_only(true).immutable(is_at_rest).busy_timeout(BUSY_TIMEOUT);
        Self::with_options(path, options, true)
    }

    fn with_options(path: &Path, options: SqliteConnectOptions, is_read_only: bool) -> Self {
        let pool = |connections, options| {
            PoolOptions::new()
                .max_connections(connections)
                .idle_timeout(None)
                .max_lifetime(None)
                .test_before_acquire(false)
                .connect_lazy_with(options)
        };
        Self {
            path: path.to_owned(),
            readers: pool(READERS, options.clone().pragma("query_only", "on")),
            durable: pool(1, options.clone().synchronous(SqliteSynchronous::Full)),
            relaxed: pool(1, options.synchronous(SqliteSynchronous::Normal)),
            turn: Arc::default(),
            is_read_only,
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) async fn close(&self) {
        self.readers.close().await;
        self.relaxed.close().await;
        self.durable.close().await;
    }

    /// The mode is a lasting property of the file. Changing it needs the file for oneself, and SQLite does not wait for
    /// that by itself.
    async fn use_write_ahead_log(&self) -> Result<(), MetaError> {
        const ACTION: &str = "open the database";
        let error = |source| self.error(ACTION, source);
        let mut connection = self.durable.acquire().await.map_err(error)?;
        let started = Instant::now();
        loop {
            let mode: Result<String, _> = sqlx::query_scalar("pragma journal_mode").fetch_one(&mut *connection).await;
            if mode.map_err(error)?.eq_ignore_ascii_case("wal") {
                return Ok(());
            }
            let changed: Result<String, _> =
                sqlx::query_scalar("pragma journal_mode = wal").fetch_one(&mut *connection).await;
            match changed.map_err(error) {
                Ok(_) => {}
                Err(MetaError::Busy { .. }) if started.elapsed() < BUSY_TIMEOUT => {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Runs one reading statement.
    pub(crate) async fn rows(
        &self,
        action: &'static str,
        statement: Statement<'_>,
    ) -> Result<Vec<SqliteRow>, MetaError> {
        statement.fetch_all(&self.readers).await.map_err(|source| self.error(action, source))
    }

    /// Runs one reading statement and converts each row.
    pub(crate) async fn records<T>(
        &self,
        action: &'static str,
        statement: Statement<'_>,
        convert: impl Fn(&SqliteRow) -> sqlx::Result<T>,
    ) -> Result<Vec<T>, MetaError> {
        let rows = self.rows(action, statement).await?;
        rows.iter().map(|row| convert(row).map_err(|source| self.error(action, source))).collect()
    }

    /// Begins a transaction that holds the write lock from its start, so that what it reads stays true until it commits.
    pub(crate) async fn begin(&self, step: &'static Step) -> Result<Write<'_>, MetaError> {
        fail_here!(self, step, begin);
        if self.is_read_only {
            return Err(MetaError::ReadOnly { path: self.path.clone(), action: step.action });
        }
        let turn = Arc::clone(&self.turn).lock_owned().await;
        let pool = match step.durability {
            Durability::Durable => &self.durable,
            Durability::Relaxed => &self.relaxed,
        };
        let transaction = pool.begin_with("begin immediate").await.map_err(|source| self.error(step.action, source))?;
        Ok(Write { database: self, step, transaction, _turn: turn })
    }

    /// Says in words what an error of the database means for its user.
    pub(crate) fn error(&self, action: &'static str, source: sqlx::Error) -> MetaError {
        let path = self.path.clone();
        if let sqlx::Error::Io(error) = &source
            && error.kind() == std::io::ErrorKind::StorageFull
        {
            return MetaError::DiskFull { path, action };
        }
        if let sqlx::Error::ColumnDecode { .. } = &source {
            return MetaError::Corrupt { path, detail: source.to_string() };
        }
        let Some(failure) = source.as_database_error() else { return MetaError::Database { path, action, source } };
        // Extended result codes keep the primary one in their low byte: https://www.sqlite.org/rescode.html
        match failure.code().and_then(|code| code.parse::<u32>().ok()).map(|code| code & 0xff) {
            Some(5 | 6) => MetaError::Busy { path, action },
            Some(11 | 26) => MetaError::Corrupt { path, detail: failure.message().to_owned() },
            Some(13) => MetaError::DiskFull { path, action },
            _ => MetaError::Database { path, action, source },
        }
    }
}

/// A transaction; gone without a trace unless it commits.
pub(crate) struct Write<'a> {
    database: &'a Database,
    step: &'static Step,
    transaction: Transaction<'static, Sqlite>,
    _turn: OwnedMutexGuard<()>,
}

impl Write<'_> {
    /// Runs a statement; gives the number of rows it changed.
    pub(crate) async fn run(&mut self, statement: Statement<'_>) -> Result<u64, MetaError> {
        let done = statement.execute(&mut *self.transaction).await;
        Ok(done.map_err(|source| self.error(source))?.rows_affected())
    }

    /// Runs a statement and converts each of its rows.
    pub(crate) async fn records<T>(
        &mut self,
        statement: Statement<'_>,
        convert: impl Fn(&SqliteRow) -> sqlx::Result<T>,
    ) -> Result<Vec<T>, MetaError> {
        let rows = statement.fetch_all(&mut *self.transaction).await.map_err(|source| self.error(source))?;
        rows.iter().map(|row| convert(row).map_err(|source| self.error(source))).collect()
    }

    /// Runs several statements without parameters.
    pub(crate) async fn script(&mut self, sql: &'static str) -> Result<(), MetaError> {
        sqlx::raw_sql(sql).execute(&mut *self.transaction).await.map_err(|source| self.error(source))?;
        Ok(())
    }

    pub(crate) async fn commit(self) -> Result<(), MetaError> {
        let Self { database, step, transaction, _turn } = self;
        fail_here!(database, step, commit);
        transaction.commit().await.map_err(|source| database.error(step.action, source))?;
        fail_here!(database, step, committed);
        Ok(())
    }

    pub(crate) fn error(&self, source: sqlx::Error) -> MetaError {
        self.database.error(self.step.action, source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step;

    /// `pragma synchronous` as SQLite numbers it: https://www.sqlite.org/pragma.html#pragma_synchronous
    async fn synchronous(database: &Database, step: &'static Step) -> i64 {
        let mut write = database.begin(step).await.unwrap();
        let level = sqlx::query_scalar("pragma synchronous").fetch_one(&mut *write.transaction).await;
        write.commit().await.unwrap();
        level.unwrap()
    }

    #[tokio::test]
    async fn what_others_rely_on_waits_for_the_disk_and_observations_do_not() {
        const FULL: i64 = 2;
        const NORMAL: i64 = 1;
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(&folder.path().join("meta.db")).await.unwrap();
        for step in [&step::RUN_FINISH, &step::VIEWS, &step::LEASE_ACQUIRE] {
            assert_eq!(synchronous(&database, step).await, FULL, "{}", step.action);
        }
        for step in [&step::RUN_START, &step::TASKS, &step::CHECK_RESULTS, &step::NODE_STATES, &step::LEASE_RENEW] {
            assert_eq!(synchronous(&database, step).await, NORMAL, "{}", step.action);
        }
    }

    #[tokio::test]
    async fn readers_cannot_write() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(&folder.path().join("meta.db")).await.unwrap();
        assert!(database.rows("create a table", sqlx::query("create table t (a int)")).await.is_err());
    }
}
