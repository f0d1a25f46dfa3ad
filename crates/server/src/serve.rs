//! Listens, answers and lands, until it is asked to stop.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ade_run::Workspace;
use ade_run::events::{EventLogOptions, EventLogWriter};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::backlog::Backlog;
use crate::changes::{MOST_BYTES, source_of};
use crate::collector::{Collector, Destination};
use crate::committer::Committer;
use crate::error::ServerError;
use crate::http::{Limits, converse};
use crate::landing::{Landing, Pace, land_all};
use crate::metrics::Metrics;
use crate::segment::MOST_BATCH_BYTES;

/// Bodies at once, in KiB.
const MOST_KIBIBYTES: usize = 64 << 10;
/// How long requests may take to end once it is asked to stop.
const DRAIN: Duration = Duration::from_secs(10);

/// How to serve.
#[derive(Debug, Clone)]
pub struct ServeOptions {
    /// Where to listen.
    pub listen: SocketAddr,
    /// How often what has arrived lands; `None`: it does not, and waits in the log for `ade ingest`.
    pub land_every: Option<Duration>,
    /// Bytes of the log after which it lands earlier.
    pub land_bytes: u64,
    /// Connections at once; more wait until one is closed. Each takes a file descriptor, and the lake and the log need some, too.
    pub most_connections: usize,
}

/// Collects events until `stop` becomes true, and then ends what has begun and lands what is there. `ready` is told the
/// address when clients can connect.
pub async fn serve(
    workspace: &Arc<Workspace>,
    options: &ServeOptions,
    stop: watch::Receiver<bool>,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), ServerError> {
    let collections = workspace.event_collections()?;
    if collections.is_empty() {
        return Err(ServerError::NothingToCollect);
    }
    let metrics = Arc::new(Metrics::default());
    let (mut destinations, mut landings, mut threads) = (HashMap::new(), Vec::new(), Vec::new());
    for collection in collections {
        if let Some(source) = collection.write_keys.keys().find(|source| !collection.sources.contains(source)) {
            return Err(ServerError::NoTables { source_name: source.clone(), connection: collection.connection });
        }
        let log_failed = |source| ServerError::Log { connection: collection.connection.clone(), source };
        let lock = collection.log.lock().map_err(log_failed)?;
        let Some(lock) = lock else {
            let (connection, folder) = (collection.connection.clone(), collection.log.folder().to_owned());
            return Err(ServerError::Taken { connection, folder });
        };
        let log_options = EventLogOptions { segment_bytes: collection.segment_bytes, ..EventLogOptions::default() };
        let writer = EventLogWriter::open(collection.log.clone(), lock, log_options).map_err(log_failed)?;
        let backlog = Arc::new(Backlog::new(collection.most_backlog_bytes));
        let (committer, thread) =
            Committer::start(&collection.connection, writer, Arc::clone(&backlog), Arc::clone(&metrics))
                .map_err(log_failed)?;
        threads.push(thread);
        for (source, key) in &collection.write_keys {
            let destination = Destination {
                source: source.clone(),
                key: collection.log.key().clone(),
                committer: committer.clone(),
                backlog: Arc::clone(&backlog),
            };
            if let Some(first) = destinations.insert(key.clone(), destination) {
                return Err(ServerError::SameKey { first: first.source, second: source.clone() });
            }
        }
        let landing = Landing { collection, backlog };
        landing.measure(workspace).await;
        landings.push(landing);
    }
    let listen_failed = |source| ServerError::Listen { address: options.listen, source };
    let listener = TcpListener::bind(options.listen).await.map_err(listen_failed)?;
    ready(listener.local_addr().map_err(listen_failed)?);

    let retry_after = options.land_every.map_or(60, |every| every.as_secs().max(1));
    let collector = Arc::new(Collector {
        destinations,
        clock: Arc::clone(workspace.clock()),
        ids: Arc::clone(workspace.ids()),
        metrics: Arc::clone(&metrics),
        retry_after,
    });
    let pace = options.land_every.map(|every| Pace { every, bytes: options.land_bytes });
    let landing = async {
        match pace {
            Some(pace) => land_all(&landings, workspace, pace, &metrics, stop.clone()).await,
            None => measure_all(&landings, workspace, stop.clone()).await,
        }
    };
    tokio::join!(listen(&listener, collector, options.most_connections, stop.clone()), landing);
    drop(listener);
    for thread in threads {
        // It ends with the last connection.
        let _ = tokio::task::spawn_blocking(move || thread.join()).await;
    }
    if pace.is_some() {
        let (_never, keep_on) = watch::channel(false);
        for landing in landings.iter().filter(|landing| landing.backlog.bytes() > 0) {
            landing.land(workspace, &keep_on, &metrics).await;
        }
    }
    Ok(())
}

/// Where nothing lands here, somebody else's landing is noticed.
async fn measure_all(landings: &[Landing], workspace: &Arc<Workspace>, mut stop: watch::Receiver<bool>) {
    let mut looks = tokio::time::interval(Duration::from_secs(2));
    loop {
        tokio::select! {
            _ = looks.tick() => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
        for landing in landings {
            landing.measure(workspace).await;
        }
    }
}

/// Takes connections until it is asked to stop, and then waits for those that have not ended.
async fn listen(
    listener: &TcpListener,
    collector: Arc<Collector>,
    most_connections: usize,
    mut stop: watch::Receiver<bool>,
) {
    let places = Arc::new(Semaphore::new(most_connections.max(1)));
    let limits = Limits {
        body_bytes: |path| if source_of(path).is_some() { MOST_BYTES } else { MOST_BATCH_BYTES },
        kibibytes_at_once: Arc::new(Semaphore::new(MOST_KIBIBYTES)),
        places: Arc::clone(&places),
        few: most_connections / 8,
        idle: Duration::from_secs(75),
        arrival: Duration::from_secs(30),
    };
    let mut connections = JoinSet::new();
    loop {
        let next = async { (Arc::clone(&places).acquire_owned().await, listener.accept().await) };
        let (place, accepted) = tokio::select! {
            next = next => next,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        match accepted {
            Ok((stream, _)) => {
                // An answer is one write: nothing is gained by waiting for more of it.
                let _ = stream.set_nodelay(true);
                let (collector, limits, stop) = (Arc::clone(&collector), limits.clone(), stop.clone());
                connections.spawn(async move {
                    let answer = |request| collector.answer(request);
                    converse(stream, &limits, stop, answer).await;
                    drop(place);
                });
            }
            Err(error) => {
                // Out of file descriptors, for one: those that are open go on, and some will end.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
    let ended = async { while connections.join_next().await.is_some() {} };
    if timeout(DRAIN, ended).await.is_err() {
        tracing::warn!("requests that did not end in time are broken off; nothing of them is acknowledged");
        connections.shutdown().await;
    }
}
