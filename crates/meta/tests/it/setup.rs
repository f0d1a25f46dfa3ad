//! A database in a temporary folder, a clock turned by hand, processes that live as long as the test says.

use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use ade_meta::{Clock, Liveness, Meta, Process, ProcessProbe};
use chrono::{DateTime, Utc};
use uuid::Uuid;

#[derive(Debug)]
pub(crate) struct HandClock(Mutex<DateTime<Utc>>);

impl HandClock {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new("2026-03-01T08:00:00Z".parse().unwrap())))
    }

    pub(crate) fn advance(&self, by: Duration) {
        *self.0.lock().unwrap() += by;
    }
}

impl Clock for HandClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }
}

/// The processes of one machine, seen by the process `pid`.
#[derive(Debug, Clone)]
pub(crate) struct Machine {
    pub(crate) name: &'static str,
    pub(crate) pid: u32,
    pub(crate) dead: Arc<Mutex<BTreeSet<u32>>>,
}

impl Machine {
    pub(crate) fn new(name: &'static str) -> Self {
        Self { name, pid: 1, dead: Arc::default() }
    }

    pub(crate) fn process(&self, pid: u32) -> Self {
        Self { pid, ..self.clone() }
    }

    pub(crate) fn kill(&self, pid: u32) {
        self.dead.lock().unwrap().insert(pid);
    }
}

impl ProcessProbe for Machine {
    fn current(&self) -> Process {
        Process { host: self.name.to_owned(), machine: self.name.to_owned(), pid: self.pid, started: 1 }
    }

    fn liveness(&self, process: &Process) -> Liveness {
        if process.machine != self.name {
            return Liveness::Unknown;
        }
        if self.dead.lock().unwrap().contains(&process.pid) { Liveness::Dead } else { Liveness::Alive }
    }
}

pub(crate) struct Fixture {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) clock: Arc<HandClock>,
    pub(crate) machine: Machine,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), clock: HandClock::new(), machine: Machine::new("mira") }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join(".ade").join("meta.db")
    }

    /// The database as the process `pid` of the first machine opens it.
    pub(crate) async fn open(&self, pid: u32) -> Meta {
        self.open_on(self.machine.process(pid)).await
    }

    pub(crate) async fn open_on(&self, machine: Machine) -> Meta {
        Meta::open(&self.path(), self.clock.clone(), Arc::new(machine)).await.unwrap()
    }
}

pub(crate) fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

/// One value of the database as another program reads it.
pub(crate) fn peek(path: &std::path::Path, sql: &str) -> i64 {
    rusqlite::Connection::open(path).unwrap().query_row(sql, [], |row| row.get(0)).unwrap()
}
