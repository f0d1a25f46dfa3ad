//! What the data depends on.

use chrono::NaiveDate;

use crate::AppSystem;

/// What the data depends on. The same settings give the same bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Seed of all random streams.
    pub seed: u64,
    /// Size, from 0.01 to 1000: 1 is about 2,000 customers, 20,000 orders, 60,000 order items, 40,000 events and 30 days of
    /// stock with 100,000 rows; 10 is ten times that.
    pub scale: f64,
    /// The day on which the data is looked at. The last complete day in it is the day before.
    pub today: NaiveDate,
    /// In what the app keeps its data.
    pub app: AppSystem,
}
