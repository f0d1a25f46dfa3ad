//! Sessions in which tables are looked at.
//!
//! What there is, is asked for once and for all tables. Each table then costs a statement or two in a session that others have
//! used before it: opening a session is what costs most. There are only a few; where the server gives only one, all look through
//! that.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::record_batch::RecordBatch;
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use tokio::sync::{OnceCell, Semaphore, SemaphorePermit};

use super::catalog::{Table, find, tables};
use super::failure::is_of_a_value;
use super::plan::plan_of;
use super::server::Server;
use super::session::Session;
use super::snapshot::MySqlSnapshot;
use super::worker::Worker;
use crate::checklist::STATEMENT_MS;
use crate::{ConnectError, ReadRequest, Sample};

/// How many look at once.
const MOST: usize = 4;

/// Sessions in which tables are looked at, and what tables there are.
pub(crate) struct Lookers {
    server: Arc<Server>,
    seats: Semaphore,
    idle: Mutex<Vec<MySqlSnapshot>>,
    /// How many are open, or being opened.
    open: AtomicUsize,
    tables: OnceCell<Vec<Arc<Table>>>,
}

impl Lookers {
    pub(crate) fn new(server: &Arc<Server>) -> Self {
        Self {
            server: Arc::clone(server),
            seats: Semaphore::new(MOST),
            idle: Mutex::new(Vec::new()),
            open: AtomicUsize::new(0),
            tables: OnceCell::new(),
        }
    }

    /// A session, once there is one.
    pub(crate) async fn seat(&self) -> Result<LookerSeat<'_>, ConnectError> {
        loop {
            let Ok(permit) = self.seats.acquire().await else { continue };
            let idle = self.idle().pop();
            if let Some(snapshot) = idle {
                return Ok(LookerSeat::new(self, snapshot, permit));
            }
            self.open.fetch_add(1, Ordering::SeqCst);
            let error = match self.begin().await {
                Ok(snapshot) => return Ok(LookerSeat::new(self, snapshot, permit)),
                Err(error) => error,
            };
            if self.open.fetch_sub(1, Ordering::SeqCst) == 1 {
                return Err(error);
            }
            // The server has no more to give: there is one seat less, and somebody else's will be free.
            permit.forget();
        }
    }

    async fn begin(&self) -> Result<MySqlSnapshot, ConnectError> {
        let worker = Worker::start(Arc::clone(&self.server)).await?;
        let server = Arc::clone(&self.server);
        let limited = worker.run(move |session| {
            Box::pin(async move {
                session.limit_statements(&server, STATEMENT_MS).await;
                Ok(())
            })
        });
        limited.await?;
        Ok(MySqlSnapshot::new(worker))
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<MySqlSnapshot>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A session for as long as one table is looked at. One that is still good is for the next table.
pub(crate) struct LookerSeat<'a> {
    lookers: &'a Lookers,
    snapshot: Option<MySqlSnapshot>,
    is_good: bool,
    /// Whether what is known of tables is of before the moment of the session.
    is_renewed: bool,
    _permit: SemaphorePermit<'a>,
}

impl Drop for LookerSeat<'_> {
    fn drop(&mut self) {
        match self.snapshot.take().filter(|_| self.is_good) {
            Some(snapshot) => self.lookers.idle().push(snapshot),
            None => drop(self.lookers.open.fetch_sub(1, Ordering::SeqCst)),
        }
    }
}

impl<'a> LookerSeat<'a> {
    fn new(lookers: &'a Lookers, snapshot: MySqlSnapshot, permit: SemaphorePermit<'a>) -> Self {
        Self { lookers, snapshot: Some(snapshot), is_good: true, is_renewed: false, _permit: permit }
    }

    /// Looks at another moment from now on, in another session.
    pub(crate) async fn renew(&mut self) -> Result<(), ConnectError> {
        self.snapshot = None;
        self.snapshot = Some(self.lookers.begin().await?);
        (self.is_good, self.is_renewed) = (true, true);
        Ok(())
    }

    fn snapshot(&self) -> &MySqlSnapshot {
        self.snapshot.as_ref().expect("it is given back when the seat is left")
    }

    /// The task that owns the session.
    fn worker(&self) -> &Worker {
        self.snapshot().worker()
    }

    /// Does something with the session.
    pub(crate) async fn run<T: Send + 'static>(
        &mut self,
        work: impl for<'b> FnOnce(&'b mut Session) -> BoxFuture<'b, Result<T, ConnectError>> + Send + 'static,
    ) -> Result<T, ConnectError> {
        let result = self.worker().run(work).await;
        self.is_good &= result.is_ok();
        result
    }

    /// The table that `from` names.
    pub(crate) async fn table(&mut self, from: &str) -> Result<Arc<Table>, ConnectError> {
        let result = self.known(from).await;
        self.is_good &= result.is_ok();
        result
    }

    async fn known(&self, from: &str) -> Result<Arc<Table>, ConnectError> {
        let server = &self.lookers.server;
        let all = self.lookers.tables.get_or_try_init(|| async {
            let asked = Arc::clone(server);
            let found = self
                .worker()
                .run(move |session| Box::pin(async move { tables(&asked, session, &asked.database, None).await }));
            Ok(found.await?.into_iter().map(Arc::new).collect())
        });
        let known = all.await?.iter().find(|table| table.name == from && !table.columns.is_empty());
        if let Some(table) = known.filter(|_| !self.is_renewed) {
            return Ok(Arc::clone(table));
        }
        // It is another one than before, written in another way, in another database, or not there at all.
        let (asked, from) = (Arc::clone(server), from.to_owned());
        let found = self.worker().run(move |session| Box::pin(async move { find(&asked, session, &from).await }));
        found.await.map(Arc::new)
    }

    /// The first rows of a table, around what cannot be read.
    pub(crate) async fn sample(&mut self, request: ReadRequest, rows: usize) -> Result<Sample, ConnectError> {
        let table = self.table(&request.from).await?;
        let columns = table.columns.iter().map(|column| column.name.clone()).collect();
        let read = |request: ReadRequest| self.first_rows(Arc::clone(&table), request, rows).boxed();
        let result = Sample::around(request, columns, is_of_a_value, &read).await;
        self.is_good &= result.is_ok();
        result
    }

    async fn first_rows(
        &self,
        table: Arc<Table>,
        request: ReadRequest,
        rows: usize,
    ) -> Result<RecordBatch, ConnectError> {
        let server = Arc::clone(&self.lookers.server);
        let planned = self
            .worker()
            .run(move |session| Box::pin(async move { plan_of(&server, session, &request, &table).await }));
        let plan = planned.await?;
        let mut batches = Vec::new();
        for unit in &plan.units {
            // To its end: what is dropped before would have to be ended by another session.
            let mut stream = self.snapshot().read_some(&plan, unit, u64::try_from(rows).ok())?;
            while let Some(batch) = stream.next().await.transpose()? {
                batches.push(batch);
            }
        }
        arrow::compute::concat_batches(&plan.schema, &batches).map_err(|_| ConnectError::SourceFailed {
            object: plan.request.from.clone(),
            reason: "its first rows do not form a batch".to_owned(),
        })
    }
}
