//! The shop's days.

mod app;
mod app_day;
mod crm;
mod events;
mod file;
mod inventory;

use std::{fs, path::Path};

use chrono::Days;

pub(crate) use self::app::TABLES;
use self::{app::AppDatabase, inventory::CORRECTED_AFTER};
use crate::{
    MarketplaceError, Settings, Summary,
    state::State,
    world::{FEED_DAYS, HISTORY_DAYS, World},
};

/// Writes all data up to the day before `settings.today` below `target/data`, replacing what is there.
pub fn generate(settings: &Settings, target: &Path) -> Result<Summary, MarketplaceError> {
    if !(0.01..=1_000.0).contains(&settings.scale) {
        return Err(MarketplaceError::Scale { scale: settings.scale });
    }
    let first_day = settings.today.checked_sub_days(Days::new(HISTORY_DAYS)).unwrap_or(settings.today);
    let world = World { seed: settings.seed, scale: settings.scale, first_day };
    let data = target.join("data");
    if data.exists() {
        fs::remove_dir_all(&data).map_err(|source| file::error("replace", &data, source))?;
    }
    for folder in ["inventory", "events", "crm"] {
        let folder = data.join(folder);
        fs::create_dir_all(&folder).map_err(|source| file::error("create", &folder, source))?;
    }
    let mut database = AppDatabase::create(world, settings.app, target)?;
    let mut state = State { world, next_day: 0, renamed_since: None, app: settings.app };
    let summary = simulate(&mut state, &mut database, target, HISTORY_DAYS)?;
    database.close()?;
    state.write(target)?;
    Ok(summary)
}

/// Continues the data below `target/data` by so many days: new and changed orders, late rows, soft and hard deletes, the
/// next inventory and event files, a corrected earlier inventory file, a new CRM dump.
pub fn advance(target: &Path, days: u32) -> Result<Summary, MarketplaceError> {
    let mut state = State::read(target)?;
    let mut database = AppDatabase::open(state.world, state.app, target)?;
    let end = state.next_day + u64::from(days);
    let summary = simulate(&mut state, &mut database, target, end)?;
    database.close()?;
    state.write(target)?;
    Ok(summary)
}

/// Continues by one day from which on the inventory team calls the column `on_hand` `qty_on_hand`, in every file that it
/// delivers: that of the day, and the corrected one of an earlier day. It goes on so until [`mend_inventory`].
pub fn break_inventory(target: &Path) -> Result<Summary, MarketplaceError> {
    let mut state = State::read(target)?;
    state.renamed_since.get_or_insert(state.next_day);
    state.write(target)?;
    advance(target, 1)
}

/// The inventory team delivers the files with the renamed column again, with its old name. Does nothing when no column is
/// renamed.
pub fn mend_inventory(target: &Path) -> Result<(), MarketplaceError> {
    let mut state = State::read(target)?;
    let Some(since) = state.renamed_since.take() else { return Ok(()) };
    for day in since.saturating_sub(CORRECTED_AFTER)..state.next_day {
        if inventory::exists(&state, target, day) {
            inventory::write(&state, target, day, state.next_day - 1)?;
        }
    }
    state.write(target)
}

/// Makes the days from where the state is to before `end`. Feeds are written for the last [`FEED_DAYS`] of them, and the CRM
/// dump for the last.
fn simulate(
    state: &mut State,
    database: &mut AppDatabase,
    target: &Path,
    end: u64,
) -> Result<Summary, MarketplaceError> {
    let world = state.world;
    let before = if state.next_day == 0 { app::Counts::default() } else { database.counts() };
    let (mut stock_rows, mut events) = (0, 0);
    let first_feed = end.saturating_sub(FEED_DAYS).max(state.next_day);
    for day in state.next_day..end {
        database.day(day)?;
        state.next_day = day + 1;
        if day >= first_feed {
            stock_rows += inventory::write(state, target, day, day)?;
            if let Some(corrected) = day.checked_sub(CORRECTED_AFTER)
                && (corrected >= first_feed || inventory::exists(state, target, corrected))
            {
                inventory::write(state, target, corrected, day)?;
            }
            events += events::write(world, target, day, database.counts().customers)?;
        }
    }
    let after = database.counts();
    let crm_rows = crm::write(world, target, state.next_day, after.customers)?;
    Ok(Summary {
        last_day: world.date(state.next_day.saturating_sub(1)),
        customers: after.customers - before.customers,
        orders: after.orders - before.orders,
        order_items: after.order_items - before.order_items,
        stock_rows,
        events,
        crm_rows,
    })
}
