//! The inventory feed: a CSV file for each day, with one line for each product that a shop carries.

use std::path::{Path, PathBuf};

use super::file::{Field, Lines};
use crate::{MarketplaceError, random::Random, state::State};

fn path(state: &State, target: &Path, day: u64) -> PathBuf {
    let name = format!("inventory_{}.csv", state.world.date(day));
    target.join("data").join("inventory").join(name)
}

/// Whether the day's file has been delivered.
pub(super) fn exists(state: &State, target: &Path, day: u64) -> bool {
    path(state, target, day).exists()
}

/// How many days later the counts of one shop are corrected, and the file is delivered again.
pub(super) const CORRECTED_AFTER: u64 = 2;

/// Writes the file of a day as it is known at the end of `as_of`, in the form that the team uses then.
/// Returns the number of rows.
pub(super) fn write(state: &State, target: &Path, day: u64, as_of: u64) -> Result<u64, MarketplaceError> {
    let world = state.world;
    let mut lines = Lines::create(path(state, target, day))?;
    let renamed = state.renamed_since.is_some_and(|since| as_of >= since);
    let on_hand = if renamed { "qty_on_hand" } else { "on_hand" };
    lines.line(format_args!(
        "snapshot_date,store_code,sku_code,{on_hand},reserved,reorder_point,unit_cost_cents,counted_by,counted_at"
    ))?;
    let date = world.date(day);
    let mut rows = 0;
    for shop_id in 1..=world.shops() {
        let shop = world.shop(shop_id);
        let clerk = world.person("clerk", shop_id * 10 + day % 3);
        let clerk = format!("{} {}", clerk.first_name, clerk.last_name);
        let corrected = as_of >= day + CORRECTED_AFTER && day % world.shops() == shop_id - 1;
        for product in 1..=world.products() {
            if !world.carries(shop_id, product) {
                continue;
            }
            let stock = stock(world.seed, shop_id, product, day);
            let on_hand = if corrected { stock.on_hand + 1 } else { stock.on_hand };
            // Some scanners send a line twice.
            let times = if stock.twice { 2 } else { 1 };
            for _ in 0..times {
                rows += 1;
                lines.line(format_args!(
                    "{date},{},BTL-{product:05},{on_hand},{},{},{},{},{date}T{:02}:{:02}:00Z",
                    shop.code,
                    stock.reserved.min(on_hand),
                    stock.reorder_point,
                    stock.cost_cents,
                    Field(&clerk),
                    21 + shop_id % 2,
                    (shop_id * 7 + day) % 60,
                ))?;
            }
        }
    }
    lines.finish()?;
    Ok(rows)
}

struct Stock {
    on_hand: i64,
    reserved: i64,
    reorder_point: i64,
    cost_cents: i64,
    twice: bool,
}

/// Stock falls from delivery to delivery, some days to nothing.
fn stock(seed: u64, shop: u64, product: u64, day: u64) -> Stock {
    let mut shelf = Random::new(seed, "shelf", shop, product);
    let (rhythm, sold_daily) = (4 + shelf.below(10), shelf.range(0, 6));
    let (full, phase) = (sold_daily * i64::try_from(rhythm).unwrap_or(7) + shelf.range(0, 8), shelf.below(14));
    let cost_cents = shelf.range(90, 2_900);
    let since = i64::try_from((day + phase) % rhythm).unwrap_or(0);
    let mut today = Random::new(seed ^ day, "stock", shop, product);
    let on_hand = (full - since * sold_daily - today.range(0, 3)).max(0);
    Stock {
        on_hand,
        reserved: today.range(0, 2),
        reorder_point: sold_daily * 2,
        cost_cents,
        twice: today.in_100_000(100),
    }
}
