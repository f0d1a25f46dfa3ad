//! Work on several threads, results in order, memory bounded.
//!
//! One thread produces jobs (it reads and cuts), others work on them (they parse). Every job has a small channel of
//! its own for its results, and the channels are handed over in the order of the jobs; so results come in order
//! although jobs end in any. Whoever listens can stop at any time: all channels close, and each thread ends at its
//! next step.

#[cfg(feature = "kafka")]
use std::cell::RefCell;
use std::io;
use std::sync::{Arc, Mutex, mpsc as queue};
use std::thread;

use tokio::sync::mpsc;

use crate::ConnectError;

/// Why a thread ends before its work is done.
pub(crate) enum Stop {
    /// Nobody listens any more.
    Unheard,
    /// An error, to be passed on.
    Failed(ConnectError),
}

impl From<ConnectError> for Stop {
    fn from(error: ConnectError) -> Self {
        Self::Failed(error)
    }
}

type Message<T> = Result<Option<T>, ConnectError>;
type Job<T> = Box<dyn FnOnce(&Results<T>) -> Result<(), Stop> + Send>;

/// What comes in order: the results of one job after the other, and at the very end how the producer ended. Without
/// that, a thread that died would look like the end.
enum Slot<T> {
    Part(mpsc::Receiver<Message<T>>),
    End(Result<(), ConnectError>),
}

/// Where results go.
pub(crate) trait Give<T> {
    /// Waits while too many results are waiting.
    fn give(&self, result: T) -> Result<(), Stop>;
}

/// All of them, in order, for whoever works on one thread.
#[cfg(feature = "kafka")]
impl<T> Give<T> for RefCell<Vec<T>> {
    fn give(&self, result: T) -> Result<(), Stop> {
        self.borrow_mut().push(result);
        Ok(())
    }
}

impl<T> Give<T> for Results<T> {
    fn give(&self, result: T) -> Result<(), Stop> {
        Self::give(self, result)
    }
}

/// Where a job puts its results.
pub(crate) struct Results<T>(mpsc::Sender<Message<T>>);

impl<T> Results<T> {
    /// Waits while too many results are waiting.
    pub(crate) fn give(&self, result: T) -> Result<(), Stop> {
        self.0.blocking_send(Ok(Some(result))).map_err(|_| Stop::Unheard)
    }

    fn end(&self, result: Result<(), Stop>) {
        // If nobody listens, there is nobody to tell.
        let _ = match result {
            Ok(()) => self.0.blocking_send(Ok(None)),
            Err(Stop::Failed(error)) => self.0.blocking_send(Err(error)),
            Err(Stop::Unheard) => Ok(()),
        };
    }
}

/// Where the producer puts its jobs.
pub(crate) struct Jobs<T> {
    queue: queue::SyncSender<(Job<T>, Results<T>)>,
    order: mpsc::Sender<Slot<T>>,
}

impl<T> Jobs<T> {
    /// Waits while too many jobs are waiting.
    pub(crate) fn submit(
        &self,
        job: impl FnOnce(&Results<T>) -> Result<(), Stop> + Send + 'static,
    ) -> Result<(), Stop> {
        let (sender, receiver) = mpsc::channel(2);
        self.order.blocking_send(Slot::Part(receiver)).map_err(|_| Stop::Unheard)?;
        self.queue.send((Box::new(job), Results(sender))).map_err(|_| Stop::Unheard)
    }
}

/// The results of all jobs, in order.
pub(crate) struct Ordered<T> {
    object: String,
    order: mpsc::Receiver<Slot<T>>,
    current: Option<mpsc::Receiver<Message<T>>>,
}

impl<T: Send + 'static> Ordered<T> {
    /// Starts `produce` and `threads` workers. `object` is what is read, for messages.
    pub(crate) fn start(
        object: &str,
        threads: usize,
        produce: impl FnOnce(&Jobs<T>) -> Result<(), Stop> + Send + 'static,
    ) -> Result<Self, ConnectError> {
        let failed = |source: io::Error| ConnectError::Io { object: object.to_owned(), source };
        let (queue, jobs) = queue::sync_channel::<(Job<T>, Results<T>)>(1);
        let (order, receivers) = mpsc::channel(threads + 2);
        let jobs = Arc::new(Mutex::new(jobs));
        for _ in 0..threads.max(1) {
            let jobs = Arc::clone(&jobs);
            thread::Builder::new().name("ade-parse".to_owned()).spawn(move || work(&jobs)).map_err(failed)?;
        }
        let producer = move || {
            let jobs = Jobs { queue, order };
            let end = match produce(&jobs) {
                Ok(()) => Ok(()),
                Err(Stop::Failed(error)) => Err(error),
                Err(Stop::Unheard) => return,
            };
            // If nobody listens, there is nobody to tell.
            let _ = jobs.order.blocking_send(Slot::End(end));
        };
        thread::Builder::new().name("ade-read".to_owned()).spawn(producer).map_err(failed)?;
        Ok(Self { object: object.to_owned(), order: receivers, current: None })
    }

    /// The next result; `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<T>, ConnectError> {
        loop {
            if let Some(current) = &mut self.current {
                match current.recv().await {
                    Some(Ok(Some(result))) => return Ok(Some(result)),
                    Some(Ok(None)) => self.current = None,
                    Some(Err(error)) => return Err(error),
                    None => return Err(self.died()),
                }
            } else {
                match self.order.recv().await {
                    Some(Slot::Part(receiver)) => self.current = Some(receiver),
                    Some(Slot::End(end)) => return end.map(|()| None),
                    None => return Err(self.died()),
                }
            }
        }
    }

    /// The same for threads outside a runtime.
    pub(crate) fn next_blocking(&mut self) -> Result<Option<T>, ConnectError> {
        futures::executor::block_on(self.next())
    }

    fn died(&self) -> ConnectError {
        let reason = "a reading thread ended unexpectedly".to_owned();
        ConnectError::SourceFailed { object: self.object.clone(), reason }
    }
}

fn work<T>(jobs: &Mutex<queue::Receiver<(Job<T>, Results<T>)>>) {
    loop {
        let Some((job, results)) = jobs.lock().ok().and_then(|jobs| jobs.recv().ok()) else { return };
        if results.0.is_closed() {
            continue;
        }
        let result = job(&results);
        results.end(result);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn numbers(threads: usize, count: usize) -> Ordered<usize> {
        Ordered::start("numbers", threads, move |jobs| {
            for number in 0..count {
                jobs.submit(move |results| {
                    // Later jobs are quicker, so they overtake.
                    let busy = (count - number) * 100;
                    let _ = std::hint::black_box((0..busy).fold(number, |sum, next| sum ^ next));
                    results.give(number * 2)?;
                    results.give(number * 2 + 1)
                })?;
            }
            Ok(())
        })
        .unwrap()
    }

    #[test]
    fn results_come_in_order() {
        for threads in [1, 4] {
            let mut ordered = numbers(threads, 500);
            let found: Vec<usize> = std::iter::from_fn(|| ordered.next_blocking().unwrap()).collect();
            assert_eq!(found, (0..1_000).collect::<Vec<_>>());
        }
    }

    #[test]
    fn the_producer_does_not_run_ahead() {
        let submitted = Arc::new(AtomicUsize::new(0));
        let (counter, threads) = (Arc::clone(&submitted), 2);
        let mut ordered: Ordered<()> = Ordered::start("numbers", threads, move |jobs| {
            loop {
                jobs.submit(|results| results.give(()))?;
                let _ = counter.fetch_add(1, Ordering::SeqCst);
            }
        })
        .unwrap();
        for taken in 0..200 {
            let _ = ordered.next_blocking().unwrap();
            assert!(submitted.load(Ordering::SeqCst) <= taken + threads + 5);
        }
    }

    #[test]
    fn an_error_comes_where_it_happened_and_a_dead_thread_is_one() {
        let error = || ConnectError::SourceChanged { object: "numbers".to_owned() };
        let mut ordered = Ordered::start("numbers", 2, move |jobs| {
            jobs.submit(|results| results.give(1))?;
            jobs.submit(move |_| Err(Stop::Failed(error())))?;
            jobs.submit(|results| results.give(3))
        })
        .unwrap();
        assert_eq!(ordered.next_blocking().unwrap(), Some(1));
        assert_eq!(ordered.next_blocking().unwrap_err().id(), "source-changed");

        let mut ordered: Ordered<()> = Ordered::start("numbers", 1, |jobs| jobs.submit(|_| panic!("a bug"))).unwrap();
        assert_eq!(ordered.next_blocking().unwrap_err().id(), "source-failed");
        let mut ordered: Ordered<()> = Ordered::start("numbers", 1, |_| panic!("a bug")).unwrap();
        assert_eq!(ordered.next_blocking().unwrap_err().id(), "source-failed");
    }

    #[test]
    fn dropping_stops_all_threads() {
        let alive = Arc::new(());
        let held = Arc::clone(&alive);
        let mut ordered = Ordered::start("numbers", 2, move |jobs| {
            loop {
                let held = Arc::clone(&held);
                jobs.submit(move |results| {
                    let _ = &held;
                    loop {
                        results.give(())?;
                    }
                })?;
            }
        })
        .unwrap();
        let _ = ordered.next_blocking().unwrap();
        drop(ordered);
        while Arc::strong_count(&alive) > 1 {
            thread::yield_now();
        }
    }
}
