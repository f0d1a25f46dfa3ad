//! Sessions in which tables are looked at.
//!
//! What there is, is asked for once and for all tables. Each table then costs a statement or two in a session that others have
//! used before it: opening a session is what costs most. There are only a few; where the server gives only one, all look through
//! that.

use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use tokio::sync::OnceCell;

use super::catalog::{Table, find, tables};
use super::failure::is_of_a_value;
use super::plan::plan_of;
use super::server::Server;
use super::session::Session;
use super::snapshot::MySqlSnapshot;
use super::worker::Worker;
use crate::checklist::STATEMENT_MS;
use crate::seats::{Seat, Seats};
use crate::{ConnectError, ReadRequest, Sample};

/// How many look at once.
const MOST: usize = 4;

/// Sessions in which tables are looked at, and what tables there are.
pub(crate) struct Lookers {
    server: Arc<Server>,
    seats: Seats<MySqlSnapshot>,
    tables: OnceCell<Vec<Arc<Table>>>,
}

impl Lookers {
    pub(crate) fn new(server: &Arc<Server>) -> Self {
        Self { server: Arc::clone(server), seats: Seats::new(MOST), tables: OnceCell::new() }
    }

    /// A session, once there is one.
    pub(crate) async fn seat(&self) -> Result<LookerSeat<'_>, ConnectError> {
        let mut seat = self.seats.take(|| self.begin()).await?;
        seat.keep(true);
        Ok(LookerSeat { lookers: self, seat, is_renewed: false })
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
}

/// A session for as long as one table is looked at. One that is still good is for the next table.
pub(crate) struct LookerSeat<'a> {
    lookers: &'a Lookers,
    seat: Seat<'a, MySqlSnapshot>,
    /// Whether what is known of tables is of before the moment of the session.
    is_renewed: bool,
}

impl LookerSeat<'_> {
    /// Looks at another moment from now on, in another session.
    pub(crate) async fn renew(&mut self) -> Result<(), ConnectError> {
        *self.seat.session_mut() = None;
        *self.seat.session_mut() = Some(self.lookers.begin().await?);
        self.seat.keep(true);
        self.is_renewed = true;
        Ok(())
    }

    fn snapshot(&self) -> &MySqlSnapshot {
        self.seat.session().expect("it is there until the seat is left")
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
        self.judge(&result);
        result
    }

    /// A session in which something failed is not for the next table.
    fn judge<T>(&mut self, result: &Result<T, ConnectError>) {
        if result.is_err() {
            self.seat.keep(false);
        }
    }

    /// The table that `from` names.
    pub(crate) async fn table(&mut self, from: &str) -> Result<Arc<Table>, ConnectError> {
        let result = self.known(from).await;
        self.judge(&result);
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
        self.judge(&result);
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
