//! A small project with every way of landing, building and checking a table, the systems it reads from, and what its
//! tables must hold: computed in the plainest way from what the systems hold.
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use ade_testing::{Dice, Folder, Program, leaks};
use rusqlite::{Connection, params};

use crate::program::program;

const CITIES: [(&str, &str); 4] = [("Riga", "LV"), ("Oslo", "NO"), ("Brno", "CZ"), ("Gent", "BE")];
const STORES: [&str; 3] = ["A", "B", "C"];

/// What the systems hold.
#[derive(Debug, Clone, Default)]
struct Systems {
    /// Id → city, revision. A revision is given once, so that a state tells when it was.
    customers: BTreeMap<i64, (&'static str, i64)>,
    /// Id → customer, cents. Only ever added to.
    orders: BTreeMap<i64, (i64, i64)>,
    /// Day of January → version, bottles by store. A file each.
    stock: BTreeMap<u32, (i64, Vec<i64>)>,
}

/// The project in a folder of its own.
pub(crate) struct Shop {
    pub(crate) folder: Folder,
    pub(crate) ade: Program,
    now: Systems,
    /// What the systems held before, oldest first.
    past: Vec<Systems>,
}

/// The lines of each table.
pub(crate) type Tables = BTreeMap<String, Vec<String>>;

impl Shop {
    /// The project with its key; its systems hold the first day. Nothing is built.
    pub(crate) fn new() -> Self {
        let folder = Folder::copy_of(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/projects/shop"));
        let ade = program(&folder);
        ade.run(&["init", "."]).succeeds();
        folder.write("data/stock/README", "one file for each day");
        let database = Connection::open(folder.at("data/app.db")).unwrap();
        database
            .execute_batch(
                "create table customers(id integer primary key, email text not null, city text not null, note text,
                                        revision integer not null, updated_at timestamp not null);
                 create table orders(id integer primary key, customer_id integer not null, amount_cents integer not null);",
            )
            .unwrap();
        let mut shop = Self { folder, ade, now: Systems::default(), past: Vec::new() };
        let mut dice = Dice::new(7);
        for _ in 0..3 {
            shop.new_customer(&mut dice);
            shop.new_order(&mut dice);
        }
        shop.count_stock(1, &mut dice);
        shop
    }

    /// Another folder with the same.
    pub(crate) fn copy(&self) -> Self {
        let folder = self.folder.copy();
        let ade = self.ade.within(folder.path());
        Self { folder, ade, now: self.now.clone(), past: self.past.clone() }
    }

    /// Everything changes that can: rows come and change, a file comes and another is corrected, a seed grows, a view's
    /// text is another.
    pub(crate) fn second_day(&mut self) {
        self.past.push(self.now.clone());
        let mut dice = Dice::new(8);
        self.move_customer(1, &mut dice);
        self.new_customer(&mut dice);
        self.new_order(&mut dice);
        self.count_stock(1, &mut dice);
        self.count_stock(2, &mut dice);
        self.folder.write("seeds/cities.csv", self.folder.read("seeds/cities.csv") + "Gent,BE\n");
        self.folder.replace("models/stg_customers.sql", "city,", "upper(city) as city,");
    }

    /// Something happens in each system, or in none.
    pub(crate) fn change(&mut self, dice: &mut Dice) {
        self.past.push(self.now.clone());
        for _ in 0..dice.below(3) {
            self.new_customer(dice);
            self.new_order(dice);
        }
        if dice.below(2) == 0 {
            let ids: Vec<i64> = self.now.customers.keys().copied().collect();
            let id = *dice.pick(&ids);
            self.move_customer(id, dice);
        }
        if dice.below(2) == 0 {
            let days = u32::try_from(self.now.stock.len()).unwrap();
            let day = u32::try_from(dice.below(u64::from(days.min(28)) + 1)).unwrap() + 1;
            self.count_stock(day.min(28), dice);
        }
    }

    fn database(&self) -> Connection {
        Connection::open(self.folder.at("data/app.db")).unwrap()
    }

    fn revision(&self) -> i64 {
        self.now.customers.values().map(|(_, revision)| revision + 1).max().unwrap_or(1)
    }

    fn new_customer(&mut self, dice: &mut Dice) {
        let id = i64::try_from(self.now.customers.len()).unwrap() + 1;
        let (city, _) = *dice.pick(&CITIES);
        let revision = self.revision();
        let statement = "insert into customers values (?, ?, ?, ?, ?, datetime('2024-01-01', ? || ' seconds'))";
        let values = params![id, email(id), city, note(id), revision, revision];
        self.database().execute(statement, values).unwrap();
        self.now.customers.insert(id, (city, revision));
    }

    fn move_customer(&mut self, id: i64, dice: &mut Dice) {
        let (city, _) = *dice.pick(&CITIES);
        let revision = self.revision();
        let statement = "update customers set city = ?, revision = ?, updated_at = datetime('2024-01-01', ? || ' seconds') where id = ?";
        self.database().execute(statement, params![city, revision, revision, id]).unwrap();
        self.now.customers.insert(id, (city, revision));
    }

    fn new_order(&mut self, dice: &mut Dice) {
        let id = i64::try_from(self.now.orders.len()).unwrap() + 1;
        let ids: Vec<i64> = self.now.customers.keys().copied().collect();
        let order = (*dice.pick(&ids), i64::try_from(dice.below(10_000)).unwrap());
        self.database().execute("insert into orders values (?, ?, ?)", params![id, order.0, order.1]).unwrap();
        self.now.orders.insert(id, order);
    }

    fn count_stock(&mut self, day: u32, dice: &mut Dice) {
        let version = self.now.stock.get(&day).map_or(1, |(version, _)| version + 1);
        let bottles: Vec<i64> = STORES.iter().map(|_| i64::try_from(dice.below(100)).unwrap()).collect();
        let mut text = "day,version,store,on_hand\n".to_owned();
        for (store, count) in STORES.iter().zip(&bottles) {
            writeln!(text, "2024-01-{day:02},{version},{store},{count}").unwrap();
        }
        // As careful suppliers do: the file is there whole or not at all.
        self.folder.write("data/stock/.arriving", text);
        std::fs::rename(
            self.folder.at("data/stock/.arriving"),
            self.folder.at(&format!("data/stock/stock_{day:02}.csv")),
        )
        .unwrap();
        self.now.stock.insert(day, (version, bottles));
    }

    /// What the tables hold, as a program sees them that is started now. Tables that are not there yet are left out.
    pub(crate) fn tables(&self) -> Tables {
        let known = self.ade.rows("select table_schema || '.' || table_name from information_schema.tables");
        self.read(|table| known.iter().any(|name| name == table))
    }

    /// The same, when every table is there.
    pub(crate) fn all_tables(&self) -> Tables {
        self.read(|_| true)
    }

    fn read(&self, exists: impl Fn(&str) -> bool) -> Tables {
        const COLUMNS: [(&str, &str); 10] = [
            ("app.customers", "id, city, revision, email, note"),
            ("app.orders", "id, customer_id, amount_cents"),
            ("feed.stock", "extract(day from day), version, store, on_hand"),
            ("main.cities", "city, country"),
            ("main.stg_customers", "id, city, revision, email"),
            ("main.cities_now", "coalesce(country, '-'), city, customers"),
            ("main.customers_now", "id, city, revision"),
            ("main.orders_log", "id, customer_id, amount_cents"),
            ("main.stock_day", "extract(day from day), version, store, on_hand"),
            ("main.stock_total", "extract(day from day), version, stores, on_hand"),
        ];
        let mut tables = Tables::new();
        let parts: Vec<String> = COLUMNS
            .into_iter()
            .filter(|(table, _)| exists(table))
            .map(|(table, columns)| {
                tables.insert(table.to_owned(), Vec::new());
                format!("select concat_ws('|', '{table}', {columns}) as line from {table}")
            })
            .collect();
        if parts.is_empty() {
            return tables;
        }
        for line in
            self.ade.rows(&format!("select line from ({}) as all_lines order by line", parts.join(" union all ")))
        {
            let (table, rest) = line.split_once('|').unwrap();
            tables.get_mut(table).unwrap().push(rest.to_owned());
        }
        tables
    }

    /// Asserts that the tables hold what follows from what the systems hold now.
    #[track_caller]
    pub(crate) fn assert_complete(&self) {
        let tables = self.all_tables();
        let expected = self.now.tables();
        for (table, lines) in &expected {
            assert_eq!(&without_people(table, &tables[table]), lines, "{table}");
        }
        let emails: BTreeSet<&str> = tables["app.customers"].iter().filter_map(|line| line.split('|').nth(3)).collect();
        assert_eq!(emails.len(), self.now.customers.len(), "everybody has a pseudonym of their own");
    }

    /// Asserts that every table holds what follows from some state that the systems had, and no mixture. With each state
    /// at least as new as `seen` says, which is brought up to date.
    #[track_caller]
    pub(crate) fn assert_nothing_partial(&self, tables: &Tables, seen: &mut BTreeMap<String, usize>) {
        let mut states: Vec<Tables> = self.past.iter().map(Systems::tables).collect();
        states.push(self.now.tables());
        for (table, lines) in tables {
            let lines = without_people(table, lines);
            let least = seen.get(table).copied().unwrap_or(0);
            let known = (least..states.len()).find(|state| states[*state][table] == lines);
            match table.as_str() {
                // A file is a batch: each day is a state of its own.
                "feed.stock" | "main.stock_day" | "main.stock_total" => {
                    let days = by_day(&lines);
                    for (day, lines) in &days {
                        let key = format!("{table}, day {day}");
                        let least = seen.get(&key).copied().unwrap_or(0);
                        let known =
                            (least..states.len()).find(|state| by_day(&states[*state][table]).get(day) == Some(lines));
                        let known = known
                            .unwrap_or_else(|| panic!("{key} holds a part, or what was before {least}: {lines:?}"));
                        seen.insert(key, known);
                    }
                    let gone = seen.keys().filter_map(|key| key.strip_prefix(&format!("{table}, day ")));
                    let gone: Vec<&str> = gone.filter(|day| !days.contains_key(day)).collect();
                    assert!(gone.is_empty(), "{table} has lost {gone:?}");
                }
                _ => match known {
                    Some(state) => _ = seen.insert(table.clone(), state),
                    None => panic!("{table} holds what was never so after state {least}: {lines:?}"),
                },
            }
        }
        if let (Some(view), Some(table)) = (tables.get("main.stg_customers"), tables.get("app.customers")) {
            let kept = |lines: &[String]| without_people("app.customers", lines);
            assert_eq!(kept(view), kept(table), "a view shows its table as it is");
        }
    }

    /// Asserts that upkeep leaves nothing behind of what died: no file that no version needs, nothing spilled, nothing
    /// half-written.
    #[track_caller]
    pub(crate) fn assert_no_leftovers(&self) {
        let upkeep = ["maintain", "--retention-hours", "0", "--output", "json"];
        self.ade.run(&upkeep).succeeds();
        let files = || -> BTreeSet<_> {
            let files = self.folder.files().into_iter().filter(|path| path.starts_with(self.folder.at("lake")));
            files.filter(|path| path.extension().is_some_and(|end| end != "json" && end != "checkpoint")).collect()
        };
        let left = files();
        let again = self.ade.run(&upkeep).succeeds();
        assert_eq!(files(), left, "all that could go has gone at once: {}", again.all());
        let odd: Vec<_> = left
            .iter()
            .filter(|path| {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                !(name.ends_with(".parquet") || name == "_last_checkpoint") || name.starts_with('.')
            })
            .collect();
        assert!(odd.is_empty(), "{odd:?}");
        let spilled: Vec<_> =
            self.folder.files().into_iter().filter(|path| path.starts_with(self.folder.at(".ade/spill"))).collect();
        assert!(spilled.is_empty(), "{spilled:?}");
    }

    /// Asserts that nothing that the program wrote holds what the systems know of people.
    #[track_caller]
    pub(crate) fn assert_no_leak(&self) {
        let written: Vec<_> =
            self.folder.files().into_iter().filter(|path| !path.starts_with(self.folder.at("data"))).collect();
        assert_eq!(leaks(&written, &[EMAIL_OF_ALL, NOTE_OF_ALL]), []);
    }
}

/// The lines of a table without what stands for a person's secrets.
fn without_people(table: &str, lines: &[String]) -> Vec<String> {
    let keep = |line: &String| match table {
        "app.customers" | "main.stg_customers" => line.splitn(4, '|').take(3).collect::<Vec<_>>().join("|"),
        _ => line.clone(),
    };
    lines.iter().map(keep).collect()
}

pub(crate) fn by_day(lines: &[String]) -> BTreeMap<&str, Vec<&str>> {
    let mut days: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for line in lines {
        days.entry(line.split('|').next().unwrap_or_default()).or_default().push(line);
    }
    days
}

/// What is in every address, and in every note.
const EMAIL_OF_ALL: &str = "-canary@mail.example";
const NOTE_OF_ALL: &str = "called about bottle";

fn email(id: i64) -> String {
    format!("person-{id:04}{EMAIL_OF_ALL}")
}

fn note(id: i64) -> String {
    format!("{NOTE_OF_ALL} {id:04} twice")
}

impl Systems {
    /// What the tables must hold, before the second day's change of the view.
    fn tables(&self) -> Tables {
        let sorted = |mut lines: Vec<String>| {
            lines.sort();
            lines
        };
        let customers =
            sorted(self.customers.iter().map(|(id, (city, revision))| format!("{id}|{city}|{revision}")).collect());
        let orders =
            sorted(self.orders.iter().map(|(id, (customer, cents))| format!("{id}|{customer}|{cents}")).collect());
        let mut stock = Vec::new();
        let mut totals = Vec::new();
        for (day, (version, bottles)) in &self.stock {
            for (store, count) in STORES.iter().zip(bottles) {
                stock.push(format!("{day}|{version}|{store}|{count}"));
            }
            totals.push(format!("{day}|{version}|{}|{}", bottles.len(), bottles.iter().sum::<i64>()));
        }
        let (stock, totals) = (sorted(stock), sorted(totals));
        let mut cities: BTreeMap<&str, i64> = BTreeMap::new();
        for (city, _) in self.customers.values() {
            *cities.entry(city).or_default() += 1;
        }
        // The seed knows all but the last one on the first day.
        let country = |city: &str| CITIES[..3].iter().find(|known| known.0 == city).map_or("-", |known| known.1);
        let counted = sorted(cities.iter().map(|(city, count)| format!("{}|{city}|{count}", country(city))).collect());
        let seed = sorted(CITIES[..3].iter().map(|(city, country)| format!("{city}|{country}")).collect());
        Tables::from_iter([
            ("app.customers".to_owned(), customers.clone()),
            ("app.orders".to_owned(), orders.clone()),
            ("feed.stock".to_owned(), stock.clone()),
            ("main.cities".to_owned(), seed),
            ("main.stg_customers".to_owned(), customers.clone()),
            ("main.cities_now".to_owned(), counted),
            ("main.customers_now".to_owned(), customers),
            ("main.orders_log".to_owned(), orders),
            ("main.stock_day".to_owned(), stock),
            ("main.stock_total".to_owned(), totals),
        ])
    }
}
