//! The shop's days.

use std::path::Path;

use crate::{MarketplaceError, Settings, Summary};

/// Writes all data up to the day before `settings.today` below `target/data`, replacing what is there.
pub fn generate(settings: &Settings, target: &Path) -> Result<Summary, MarketplaceError> {
    let _ = (settings, target);
    unimplemented!()
}

/// Continues the data below `target/data` by so many days: new and changed orders, late rows, soft and hard deletes, the
/// next inventory and event files, a corrected earlier inventory file, a new CRM dump.
pub fn advance(target: &Path, days: u32) -> Result<Summary, MarketplaceError> {
    let _ = (target, days);
    unimplemented!()
}

/// Continues by one day on which the inventory team renames the column `on_hand` to `qty_on_hand`. Later days keep the new
/// name until [`mend_inventory`].
pub fn break_inventory(target: &Path) -> Result<Summary, MarketplaceError> {
    let _ = target;
    unimplemented!()
}

/// The inventory team delivers the files with the renamed column again, under its old name.
pub fn mend_inventory(target: &Path) -> Result<(), MarketplaceError> {
    let _ = target;
    unimplemented!()
}
