//! The thread on which one snapshot lives.

use std::collections::BTreeSet;
use std::sync::mpsc as queue;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use rusqlite::{Connection, InterruptHandle};
use tokio::sync::oneshot;

use super::database::Database;
use crate::ConnectError;

type Job = Box<dyn FnOnce(&Connection) + Send>;

/// The thread on which one snapshot lives: a connection inside a read transaction, doing one job after the other.
/// It ends when the worker is dropped and the job at hand is done or was given up.
pub(crate) struct Worker {
    database: Arc<Database>,
    jobs: queue::Sender<(u64, Job)>,
    state: Arc<Mutex<State>>,
}

/// Which job is at hand and which were given up.
struct State {
    next: u64,
    current: Option<u64>,
    given_up: BTreeSet<u64>,
    interrupt: InterruptHandle,
}

/// Gives a job up when dropped before it is done: it is interrupted, or never begun.
pub(crate) struct Ticket {
    id: u64,
    state: Arc<Mutex<State>>,
}

impl Worker {
    /// Opens the database and begins the transaction.
    pub(crate) async fn start(database: Arc<Database>) -> Result<Self, ConnectError> {
        let (jobs, receiver) = queue::channel::<(u64, Job)>();
        let (sender, opened) = oneshot::channel();
        let of_thread = Arc::clone(&database);
        let run = move || {
            let connection = match of_thread.open() {
                Ok(connection) => connection,
                Err(error) => {
                    // If the opener has gone there is nobody to tell.
                    let _ = sender.send(Err(error));
                    return;
                }
            };
            let state = Arc::new(Mutex::new(State {
                next: 0,
                current: None,
                given_up: BTreeSet::new(),
                interrupt: connection.get_interrupt_handle(),
            }));
            if sender.send(Ok(Arc::clone(&state))).is_err() {
                return;
            }
            for (id, job) in receiver {
                if begin(&state, id) {
                    job(&connection);
                }
                end(&state, id);
            }
        };
        let failed = |source| ConnectError::Io { object: database.name.clone(), source };
        thread::Builder::new().name("ade-sqlite".to_owned()).spawn(run).map_err(failed)?;
        let state = opened.await.unwrap_or_else(|_| Err(died(&database)))?;
        Ok(Self { database, jobs, state })
    }

    pub(crate) fn database(&self) -> &Arc<Database> {
        &self.database
    }

    /// Adds a job; it is given up when the ticket is dropped.
    pub(crate) fn submit(&self, job: impl FnOnce(&Connection) + Send + 'static) -> Result<Ticket, ConnectError> {
        let mut state = lock(&self.state);
        let id = state.next;
        state.next += 1;
        drop(state);
        self.jobs.send((id, Box::new(job))).map_err(|_| died(&self.database))?;
        Ok(Ticket { id, state: Arc::clone(&self.state) })
    }

    /// Does a job and waits for its result.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> Result<T, ConnectError> + Send + 'static,
    ) -> Result<T, ConnectError> {
        let (sender, receiver) = oneshot::channel();
        let ticket = self.submit(move |connection| {
            // Nobody waits any more when the caller was dropped.
            let _ = sender.send(job(connection));
        })?;
        let result = receiver.await.unwrap_or_else(|_| Err(died(&self.database)));
        drop(ticket);
        result
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut state = lock(&self.state);
        if state.current == Some(self.id) {
            // Under the lock: the job at hand cannot become another one meanwhile.
            state.interrupt.interrupt();
        } else {
            state.given_up.insert(self.id);
        }
    }
}

/// False if the job was given up.
fn begin(state: &Mutex<State>, id: u64) -> bool {
    let mut state = lock(state);
    state.current = Some(id);
    !state.given_up.remove(&id)
}

fn end(state: &Mutex<State>, id: u64) {
    let mut state = lock(state);
    state.current = None;
    // Jobs are done in their order: what was given up before this one is of no interest any more.
    state.given_up.retain(|other| *other > id);
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn died(database: &Database) -> ConnectError {
    let reason = "the reading thread ended unexpectedly".to_owned();
    ConnectError::SourceFailed { object: database.name.clone(), reason }
}
