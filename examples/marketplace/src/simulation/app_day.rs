//! One day in the app: people sign up and order, orders move on, are changed, cancelled and deleted.

use rusqlite::{OptionalExtension, params};

use super::app::{AppDatabase, FIRST_MIGRATED_ORDER, address, stamp};
use crate::{MarketplaceError, market::MARKETS, random::Random, world::MIGRATION_DAY};

/// An item of an order that is being put together.
struct Item {
    sku: u64,
    quantity: i64,
    price: i64,
    discount: i64,
}

const DELIVERY_NOTES: [&str; 8] = [
    "",
    "",
    "",
    "",
    "Leave with the neighbour at {number}",
    "Ring twice, ask for {name}",
    "Gate code {number}",
    "Call {phone} on arrival",
];

impl AppDatabase {
    /// Makes one day of the history, in one transaction.
    pub(super) fn day(&mut self, day: u64) -> Result<(), MarketplaceError> {
        self.work(|database| {
            // First what happens to what is there, so that nothing changes before it was made.
            database.move_orders(day)?;
            database.correct_orders(day)?;
            if day > MIGRATION_DAY {
                database.change_customers(day)?;
            }
            for _ in 0..database.world.sign_ups(day) {
                database.add_customer(database.counts.customers + 1, Some(day))?;
            }
            let orders = database.world.orders(day);
            for order in 0..orders {
                database.add_order(day, order, orders)?;
            }
            Ok(())
        })
    }

    fn add_order(&mut self, day: u64, order: u64, orders: u64) -> rusqlite::Result<()> {
        let world = self.world;
        let mut random = Random::new(world.seed, "order", day, order);
        let customer = 1 + random.skewed(self.counts.customers);
        let person = world.customer(customer);
        let here = random.in_100_000(92_000);
        let store = if person.is_test && random.in_100_000(70_000) {
            world.shops()
        } else if here {
            world.shop_in(person.market, &mut random)
        } else {
            1 + random.below(world.shops() - 1)
        };
        let market = &MARKETS[world.shop(store).market];
        let migrated = day < MIGRATION_DAY;
        // Spread over the opening hours, in order. Tills that were offline hand in their orders days later, and a few
        // rows are committed late: their change time lies before rows that were read already.
        let second = 32_400 + i64::try_from(order * 46_800 / orders).unwrap_or(0) + random.range(0, 30);
        let (ordered, created) = match random.below(1_000) {
            _ if migrated => (stamp(world.date(day), second), stamp(world.date(MIGRATION_DAY), 7_200)),
            0..20 => {
                let late = day.saturating_sub(1 + random.below(4)).max(MIGRATION_DAY);
                (stamp(world.date(late), second), stamp(world.date(day), second + 20))
            }
            20..36 => {
                let at = stamp(world.date(day), -random.range(7_400, 9_600));
                (at.clone(), at)
            }
            _ => (stamp(world.date(day), second), stamp(world.date(day), second)),
        };
        let items = self.choose_items(store, market.price_percent, &mut random);
        let items_cents: i64 = items.iter().map(|item| item.quantity * item.price - item.discount).sum();
        let discount = if random.in_100_000(8_000) { items_cents / 10 } else { 0 };
        let shipping = if items_cents > 6_000 { 0 } else { 490 };
        let (id, legacy_id) = if migrated {
            self.counts.migrated_orders += 1;
            let number = self.counts.migrated_orders;
            (FIRST_MIGRATED_ORDER + number - 1, Some(format!("WS-{number:07}")))
        } else {
            (self.counts.orders - self.counts.migrated_orders + 1, None)
        };
        self.counts.orders += 1;
        let status = match random.below(100) {
            0..4 => "cancelled",
            _ if migrated => "delivered",
            _ => "placed",
        };
        let channel = if migrated { "legacy" } else { *random.pick(&["web", "web", "ios", "android", "till"]) };
        let online = channel != "till" && channel != "legacy";
        let note = random.pick(&DELIVERY_NOTES).replace("{name}", person.last_name).replace("{phone}", &person.phone);
        let note = note.replace("{number}", &random.range(2, 9_999).to_string());
        let near = |centre: f64, random: &mut Random| {
            centre + f64::from(i32::try_from(random.range(-90_000, 90_000)).unwrap_or(0)) / 1_000_000.0
        };
        let (latitude, longitude) = (near(market.latitude, &mut random), near(market.longitude, &mut random));
        let known = self.customer_exists(customer)?;
        self.connection
            .prepare_cached(
                "insert into orders values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, null)",
            )?
            .execute(params![
                id,
                known.then_some(customer),
                store,
                status,
                channel,
                market.currency,
                ordered,
                items_cents,
                discount,
                shipping,
                items_cents - discount + shipping,
                (channel != "legacy").then(|| card_number(&mut random)),
                online.then(|| address(&mut random)),
                online.then(|| format!("{} {}", person.first_name, person.last_name)),
                online.then_some(person.street),
                online.then_some(person.postcode),
                online.then_some(latitude),
                online.then_some(longitude),
                (online && !note.is_empty()).then_some(note),
                legacy_id,
                created,
                created,
            ])?;
        for (line, item) in (1_u64..).zip(items) {
            self.counts.order_items += 1;
            self.connection.prepare_cached("insert into order_items values (?, ?, ?, ?, ?, ?, ?, ?, ?)")?.execute(
                params![
                    self.counts.order_items,
                    id,
                    line,
                    item.sku,
                    item.quantity,
                    item.price,
                    item.discount,
                    created,
                    created
                ],
            )?;
        }
        Ok(())
    }

    fn customer_exists(&self, id: u64) -> rusqlite::Result<bool> {
        self.connection.prepare_cached("select 1 from customers where id = ?")?.exists([id])
    }

    fn choose_items(&self, store: u64, price_percent: i64, random: &mut Random) -> Vec<Item> {
        let count = 1 + random.below(4) + random.below(4) / 2;
        let mut items: Vec<Item> = Vec::new();
        for _ in 0..count {
            let sku = self.world.carried_product(store, random);
            if items.iter().any(|item| item.sku == sku) {
                continue;
            }
            let price = self.world.product(sku).list_price_cents * price_percent / 100;
            let quantity = if random.in_100_000(60_000) { 1 } else { random.range(2, 6) };
            let discount = if random.in_100_000(5_000) { price * quantity / 20 } else { 0 };
            items.push(Item { sku, quantity, price, discount });
        }
        items
    }

    /// Orders go out the next day and arrive two days later; a few come back.
    fn move_orders(&mut self, day: u64) -> rusqlite::Result<()> {
        let today = self.world.date(day);
        for (from, to, age) in [("placed", "shipped", 0), ("shipped", "delivered", 2), ("delivered", "returned", 9)] {
            let Some(until) = today.checked_sub_days(chrono::Days::new(age)) else { continue };
            let since = if from == "delivered" { stamp(super::app::before(until, 1), 0) } else { String::new() };
            let ids: Vec<u64> = self
                .connection
                .prepare_cached(
                    "select id from orders where status = ? and created_at >= ? and created_at < ? order by id",
                )?
                .query_map(params![from, since, stamp(until, 0)], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?;
            for id in ids {
                let mut random = Random::new(self.world.seed, to, day, id);
                if to == "returned" && !random.in_100_000(2_500) {
                    continue;
                }
                let at = stamp(today, random.range(18_000, 30_000));
                self.connection
                    .prepare_cached("update orders set status = ?, updated_at = ? where id = ?")?
                    .execute(params![to, at, id])?;
            }
        }
        Ok(())
    }

    /// What people correct in orders: soft deletes keep the row and set a time, hard deletes leave only a line in
    /// `deleted_rows`.
    fn correct_orders(&mut self, day: u64) -> rusqlite::Result<()> {
        let mut random = Random::new(self.world.seed, "changes", day, 0);
        let today = self.world.date(day);
        let orders = self.counts.orders - self.counts.migrated_orders;
        let recent = |random: &mut Random, share: u64| orders.saturating_sub(random.below(share.max(1)));
        let daily = self.world.orders(day).max(1);

        // Orders entered by mistake.
        for _ in 0..daily.div_ceil(100) {
            let at = stamp(today, random.range(61_200, 72_000));
            self.connection
                .prepare_cached(
                    "update orders set deleted_at = ?1, updated_at = ?1 where id = ?2 and deleted_at is null",
                )?
                .execute(params![at, recent(&mut random, daily * 2)])?;
        }
        // A line that was taken off an order again: the row is gone.
        for _ in 0..daily.div_ceil(150) {
            let at = stamp(today, random.range(72_000, 78_000));
            let line: Option<(u64, u64, i64)> = self
                .connection
                .prepare_cached(
                    "select id, order_id, quantity * unit_price_cents - discount_cents from order_items
                     where order_id between ?1 - 50 and ?1 and line = 2 order by order_id desc limit 1",
                )?
                .query_row([recent(&mut random, daily)], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                .optional()?;
            if let Some((item, order, cents)) = line {
                self.connection.prepare_cached("delete from order_items where id = ?")?.execute([item])?;
                self.note_deletion("order_items", item, &at)?;
                self.connection
                    .prepare_cached(
                        "update orders set items_cents = items_cents - ?1, total_cents = total_cents - ?1, updated_at = ?2 where id = ?3",
                    )?
                    .execute(params![cents, at, order])?;
            }
        }
        Ok(())
    }

    /// What people change in accounts, and how accounts end.
    fn change_customers(&mut self, day: u64) -> rusqlite::Result<()> {
        let mut random = Random::new(self.world.seed, "accounts", day, 0);
        let today = self.world.date(day);
        // Accounts closed by their owners, and accounts erased on request: the person goes, the orders stay.
        let closed = 1 + random.below(self.counts.customers);
        let at = stamp(today, random.range(40_000, 70_000));
        self.connection
            .prepare_cached(
                "update customers set deleted_at = ?1, updated_at = ?1 where id = ?2 and deleted_at is null",
            )?
            .execute(params![at, closed])?;
        if day % 4 == 3 {
            let erased = 1 + random.below(self.counts.customers - 1);
            let at = stamp(today, random.range(70_000, 76_000));
            if self.connection.prepare_cached("delete from customers where id = ?")?.execute([erased])? == 1 {
                self.note_deletion("customers", erased, &at)?;
                self.connection
                    .prepare_cached(
                        "update orders set customer_id = null, delivery_name = null, delivery_street = null, delivery_note = null, updated_at = ?1 where customer_id = ?2",
                    )?
                    .execute(params![at, erased])?;
            }
        }
        // People who move house.
        for _ in 0..=self.counts.customers / 2_000 {
            let at = stamp(today, random.range(35_000, 60_000));
            let street = format!("New Road {}", random.range(1, 99));
            self.connection
                .prepare_cached("update customers set street = ?1, updated_at = ?2 where id = ?3")?
                .execute(params![street, at, 1 + random.below(self.counts.customers)])?;
        }
        Ok(())
    }

    fn note_deletion(&self, table: &str, row: u64, at: &str) -> rusqlite::Result<()> {
        self.connection
            .prepare_cached("insert into deleted_rows (table_name, row_id, deleted_at) values (?, ?, ?)")?
            .execute(params![table, row, at])?;
        Ok(())
    }
}

/// A card number that passes the Luhn check, of a range that payment processors keep for tests.
fn card_number(random: &mut Random) -> String {
    let mut digits: Vec<u32> = "400000".chars().filter_map(|digit| digit.to_digit(10)).collect();
    digits.extend((0..9).map(|_| u32::try_from(random.below(10)).unwrap_or(0)));
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2 == 0, digit * 2) {
            (true, double) if double > 9 => double - 9,
            (true, double) => double,
            (false, _) => *digit,
        })
        .sum();
    digits.push((10 - sum % 10) % 10);
    digits.iter().filter_map(|digit| char::from_digit(*digit, 10)).collect()
}
