//! The sessions that read one moment: a leader that holds it, and readers that share it.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::OwnedMutexGuard;
use tokio::task::JoinHandle;

use super::catalog::cell;
use super::database::Database;
use super::session::Session;
use super::startup::Purpose;
use crate::ConnectError;

/// How often idle sessions give a sign of life.
const SIGN_OF_LIFE: Duration = Duration::from_mins(1);

/// The sessions that read one moment.
pub(crate) struct Sessions {
    pub(crate) database: Arc<Database>,
    leader: Arc<tokio::sync::Mutex<Session>>,
    /// By which readers share the leader's moment; `None` where the server cannot export it.
    snapshot: Option<String>,
    idle: Mutex<Vec<Session>>,
    keeper: Mutex<Option<JoinHandle<()>>>,
}

impl Sessions {
    /// Takes the moment.
    pub(crate) async fn open(database: &Arc<Database>) -> Result<Arc<Self>, ConnectError> {
        let endpoint = &database.endpoint;
        let mut leader = Session::open(endpoint, Purpose::Read).await?;
        leader.begin_reading(&database.limits, None).await.map_err(|error| error.of_opening(endpoint))?;
        let mut snapshot = None;
        if database.limits.streams > 1 {
            if let Ok(rows) = leader.query("select pg_catalog.pg_export_snapshot()").await {
                snapshot = rows.first().map(|row| cell(row, 0).to_owned());
            } else {
                // What only speaks PostgreSQL's protocol has no such thing: one session reads.
                let again = leader.query("rollback").await;
                again.map_err(|error| error.of_opening(endpoint))?;
                let begun = leader.begin_reading(&database.limits, None).await;
                begun.map_err(|error| error.of_opening(endpoint))?;
            }
        }
        // The moment is that of the first statement that looks at data.
        let _ = leader.query("select 1").await.map_err(|error| error.of_opening(endpoint))?;
        let sessions = Arc::new(Self {
            database: Arc::clone(database),
            leader: Arc::new(tokio::sync::Mutex::new(leader)),
            snapshot,
            idle: Mutex::new(Vec::new()),
            keeper: Mutex::new(None),
        });
        let keeper = tokio::spawn(keep_alive(Arc::downgrade(&sessions)));
        *sessions.keeper.lock().unwrap_or_else(PoisonError::into_inner) = Some(keeper);
        Ok(sessions)
    }

    /// How many can read at once.
    pub(crate) fn streams(&self) -> usize {
        if self.snapshot.is_some() { self.database.limits.streams } else { 1 }
    }

    /// The leader, when nobody else uses it.
    pub(crate) async fn leader(&self) -> OwnedMutexGuard<Session> {
        Arc::clone(&self.leader).lock_owned().await
    }

    /// A session that reads. When the server has no more to give, the first reader of a table is the leader, and there are no
    /// others (`None`).
    pub(crate) async fn seat(self: &Arc<Self>, is_first: bool) -> Option<Seat> {
        if let Some(session) = self.reader().await {
            return Some(Seat { holder: Holder::Reader(Some(session)), sessions: Arc::clone(self) });
        }
        if !is_first {
            return None;
        }
        Some(Seat { holder: Holder::Leader(self.leader().await), sessions: Arc::clone(self) })
    }

    async fn reader(&self) -> Option<Session> {
        let snapshot = self.snapshot.as_deref()?;
        if let Some(session) = self.idle().pop() {
            return Some(session);
        }
        let mut session = Session::open(&self.database.endpoint, Purpose::Read).await.ok()?;
        session.begin_reading(&self.database.limits, Some(snapshot)).await.ok()?;
        Some(session)
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Session>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Sessions {
    fn drop(&mut self) {
        if let Some(keeper) = self.keeper.lock().unwrap_or_else(PoisonError::into_inner).take() {
            keeper.abort();
        }
    }
}

/// A session for as long as something is read by it.
pub(crate) struct Seat {
    holder: Holder,
    sessions: Arc<Sessions>,
}

enum Holder {
    Leader(OwnedMutexGuard<Session>),
    /// `None` once it was given back.
    Reader(Option<Session>),
}

impl Seat {
    /// Gives a session back, for the next table, if it is still good. One that is only dropped is not used again.
    pub(crate) fn give_back(mut self) {
        if let Holder::Reader(session) = &mut self.holder {
            self.sessions.idle().extend(session.take().filter(Session::is_ready));
        }
    }
}

impl Deref for Seat {
    type Target = Session;

    fn deref(&self) -> &Session {
        match &self.holder {
            Holder::Leader(session) => session,
            Holder::Reader(session) => session.as_ref().expect("it is given back by value"),
        }
    }
}

impl DerefMut for Seat {
    fn deref_mut(&mut self) -> &mut Session {
        match &mut self.holder {
            Holder::Leader(session) => session,
            Holder::Reader(session) => session.as_mut().expect("it is given back by value"),
        }
    }
}

/// Has idle sessions give signs of life: the server ends those that give none.
async fn keep_alive(sessions: Weak<Sessions>) {
    loop {
        tokio::time::sleep(SIGN_OF_LIFE).await;
        let Some(sessions) = sessions.upgrade() else { return };
        // What fails here fails again where somebody needs it, and is told there.
        if let Ok(mut leader) = sessions.leader.try_lock() {
            let _ = leader.query("select 1").await;
        }
        let idle = std::mem::take(&mut *sessions.idle());
        for mut session in idle {
            if session.query("select 1").await.is_ok() {
                sessions.idle().push(session);
            }
        }
    }
}
