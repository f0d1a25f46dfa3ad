//! Lands what is in the logs, again and again.

use std::sync::Arc;
use std::time::Duration;

use ade_run::events::{Collection, EventLog, LogPlace};
use ade_run::{BuildOptions, Command, Workspace};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::backlog::Backlog;
use crate::metrics::Metrics;

/// How often it is looked whether there is enough to land.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// After landings that came to nothing, the next one waits no longer than this.
const LONGEST_PAUSE: Duration = Duration::from_mins(5);

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

    /// Measures what has not landed, and gives up to where all has.
    pub(crate) async fn measure(&self, workspace: &Workspace) -> LogPlace {
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
        landed
    }

    /// Lands what is there; says whether it came to anything. What cannot land stays in the log; the run itself says why.
    pub(crate) async fn land(
        &self,
        workspace: &Arc<Workspace>,
        stop: &watch::Receiver<bool>,
        metrics: &Metrics,
    ) -> bool {
        let before = self.measure(workspace).await;
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
        self.measure(workspace).await > before || landed
    }
}

/// When a log that did not land is tried again: later each time, as nothing is gained by a run for every look.
#[derive(Debug, Clone, Copy, Default)]
struct Pause {
    failures: u32,
    until: Option<Instant>,
}

impl Pause {
    fn is_over(&self, now: Instant) -> bool {
        self.until.is_none_or(|until| now >= until)
    }

    fn after(self, came_to_something: bool, now: Instant, every: Duration) -> Self {
        if came_to_something {
            return Self::default();
        }
        let pause = every.saturating_mul(1 << self.failures.min(16)).min(LONGEST_PAUSE.max(every));
        Self { failures: self.failures + 1, until: Some(now + pause) }
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
    let mut last = Instant::now();
    let mut pauses = vec![Pause::default(); landings.len()];
    loop {
        tokio::select! {
            _ = looks.tick() => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
        let is_time = last.elapsed() >= pace.every;
        for (landing, pause) in landings.iter().zip(&mut pauses) {
            let bytes = landing.backlog.bytes();
            if bytes > 0 && (is_time || bytes >= pace.bytes) && pause.is_over(Instant::now()) {
                let came_to_something = landing.land(workspace, &keep_on, metrics).await;
                *pause = pause.after(came_to_something, Instant::now(), pace.every);
            }
        }
        if is_time {
            last = Instant::now();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_land_is_tried_again_later_each_time() {
        let (now, every) = (Instant::now(), Duration::from_secs(5));
        let mut pause = Pause::default();
        let mut waits = Vec::new();
        for _ in 0..20 {
            pause = pause.after(false, now, every);
            waits.push((pause.until.unwrap() - now).as_secs());
        }
        assert_eq!((&waits[..4], waits[19]), (&[5, 10, 20, 40][..], 300));
        assert!(!pause.is_over(now) && pause.is_over(now + LONGEST_PAUSE));
        assert!(pause.after(true, now, every).is_over(now));
    }
}
