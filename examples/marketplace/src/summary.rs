//! How much data was written.

use chrono::NaiveDate;

/// What one call of the generator wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// The last day that the data covers.
    pub last_day: NaiveDate,
    /// Customers that were added, test accounts and migrated ones among them.
    pub customers: u64,
    /// Orders that were added.
    pub orders: u64,
    /// Order items that were added.
    pub order_items: u64,
    /// Rows of the daily inventory files that were written.
    pub stock_rows: u64,
    /// Web and app events that were written.
    pub events: u64,
    /// Contacts and tickets in the CRM dump that was written.
    pub crm_rows: u64,
}
