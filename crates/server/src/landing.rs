//! Lands what is in the logs, again and again.

use std::sync::Arc;
use std::time::Duration;

use ade_run::events::{Collection, EventLog, LogPlace};
use ade_run::{BuildOptions, Command, Workspace};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use crate::backlog::Backlog;
use crate::metrics::Metrics;

/// How often it is looked whether there is enough to land.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// A log that lands.
pub(crate) struct Landing {
    pub(crate) collection: Collection,
    pub(crate) backlog: Arc<Backlog>,
}

/// When to land.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// At least so often, when there is anything.
    pub(crate) every: Duration,
    /// Earlier when there is so much.
    pub(crate) bytes: u64,
}

impl Landing {
    fn log(&self) -> &EventLog {
        &self.collection.log
    }

    /// Measures what has not landed.
    pub(crate) async fn measure(&self, workspace: &Workspace) -> bool {
        let landed = match workspace.events_landed(&self.collection).await {
            Ok(place) => place,
            Err(error) => {
                tracing::warn!(connection = self.collection.connection, %error, "nobody knows how far the log has landed");
                LogPlace::default()
            }
        };
        if let Err(error) = self.backlog.measure(self.log(), landed) {
            tracing::warn!(connection = self.collection.connection, %error, "the log cannot be measured");
        }
        self.backlog.bytes() > 0
    }

    /// Lands what is there. What cannot land stays in the log; the run itself says why.
    pub(crate) async fn land(&self, workspace: &Arc<Workspace>, stop: &watch::Receiver<bool>, metrics: &Metrics) {
        if self.collection.sources.is_empty() {
            return;
        }
        let select = self.collection.sources.iter().map(|source| format!("source:{source}")).collect();
        let options = BuildOptions { select, ..BuildOptions::new(Command::Ingest) };
        let landed = match workspace.build(options, stop.clone()).await {
            Ok(summary) => summary.succeeded(),
            Err(error) => {
                tracing::error!(connection = self.collection.connection, %error, "events do not land; they stay in the log");
                false
            }
        };
        Metrics::add(&metrics.landings, 1);
        if !landed {
            Metrics::add(&metrics.failed_landings, 1);
        }
        self.measure(workspace).await;
    }
}

/// Lands at the given pace until `stop` becomes true.
pub(crate) async fn land_all(
    landings: &[Landing],
    workspace: &Arc<Workspace>,
    pace: Pace,
    metrics: &Metrics,
    mut stop: watch::Receiver<bool>,
) {
    // A landing that has begun ends well: it is the one thing that a stop waits for.
    let (_never, keep_on) = watch::channel(false);
    let mut looks = interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut last = tokio::time::Instant::now();
    loop {
        tokio::select! {
            _ = looks.tick() => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
        let is_time = last.elapsed() >= pace.every;
        for landing in landings {
            let bytes = landing.backlog.bytes();
            if bytes > 0 && (is_time || bytes >= pace.bytes) {
                landing.land(workspace, &keep_on, metrics).await;
            }
        }
        if is_time {
            last = tokio::time::Instant::now();
        }
    }
}
