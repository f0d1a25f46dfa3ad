//! The database of the app: its tables, what is in them at the beginning, and access to it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use chrono::{Days, NaiveDate};
use rusqlite::{Connection, params};

use crate::{
    AppSystem, MarketplaceError,
    app_delivery::note_rows,
    market::MARKETS,
    random::Random,
    simulation::file,
    world::{MIGRATION_DAY, World},
};

/// Ids of orders that came from the older shop system begin here.
pub(super) const FIRST_MIGRATED_ORDER: u64 = 900_000_001;

pub(crate) const TABLES: &str = "
create table markets (
    id integer primary key, code text not null, city text not null, country text not null, currency text not null,
    timezone text not null, updated_at timestamp not null);
create table stores (
    id integer primary key, code text not null, name text not null, market_id integer not null, street text not null,
    postcode text not null, latitude double not null, longitude double not null, manager_name text not null,
    manager_email text not null, manager_phone text not null, opened_on date not null, created_at timestamp not null,
    updated_at timestamp not null, deleted_at timestamp);
create table skus (
    id integer primary key, code text not null, name text not null, producer text not null, category text not null,
    volume_ml integer not null, abv_percent double not null, list_price_cents integer not null,
    discontinued_on date, created_at timestamp not null, updated_at timestamp not null);
create table customers (
    id integer primary key, email text not null, first_name text, last_name text, phone text, date_of_birth date,
    street text, city text, postcode text, country text not null, market_id integer not null, account_kind text not null,
    password_hash text, passport_number text, signup_ip text, referrer_email text, marketing_opt_in boolean not null,
    notes text, legacy_id text, created_at timestamp not null, updated_at timestamp not null, deleted_at timestamp);
create table orders (
    id integer primary key, customer_id integer, store_id integer not null, status text not null, channel text not null,
    currency text not null, ordered_at timestamp not null, items_cents integer not null, discount_cents integer not null,
    shipping_cents integer not null, total_cents integer not null, card_number text, client_ip text, delivery_name text,
    delivery_street text, delivery_postcode text, delivery_latitude double, delivery_longitude double, delivery_note text,
    legacy_id text, created_at timestamp not null, updated_at timestamp not null, deleted_at timestamp);
create table order_items (
    id integer primary key, order_id integer not null, line integer not null, sku_id integer not null,
    quantity integer not null, unit_price_cents integer not null, discount_cents integer not null,
    created_at timestamp not null, updated_at timestamp not null);
create table deleted_rows (
    id integer primary key, table_name text not null, row_id integer not null, deleted_at timestamp not null);
create index orders_open on orders (status, created_at);
create index order_items_order on order_items (order_id);
";

/// How many rows were ever added.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) customers: u64,
    pub(super) orders: u64,
    pub(super) order_items: u64,
    pub(super) migrated_orders: u64,
}

/// The app's database, open for the generator.
pub(super) struct AppDatabase {
    pub(super) world: World,
    pub(super) connection: Connection,
    pub(super) counts: Counts,
    path: PathBuf,
}

impl AppDatabase {
    /// A new database with shops, products and the customers of the first day.
    pub(super) fn create(world: World, app: AppSystem, target: &Path) -> Result<Self, MarketplaceError> {
        let path = target.join("data").join(app.file());
        let found = fs::remove_file(&path);
        if let Err(source) = found
            && source.kind() != std::io::ErrorKind::NotFound
        {
            return Err(file::error("replace", &path, source));
        }
        let mut database = Self::connect(world, path)?;
        database.work(|database| {
            database.connection.execute_batch(TABLES)?;
            if app == AppSystem::Postgres {
                note_rows(&database.connection)?;
            }
            database.add_places_and_products()?;
            for id in 1..=world.first_customers() {
                database.add_customer(id, None)?;
            }
            Ok(())
        })?;
        Ok(database)
    }

    /// The database that an earlier call wrote.
    pub(super) fn open(world: World, app: AppSystem, target: &Path) -> Result<Self, MarketplaceError> {
        let path = target.join("data").join(app.file());
        if !path.exists() {
            return Err(MarketplaceError::NotGenerated { path: target.to_owned() });
        }
        let mut database = Self::connect(world, path)?;
        database.work(|database| {
            let count = |sql: &str| database.connection.query_row(sql, [], |row| row.get::<_, u64>(0));
            let first = FIRST_MIGRATED_ORDER;
            let migrated = count(&format!("select count(*) from orders where id >= {first}"))?;
            // Ids only grow, so the largest says how many rows there have been, erased ones included.
            database.counts = Counts {
                customers: count("select max(id) from customers")?,
                orders: count(&format!("select coalesce(max(id), 0) from orders where id < {first}"))? + migrated,
                order_items: count("select coalesce(max(id), 0) from order_items")?,
                migrated_orders: migrated,
            };
            Ok(())
        })?;
        Ok(database)
    }

    fn connect(world: World, path: PathBuf) -> Result<Self, MarketplaceError> {
        let opened = Connection::open(&path).and_then(|connection| {
            // Made again when it breaks, so speed before safety; one file, no side files.
            connection.execute_batch("pragma journal_mode = memory; pragma synchronous = off;")?;
            connection.set_prepared_statement_cache_capacity(64);
            Ok(connection)
        });
        match opened {
            Ok(connection) => Ok(Self { world, connection, counts: Counts::default(), path }),
            Err(source) => Err(MarketplaceError::Database { path, source }),
        }
    }

    /// Rows added so far.
    pub(super) fn counts(&self) -> Counts {
        self.counts
    }

    /// Does some work in one transaction.
    pub(super) fn work(
        &mut self,
        work: impl FnOnce(&mut Self) -> rusqlite::Result<()>,
    ) -> Result<(), MarketplaceError> {
        let done = self.connection.execute_batch("begin immediate").and_then(|()| work(self));
        let done = done.and_then(|()| self.connection.execute_batch("commit"));
        done.map_err(|source| MarketplaceError::Database { path: self.path.clone(), source })
    }

    /// Closes the database, its file complete.
    pub(super) fn close(self) -> Result<(), MarketplaceError> {
        let path = self.path;
        self.connection.close().map_err(|(_, source)| MarketplaceError::Database { path, source })
    }

    fn add_places_and_products(&mut self) -> rusqlite::Result<()> {
        let world = self.world;
        let created = stamp(before(world.first_day, 900), 32_400);
        for (place, market) in MARKETS.iter().enumerate() {
            self.connection.execute(
                "insert into markets values (?, ?, ?, ?, ?, ?, ?)",
                params![
                    place as u64 + 1,
                    market.code,
                    market.city,
                    market.country,
                    market.currency,
                    market.timezone,
                    created
                ],
            )?;
        }
        for id in 1..=world.shops() {
            let shop = world.shop(id);
            let manager = &shop.manager;
            let opened = before(world.first_day, 800 - 20 * (id % 30));
            self.connection
                .prepare_cached("insert into stores values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, null)")?
                .execute(params![
                    id,
                    shop.code,
                    shop.name,
                    shop.market as u64 + 1,
                    shop.street,
                    shop.postcode,
                    shop.latitude,
                    shop.longitude,
                    format!("{} {}", manager.first_name, manager.last_name),
                    manager.email,
                    manager.phone,
                    opened.to_string(),
                    stamp(opened, 30_000),
                    stamp(opened, 30_000),
                ])?;
        }
        for id in 1..=world.products() {
            let product = world.product(id);
            let listed = stamp(before(world.first_day, 700 - id % 600), 36_000);
            let discontinued = (id % 71 == 70).then(|| world.date(100 + id % 60).to_string());
            self.connection.prepare_cached("insert into skus values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")?.execute(
                params![
                    id,
                    product.code,
                    product.name,
                    product.producer,
                    product.category,
                    product.volume_ml,
                    product.abv_percent,
                    product.list_price_cents,
                    discontinued,
                    listed,
                    listed,
                ],
            )?;
        }
        Ok(())
    }

    /// A customer's account: of the time before the history, or signed up on a day of it.
    pub(super) fn add_customer(&mut self, id: u64, signed_up: Option<u64>) -> rusqlite::Result<()> {
        let world = self.world;
        let person = world.customer(id);
        let mut random = Random::new(world.seed, "account", id, 0);
        let migrated = world.is_migrated(id);
        let second = i64::try_from(random.below(50_000)).unwrap_or(0) + 30_000;
        let created = match signed_up {
            Some(day) => stamp(world.date(day), second),
            None if migrated => stamp(world.date(MIGRATION_DAY), 7_200),
            None => stamp(before(world.first_day, 1 + random.below(700)), second),
        };
        // The older system kept addresses as people typed them.
        let email = if migrated && id.is_multiple_of(3) { person.email.to_uppercase() } else { person.email };
        let note = *random.pick(&NOTES);
        let note = note.replace("{phone}", &person.phone).replace("{name}", person.last_name);
        let legacy_id = migrated.then(|| format!("WS-{id:06}"));
        let referrer = random.in_100_000(4_000).then(|| world.customer(1 + random.below(id)).email);
        self.counts.customers = self.counts.customers.max(id);
        let market = &MARKETS[person.market];
        self.connection
            .prepare_cached(
                "insert into customers values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, null)",
            )?
            .execute(params![
                id,
                email,
                person.first_name,
                person.last_name,
                person.phone,
                person.born.to_string(),
                person.street,
                market.city,
                person.postcode,
                market.country,
                person.market as u64 + 1,
                if person.is_test { "test" } else { "person" },
                format!(
                    "$2b$12${:022x}{:031x}",
                    random.next(),
                    u128::from(random.next()) << 60 | u128::from(random.next() >> 4)
                ),
                random.in_100_000(3_000).then(|| format!("P{:08}", random.below(100_000_000))),
                address(&mut random),
                referrer,
                random.in_100_000(41_000),
                (!note.is_empty()).then_some(note),
                legacy_id,
                created,
                created,
            ])?;
        Ok(())
    }
}

/// Notes that people left in accounts, most of them none.
const NOTES: [&str; 10] = [
    "",
    "",
    "",
    "",
    "",
    "Prefers deliveries after six",
    "Call {phone} before delivery, asks for Mrs {name}",
    "Allergic to sulphites, wants to be told",
    "Moved house, new address by mail",
    "Complained about corked bottle, sent a voucher to {name}",
];

/// An address of the ranges for documentation (RFC 5737, RFC 3849).
pub(super) fn address(random: &mut Random) -> String {
    let host = random.below(254) + 1;
    match random.below(4) {
        0 => format!("203.0.113.{host}"),
        1 => format!("198.51.100.{host}"),
        2 => format!("192.0.2.{host}"),
        _ => format!("2001:db8:{:x}:{:x}::{host:x}", random.below(4_096), random.below(65_536)),
    }
}

/// A point in time as the app writes it: `2026-01-31 09:30:00`.
pub(super) fn stamp(day: NaiveDate, second: i64) -> String {
    let time = day.and_time(chrono::NaiveTime::MIN) + chrono::TimeDelta::seconds(second);
    time.format("%Y-%m-%d %H:%M:%S").to_string()
}

/// A day so many days earlier.
pub(super) fn before(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_sub_days(Days::new(days)).unwrap_or(NaiveDate::MIN)
}
