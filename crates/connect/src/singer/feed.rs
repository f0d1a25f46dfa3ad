//! A running tap as a feed.

use std::sync::mpsc as std_mpsc;
use std::thread;

use async_trait::async_trait;
use tokio::sync::mpsc;

use super::demux::{Demux, DemuxSetup, Step};
use super::program::{RunningTap, Stopper};
use super::said::{LastLines, Scrub};
use crate::{ConnectError, Feed, FeedStep};

/// Steps that may wait.
const WAITING: usize = 8;

/// A running tap, or what comes in its place.
pub(crate) struct SingerFeed {
    steps: mpsc::Receiver<Step>,
    landed: std_mpsc::Sender<Vec<String>>,
    stopper: Option<Stopper>,
}

/// The ends of the channels between a feed and its reading thread.
pub(crate) struct Channels {
    pub(crate) steps: mpsc::Sender<Step>,
    pub(crate) landed: std_mpsc::Receiver<Vec<String>>,
}

impl SingerFeed {
    /// A feed that nothing feeds yet.
    pub(crate) fn new() -> (Self, Channels) {
        let (steps, receiver) = mpsc::channel(WAITING);
        let (landed, waits) = std_mpsc::channel();
        (Self { steps: receiver, landed, stopper: None }, Channels { steps, landed: waits })
    }

    /// Reads the output of a tap on a thread of its own.
    pub(crate) fn follow(
        &mut self,
        name: &str,
        mut tap: RunningTap,
        scrub: Scrub,
        setup: DemuxSetup,
    ) -> Result<(), ConnectError> {
        self.stopper = Some(tap.stopper());
        let last = LastLines::default();
        let steps = setup.steps.clone();
        // A line that nobody reads any more is no loss.
        let listener = tap.listen(scrub, &last, move |line| drop(steps.blocking_send(Ok(FeedStep::Said(line)))));
        let stdout = tap.stdout.take();
        let owned = name.to_owned();
        start(name, move || {
            let end = || tap.end(&owned, &listener, &last);
            match stdout {
                Some(stdout) => Demux::new(setup).run(stdout, end),
                None => Demux::new(setup).run(std::io::empty(), end),
            }
        })
    }
}

/// Reads what somebody pipes in on a thread of its own.
pub(crate) fn read_input(
    name: &str,
    input: Box<dyn std::io::Read + Send>,
    setup: DemuxSetup,
) -> Result<(), ConnectError> {
    start(name, move || Demux::new(setup).run(input, || Ok(())))
}

fn start(name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), ConnectError> {
    let started = thread::Builder::new().name("ade-tap".to_owned()).spawn(work);
    started.map(drop).map_err(|source| ConnectError::Io { object: name.to_owned(), source })
}

#[async_trait]
impl Feed for SingerFeed {
    async fn next(&mut self) -> Result<FeedStep, ConnectError> {
        self.steps.recv().await.unwrap_or_else(|| {
            let reason = "the thread that reads it ended unexpectedly".to_owned();
            Err(ConnectError::SourceFailed { object: "tap".to_owned(), reason })
        })
    }

    async fn landed(&mut self, failed: &[String]) {
        // A thread that has ended says so by itself.
        let _ = self.landed.send(failed.to_vec());
    }
}

impl Drop for SingerFeed {
    fn drop(&mut self) {
        // The thread ends when it is not heard, or when the tap's output ends.
        self.steps.close();
        if let Some(stopper) = &self.stopper {
            stopper.stop();
        }
    }
}
