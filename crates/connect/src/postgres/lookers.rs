//! Sessions in which tables are looked at.
//!
//! What there is, is asked for once and for all tables. Each table then costs a few short statements in a session that others
//! have used before it: opening a session is what costs most. There are no more of them than the connection may have, and few;
//! where the server gives only one, all look through that. The transaction in which a table is looked at ends with it: one over
//! all tables would keep the server from cleaning up for as long.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use arrow::datatypes::Schema;
use arrow::record_batch::RecordBatch;
use futures::FutureExt;
use tokio::sync::{OnceCell, mpsc};

use super::checklist::short;
use super::database::Database;
use super::limits::Limits;
use super::read::WAITING;
use super::reader::{Job, Noticed, Read};
use super::server_error::is_of_a_value;
use super::session::Session;
use super::startup::Purpose;
use super::table::Table;
use super::unit::{Piece, Unit, UnitColumn};
use crate::seats::{Seat, Seats};
use crate::{ConnectError, ReadRequest, Sample};

/// How many look at once.
const MOST: usize = 4;
/// The largest batch of a sample.
const BATCH_BYTES: usize = 8 << 20;

/// Sessions in which tables are looked at, and what tables there are.
pub(crate) struct Lookers {
    database: Arc<Database>,
    seats: Seats<Session>,
    tables: OnceCell<HashMap<String, Arc<Table>>>,
}

impl Lookers {
    pub(crate) fn new(database: &Database) -> Self {
        let most = database.limits.streams.min(MOST);
        let database = Database {
            endpoint: Arc::clone(&database.endpoint),
            limits: Limits { streams: 1, ..short(&database.limits) },
            rate_limit: None,
            position_key: None,
            now: database.now,
            capture: database.capture.clone(),
        };
        Self { database: Arc::new(database), seats: Seats::new(most), tables: OnceCell::new() }
    }

    /// A session, once there is one.
    pub(crate) async fn seat(&self) -> Result<LookerSeat<'_>, ConnectError> {
        loop {
            let seat = self.seats.take(|| self.begin()).await?;
            let mut seat = LookerSeat { lookers: self, seat, is_renewed: false };
            if !seat.seat.is_used() || seat.session().begin_reading(&self.database.limits, None).await.is_ok() {
                return Ok(seat);
            }
            // It was ended while nobody used it.
        }
    }

    async fn begin(&self) -> Result<Session, ConnectError> {
        let endpoint = &self.database.endpoint;
        let mut session = Session::open(endpoint, Purpose::Read).await?;
        let begun = session.begin_reading(&self.database.limits, None).await;
        begun.map_err(|error| error.of_opening(endpoint))?;
        Ok(session)
    }
}

/// A session for as long as one table is looked at. One that is still good is for the next table.
pub(crate) struct LookerSeat<'a> {
    lookers: &'a Lookers,
    seat: Seat<'a, Session>,
    /// Whether what is known of tables is of before the moment of the transaction.
    is_renewed: bool,
}

impl LookerSeat<'_> {
    /// Ends the transaction, and gives the session back for the next table. One of a seat that is only dropped is not used again.
    pub(crate) async fn give_back(mut self) {
        let Some(session) = self.seat.session_mut() else { return };
        let is_ended = session.query("rollback").await.is_ok();
        self.seat.keep(is_ended);
    }

    /// Whether the server has ended the session, or the connection to it broke.
    pub(crate) async fn is_broken(&mut self) -> bool {
        let session = self.session();
        session.give_up().await.is_err() || !(session.is_ready() || session.has_failed())
    }

    pub(crate) fn session(&mut self) -> &mut Session {
        self.seat.session_mut().as_mut().expect("it is there until the seat is left")
    }

    pub(crate) fn database(&self) -> &Arc<Database> {
        &self.lookers.database
    }

    /// Looks at another moment from now on, in the same session if it is still good.
    pub(crate) async fn renew(&mut self) -> Result<(), ConnectError> {
        self.is_renewed = true;
        if let Some(mut session) = self.seat.session_mut().take()
            && session.query("rollback").await.is_ok()
            && session.begin_reading(&self.lookers.database.limits, None).await.is_ok()
        {
            *self.seat.session_mut() = Some(session);
            return Ok(());
        }
        *self.seat.session_mut() = Some(self.lookers.begin().await?);
        Ok(())
    }

    /// The table that `from` names.
    pub(crate) async fn table(&mut self, from: &str) -> Result<Arc<Table>, ConnectError> {
        let (lookers, database, is_renewed) = (self.lookers, Arc::clone(self.database()), self.is_renewed);
        let session = self.session();
        let tables = lookers.tables.get_or_try_init(|| async {
            let tables =
                step(session, &database, from, async |session| Table::load_all(session, &database).await).await?;
            let named = |table: Table| (table.relation.written.clone(), Arc::new(table));
            Ok(tables.into_iter().map(named).collect())
        });
        if let Some(table) = tables.await?.get(from).filter(|_| !is_renewed) {
            return Ok(Arc::clone(table));
        }
        // It is another one than before, written in another way, a partition of another one, or not there at all.
        let session = self.session();
        let load = async |session: &mut Session| Table::load(session, &database, from).await;
        step(session, &database, from, load).await.map(Arc::new)
    }

    /// The first rows of a table, around what cannot be read.
    pub(crate) async fn sample(&mut self, request: ReadRequest, rows: usize) -> Result<Sample, ConnectError> {
        let table = self.table(&request.from).await?;
        let columns = table.readable().map(|(_, column)| column.name.clone()).collect();
        let database = Arc::clone(self.database());
        let session = tokio::sync::Mutex::new(self.session());
        let read = |request: ReadRequest| {
            let (session, database, table) = (&session, &database, &table);
            async move { first_rows(*session.lock().await, database, table, &request, rows).await }.boxed()
        };
        Sample::around(request, columns, is_of_a_value, &read).await
    }
}

/// What leaves no lock and no failure behind.
async fn step<T>(
    session: &mut Session,
    database: &Database,
    object: &str,
    ask: impl AsyncFnOnce(&mut Session) -> Result<T, ConnectError>,
) -> Result<T, ConnectError> {
    let failed = |error| database.failed(object, error);
    session.enter("select 1").await.map_err(failed)?;
    let answer = ask(session).await;
    let left = session.leave().await.map_err(failed);
    answer.and_then(|answer| left.map(|()| answer))
}

/// The first rows, leaf by leaf: the server is asked for no more than is missing.
async fn first_rows(
    session: &mut Session,
    database: &Arc<Database>,
    table: &Table,
    request: &ReadRequest,
    rows: usize,
) -> Result<RecordBatch, ConnectError> {
    let (fields, ..) = table.hold_against(request);
    let schema = Arc::new(Schema::new(fields));
    let unit = Unit {
        name: table.relation.written.clone(),
        // Of many partitions, those that had no rows when tables were asked for need not be asked.
        leaves: table.leaves.iter().filter(|leaf| table.leaves.len() == 1 || leaf.pages != Some(0)).cloned().collect(),
        columns: table.readable().map(|(_, column)| UnitColumn::from(column.clone())).collect(),
        money_digits: table.money_digits,
        cursor: None,
        limit: None,
        only: None,
    };
    let mut job = Job {
        database: Arc::clone(database),
        selected: unit.selected(&schema)?,
        misfits: Vec::new(),
        schema: Arc::clone(&schema),
        batch_rows: rows.max(1),
        batch_bytes: BATCH_BYTES,
        noticed: Mutex::new(Noticed::default()),
        unit,
    };
    let (mut batches, mut missing) = (Vec::new(), rows);
    for leaf in 0..job.unit.leaves.len() {
        if missing == 0 {
            break;
        }
        job.unit.limit = Some(missing);
        let (listener, mut told) = mpsc::channel(WAITING);
        let mut decoder = job.rows();
        let piece = Piece { leaf, from: 0, to: None };
        let take = async {
            while let Some(read) = told.recv().await {
                match read? {
                    Read::Batch(batch) => batches.push(batch),
                    Read::Done => break,
                }
            }
            Ok::<(), ConnectError>(())
        };
        let (_, taken) = tokio::join!(job.read(session, &mut decoder, &piece, &listener), take);
        taken?;
        missing = rows.saturating_sub(batches.iter().map(RecordBatch::num_rows).sum());
    }
    arrow::compute::concat_batches(&schema, &batches).map_err(|_| ConnectError::SourceFailed {
        object: request.from.clone(),
        reason: "its first rows do not form a batch".to_owned(),
    })
}
