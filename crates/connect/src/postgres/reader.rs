//! One session that reads one piece of a table after the other.

use std::sync::{Mutex, PoisonError};

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use tokio::sync::mpsc::Sender;

use super::catalog::cell;
use super::database::Database;
use super::rows::{RowError, Rows};
use super::server_error::{ServerError, SessionError};
use super::session::Session;
use super::unit::{Piece, Selected, Unit};
use super::value::Misfit;
use crate::{ConnectError, Place, type_name};

/// What is to be read, and what was noticed while it was.
pub(crate) struct Job {
    pub(crate) database: std::sync::Arc<Database>,
    pub(crate) unit: Unit,
    pub(crate) schema: SchemaRef,
    pub(crate) selected: Selected,
    /// Columns of which values that do not fit are told.
    pub(crate) misfits: Vec<String>,
    pub(crate) batch_rows: usize,
    pub(crate) batch_bytes: usize,
    pub(crate) noticed: Mutex<Noticed>,
}

/// What was noticed over all pieces.
#[derive(Debug, Default)]
pub(crate) struct Noticed {
    /// How many dates and times of each selected column were infinite.
    pub(crate) infinite: Vec<u64>,
    /// How many rows had no cursor value.
    pub(crate) nulls: u64,
}

/// What a reader says of a piece.
pub(crate) enum Read {
    Batch(RecordBatch),
    /// All of the piece was given.
    Done,
}

pub(crate) type Listener = Sender<Result<Read, ConnectError>>;

/// Nobody wants the rest.
pub(crate) struct NobodyListens;

impl Job {
    pub(crate) fn rows(&self) -> Rows {
        let has_flag = self.unit.cursor.is_some();
        Rows::new(&self.schema, &self.selected.columns, &self.misfits, has_flag, self.batch_rows, self.batch_bytes)
    }

    /// The statement that reads a piece.
    fn copy(&self, piece: &Piece) -> String {
        let flag =
            self.unit.cursor.as_ref().map(|cursor| format!("{} is null", super::literal::identifier(&cursor.column)));
        let columns = self.selected.columns.iter().map(|(_, expression, _)| expression.as_str());
        self.unit.copy(&columns.chain(flag.as_deref()).collect::<Vec<_>>(), piece)
    }

    fn failed(&self, error: SessionError) -> ConnectError {
        self.database.failed(&self.unit.name, error)
    }

    /// Adds what was noticed while some pieces were read.
    fn notice(&self, rows: &mut Rows) {
        let mut noticed = self.noticed.lock().unwrap_or_else(PoisonError::into_inner);
        noticed.nulls += std::mem::take(&mut rows.nulls);
        noticed.infinite.resize(self.selected.columns.len(), 0);
        for (all, more) in noticed.infinite.iter_mut().zip(rows.take_infinite()) {
            *all += more;
        }
    }

    /// Reads a piece and tells `listener` all of it, the error, or that it was all. The session is ready for the next piece
    /// unless it is broken.
    pub(crate) async fn read(
        &self,
        session: &mut Session,
        rows: &mut Rows,
        piece: &Piece,
        listener: &Listener,
    ) -> Result<(), NobodyListens> {
        let result = self.give(session, rows, piece, listener).await;
        // Whatever happened, the next step begins where this one did. Where that fails, the next step says so.
        if session.give_up().await.is_ok() {
            let _ = session.leave().await;
        }
        // Before anybody can know that the piece is done.
        self.notice(rows);
        let last = match result {
            Ok(true) => Ok(Read::Done),
            Ok(false) => return Err(NobodyListens),
            Err(error) => Err(error),
        };
        listener.send(last).await.map_err(|_| NobodyListens)
    }

    /// False: nobody listens.
    async fn give(
        &self,
        session: &mut Session,
        rows: &mut Rows,
        piece: &Piece,
        listener: &Listener,
    ) -> Result<bool, ConnectError> {
        let leaf = &self.unit.leaves[piece.leaf];
        if !session.enter_leaf(leaf).await.map_err(|error| self.failed(error))? {
            return Err(ConnectError::SourceChanged { object: self.unit.name.clone() });
        }
        session.begin_copy(&self.copy(piece)).await.map_err(|error| self.failed(error))?;
        rows.begin();
        // Rows of this piece, for messages; rows and bytes that are not counted yet.
        let (mut place, mut new_rows, mut new_bytes) = (0, 0, 0);
        loop {
            while let Some(message) = session.buffered().map_err(|error| self.failed(error))? {
                match message.kind {
                    b'd' => {
                        new_bytes += message.content.len() as u64;
                        match rows.append(message.content) {
                            Ok(count) => {
                                place += count as u64;
                                new_rows += count as u64;
                            }
                            Err(error) => return Err(self.unfit(session, piece, place, error).await),
                        }
                    }
                    b'c' => {
                        session.end().await.map_err(|error| self.failed(error))?;
                        return if rows.is_empty() { Ok(true) } else { Ok(self.tell(rows, listener).await?) };
                    }
                    b'E' => {
                        let error = ServerError::parse(message.content);
                        return Err(self.failed(SessionError::Server(error)));
                    }
                    _ => {}
                }
                if rows.is_full() && !self.tell(rows, listener).await? {
                    return Ok(false);
                }
            }
            if let Some(limit) = &self.database.rate_limit {
                limit.take(std::mem::take(&mut new_rows), std::mem::take(&mut new_bytes)).await;
            }
            tokio::select! {
                biased;
                () = listener.closed() => return Ok(false),
                filled = session.fill() => filled.map_err(|error| self.failed(error))?,
            }
        }
    }

    /// False: nobody listens.
    async fn tell(&self, rows: &mut Rows, listener: &Listener) -> Result<bool, ConnectError> {
        let batch = rows.batch().map_err(|column| match column {
            Some(column) => ConnectError::Malformed {
                place: Box::new(Place::of(&self.unit.name).column(&self.selected.columns[column].0)),
                reason: "it holds text that is not UTF-8".to_owned(),
                advice: "promise the column as `bytea`, or correct it in the source".to_owned(),
            },
            None => ConnectError::SourceFailed {
                object: self.unit.name.clone(),
                reason: "its columns do not form a batch of the planned schema".to_owned(),
            },
        })?;
        Ok(listener.send(Ok(Read::Batch(batch))).await.is_ok())
    }

    /// The error for the row after `before` others of a piece.
    async fn unfit(&self, session: &mut Session, piece: &Piece, before: u64, error: RowError) -> ConnectError {
        let (column, misfit) = match error {
            RowError::Misfit(column, misfit) => (column, misfit),
            RowError::Broken => {
                return ConnectError::SourceFailed {
                    object: self.unit.name.clone(),
                    reason: "the server sent a row of another form than COPY's".to_owned(),
                };
            }
        };
        let (name, _, reading) = &self.selected.columns[column];
        let place = Place::of(&self.unit.name).column(name);
        let place = match self.ctid(session, piece, before).await {
            Some(ctid) => place.ctid(ctid),
            None => place.row(before + 1),
        };
        let Misfit { found, advice } = misfit;
        let expected = type_name(&reading.data_type);
        ConnectError::Value { place: Box::new(place), expected, found, advice: advice.to_owned() }
    }

    /// Where the row after `before` others of a piece lies: the same statement gives the same order.
    async fn ctid(&self, session: &mut Session, piece: &Piece, before: u64) -> Option<String> {
        let leaf = self.unit.leaves.get(piece.leaf).filter(|leaf| leaf.is_stored())?;
        session.give_up().await.ok()?;
        session.leave().await.ok()?;
        let filter = self.unit.filter(piece);
        let sql = format!("select ctid from {}{filter} offset {before} limit 1", leaf.relation);
        let rows = session.enter(&sql).await.ok()?;
        rows.first().map(|row| cell(row, 0).to_owned())
    }
}
