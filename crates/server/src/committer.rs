//! Makes what was accepted durable: one thread writes, and requests that wait at the same time share one write.

use std::io;
use std::sync::Arc;
use std::thread;

use ade_run::events::{EventLogWriter, EventRecord};
use tokio::sync::{mpsc, oneshot};

use crate::backlog::Backlog;
use crate::metrics::Metrics;

/// Messages that go into one write, in bytes: more would keep the first of them waiting.
const MOST_BYTES: usize = 4 << 20;
/// Requests that may wait.
const MOST_WAITING: usize = 4_096;

/// Why something is not durable.
#[derive(Debug)]
pub(crate) enum Uncommitted {
    /// Too many requests wait.
    Busy,
    /// It could not be written, for a full disk or another reason.
    Unwritten,
}

struct Append {
    records: Vec<EventRecord>,
    done: oneshot::Sender<bool>,
}

/// The way to the thread that writes the log of one connection. It ends with the last of these.
#[derive(Debug, Clone)]
pub(crate) struct Committer {
    sender: mpsc::Sender<Append>,
}

impl Committer {
    /// Starts the thread.
    pub(crate) fn start(
        name: &str,
        writer: EventLogWriter,
        backlog: Arc<Backlog>,
        metrics: Arc<Metrics>,
    ) -> io::Result<(Self, thread::JoinHandle<()>)> {
        let (sender, receiver) = mpsc::channel(MOST_WAITING);
        let connection = name.to_owned();
        let writing = move || write_all(&connection, writer, receiver, &backlog, &metrics);
        let thread = thread::Builder::new().name(format!("log {name}")).spawn(writing)?;
        Ok((Self { sender }, thread))
    }

    /// Returns when the records are on disk.
    pub(crate) async fn commit(&self, records: Vec<EventRecord>) -> Result<(), Uncommitted> {
        let (done, is_done) = oneshot::channel();
        self.sender.try_send(Append { records, done }).map_err(|_| Uncommitted::Busy)?;
        match is_done.await {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => Err(Uncommitted::Unwritten),
        }
    }
}

fn write_all(
    connection: &str,
    mut writer: EventLogWriter,
    mut receiver: mpsc::Receiver<Append>,
    backlog: &Backlog,
    metrics: &Metrics,
) {
    let mut is_well = true;
    while let Some(first) = receiver.blocking_recv() {
        let (mut records, mut waiting) = (first.records, vec![first.done]);
        let mut bytes: usize = records.iter().map(|record| record.body.len()).sum();
        while bytes < MOST_BYTES
            && let Ok(next) = receiver.try_recv()
        {
            bytes += next.records.iter().map(|record| record.body.len()).sum::<usize>();
            records.extend(next.records);
            waiting.push(next.done);
        }
        let before = writer.end();
        let result = writer.append(&mut records);
        if let Ok(duplicates) = &result {
            let end = writer.end();
            backlog.grow(if end.segment == before.segment { end.offset - before.offset } else { end.offset });
            Metrics::add(&metrics.writes, 1);
            Metrics::add(&metrics.received, records.len() as u64);
            Metrics::add(&metrics.duplicates, *duplicates as u64);
        }
        match &result {
            Err(error) if is_well => {
                tracing::error!(connection, %error, "events cannot be written: they are not acknowledged");
            }
            Ok(_) if !is_well => tracing::info!(connection, "events are written again"),
            _ => {}
        }
        is_well = result.is_ok();
        for done in waiting {
            // A client that went away does not wait any more.
            let _ = done.send(is_well);
        }
    }
}
