//! Several sessions that read the pieces of a table at once, and give them in order.
//!
//! Readers take the pieces in their order. Each piece has a channel of a few batches; the consumer empties one channel after
//! the other. A reader takes a piece only when no more than a few before it are unfinished, so what waits to be consumed is
//! bounded however fast readers are, and the piece at the front is always being read: nothing can wait for itself.

use std::sync::{Arc, Mutex, PoisonError};

use futures::{Stream, stream};
use tokio::sync::mpsc::{self, Receiver, UnboundedReceiver, UnboundedSender};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::finish::finish;
use super::reader::{Job, Read};
use super::sessions::Sessions;
use super::unit::Piece;
use crate::batch_stream::Item;
use crate::{ConnectError, ReadRequest};

/// Batches that wait for the consumer, of one piece.
pub(crate) const WAITING: usize = 2;

type Batches = Receiver<Result<Read, ConnectError>>;
type Ordered = (OwnedSemaphorePermit, Batches);

/// The pieces that nobody has taken yet.
struct Pieces {
    pieces: std::vec::IntoIter<Piece>,
    order: UnboundedSender<Ordered>,
}

/// Starts `streams` readers and gives their batches, in the order of the pieces, and the end.
pub(crate) fn read(
    sessions: Arc<Sessions>,
    request: Arc<ReadRequest>,
    job: Job,
    pieces: Vec<Piece>,
    streams: usize,
) -> impl Stream<Item = Result<Item, ConnectError>> + Send + 'static {
    let job = Arc::new(job);
    let (order, ordered) = mpsc::unbounded_channel();
    let left = pieces.len();
    let window = Arc::new(Semaphore::new(streams + 1));
    let pieces = Arc::new(Mutex::new(Some(Pieces { pieces: pieces.into_iter(), order })));
    for index in 0..streams {
        let (sessions, job, pieces) = (Arc::clone(&sessions), Arc::clone(&job), Arc::clone(&pieces));
        drop(tokio::spawn(work(sessions, job, pieces, Arc::clone(&window), index == 0)));
    }
    let state = State { sessions, request, job, ordered, current: None, left, rows: 0, is_over: false };
    stream::try_unfold(state, |mut state| async move {
        let item = state.next().await?;
        Ok(item.map(|item| (item, state)))
    })
}

/// Reads pieces as long as there are any and somebody listens.
async fn work(
    sessions: Arc<Sessions>,
    job: Arc<Job>,
    pieces: Arc<Mutex<Option<Pieces>>>,
    window: Arc<Semaphore>,
    is_first: bool,
) {
    let Some(mut seat) = sessions.seat(is_first).await else { return };
    let mut rows = job.rows();
    loop {
        let Ok(permit) = Arc::clone(&window).acquire_owned().await else { return };
        let Some((piece, listener)) = take(&pieces, permit) else { break };
        if job.read(&mut seat, &mut rows, &piece, &listener).await.is_err() {
            break;
        }
    }
    seat.give_back();
}

/// The next piece, and where to tell what it holds. The consumer is told of it in the same breath, so the order is kept.
fn take(pieces: &Mutex<Option<Pieces>>, permit: OwnedSemaphorePermit) -> Option<(Piece, super::reader::Listener)> {
    let mut guard = pieces.lock().unwrap_or_else(PoisonError::into_inner);
    let left = guard.as_mut()?;
    let taken = left.pieces.next().and_then(|piece| {
        let (listener, batches) = mpsc::channel(WAITING);
        left.order.send((permit, batches)).ok().map(|()| (piece, listener))
    });
    if taken.is_none() {
        *guard = None;
    }
    taken
}

/// Where the consumer is.
struct State {
    sessions: Arc<Sessions>,
    request: Arc<ReadRequest>,
    job: Arc<Job>,
    ordered: UnboundedReceiver<Ordered>,
    current: Option<Ordered>,
    /// Pieces that are not finished.
    left: usize,
    rows: u64,
    is_over: bool,
}

impl State {
    async fn next(&mut self) -> Result<Option<Item>, ConnectError> {
        if self.is_over {
            return Ok(None);
        }
        while self.left > 0 {
            let (_, batches) = match &mut self.current {
                Some(current) => current,
                current => current.insert(self.ordered.recv().await.ok_or_else(|| self.job.broke_off())?),
            };
            // A reader that goes away without a word must not look like the end of its piece.
            match batches.recv().await.ok_or_else(|| self.job.broke_off())?? {
                Read::Batch(batch) => {
                    self.rows += batch.num_rows() as u64;
                    return Ok(Some(Item::Batch(batch)));
                }
                Read::Done => {
                    self.current = None;
                    self.left -= 1;
                }
            }
        }
        self.is_over = true;
        finish(&self.sessions, &self.request, &self.job, self.rows).await.map(|end| Some(Item::End(end)))
    }
}

impl Job {
    fn broke_off(&self) -> ConnectError {
        let reason = "a reader ended unexpectedly".to_owned();
        ConnectError::SourceFailed { object: self.unit.name.clone(), reason }
    }
}
