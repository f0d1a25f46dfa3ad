//! No more than so many rows or bytes in a second.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

use super::limits::Limits;

/// No more than so many rows or bytes in a second, over all readers of a connection together.
#[derive(Debug)]
pub(crate) struct RateLimit {
    seconds_per_row: f64,
    seconds_per_byte: f64,
    /// When what has been taken so far is paid for.
    paid_at: Mutex<Option<Instant>>,
}

impl RateLimit {
    pub(crate) fn new(limits: &Limits) -> Option<Self> {
        #[expect(clippy::cast_precision_loss, reason = "a limit needs no more than three digits")]
        let seconds = |most: Option<u64>| most.map_or(0.0, |most| 1.0 / most.max(1) as f64);
        let limit = Self {
            seconds_per_row: seconds(limits.rows_per_second),
            seconds_per_byte: seconds(limits.bytes_per_second),
            paid_at: Mutex::new(None),
        };
        (limit.seconds_per_row + limit.seconds_per_byte > 0.0).then_some(limit)
    }

    /// Waits for as long as what was read before is too much, then counts this.
    #[expect(clippy::cast_precision_loss, reason = "as above")]
    pub(crate) async fn take(&self, rows: u64, bytes: u64) {
        let cost = (rows as f64 * self.seconds_per_row).max(bytes as f64 * self.seconds_per_byte).min(86_400.0);
        let now = Instant::now();
        let free_at = {
            let mut paid_at = self.paid_at.lock().await;
            let free_at = paid_at.unwrap_or(now).max(now);
            *paid_at = Some(free_at + Duration::from_secs_f64(cost));
            free_at
        };
        sleep_until(free_at).await;
    }
}
