//! What is there: shops, products, people, as functions of the seed and an id. Nothing of it is stored, so that the world may be
//! of any size.

use chrono::{Days, NaiveDate};

use crate::{
    market::{MARKETS, Market},
    random::Random,
};

/// The shop's world.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) scale: f64,
    /// Day 0 of the order history.
    pub(crate) first_day: NaiveDate,
}

/// Days of order history that [`crate::generate`] writes.
pub(crate) const HISTORY_DAYS: u64 = 180;
/// The last of them with inventory and event files.
pub(crate) const FEED_DAYS: u64 = 30;
/// The day on which customers and orders of the older shop system were moved into the app's database.
pub(crate) const MIGRATION_DAY: u64 = 60;

/// A person with an account, or in the CRM.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Person {
    pub(crate) market: usize,
    pub(crate) first_name: &'static str,
    pub(crate) last_name: &'static str,
    pub(crate) email: String,
    pub(crate) phone: String,
    pub(crate) born: NaiveDate,
    pub(crate) street: String,
    pub(crate) postcode: String,
    pub(crate) is_test: bool,
}

/// A bottle.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Product {
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) producer: &'static str,
    pub(crate) category: &'static str,
    pub(crate) volume_ml: i64,
    pub(crate) abv_percent: f64,
    pub(crate) list_price_cents: i64,
}

/// A shop.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shop {
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) market: usize,
    pub(crate) street: String,
    pub(crate) postcode: String,
    pub(crate) latitude: f64,
    pub(crate) longitude: f64,
    pub(crate) manager: Person,
}

const PRODUCERS: [&str; 18] = [
    "Château Belair",
    "Bodega del Sol",
    "Cantina Fiorita",
    "Weingut Rosenberg",
    "Tenuta La Quercia",
    "Domaine du Moulin",
    "Quinta da Pedra",
    "Highland Mist",
    "Isle Distillery",
    "Brauhaus Linde",
    "Northside Brewing",
    "Maison Clairet",
    "Viña Alta",
    "Copper Still",
    "Orchard & Sons",
    "Abbaye Saint-Rémi",
    "Kloster Hofbräu",
    "Fattoria Nuova",
];

/// Category, its kinds, volume, strength, lowest and highest price in cents.
type Range = (&'static str, &'static [&'static str], i64, f64, i64, i64);

const RANGES: [Range; 7] = [
    ("red_wine", &["Merlot", "Tempranillo", "Sangiovese", "Pinot Noir", "Syrah", "Malbec"], 750, 13.5, 690, 4_900),
    (
        "white_wine",
        &["Riesling", "Chardonnay", "Albariño", "Verdejo", "Sauvignon Blanc", "Soave"],
        750,
        12.0,
        590,
        3_900,
    ),
    ("sparkling", &["Crémant Brut", "Cava Reserva", "Prosecco", "Sekt Trocken"], 750, 11.5, 790, 5_900),
    ("beer", &["Pilsner", "Pale Ale", "Stout", "Weißbier", "Tripel", "Saison"], 330, 5.2, 150, 490),
    ("spirits", &["Single Malt", "London Dry Gin", "Grappa", "Amaro", "Brandy"], 700, 40.0, 1_890, 8_900),
    ("cider", &["Dry Cider", "Perry", "Rosé Cider"], 500, 4.8, 250, 690),
    ("alcohol_free", &["0.0 Lager", "Sparkling Tea", "Verjus"], 500, 0.0, 190, 1_290),
];

impl World {
    /// A number of things that grows with the scale, at least 1.
    fn scaled(self, at_scale_one: f64, power: f64) -> u64 {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive and far below 2^53")]
        let count = (at_scale_one * self.scale.powf(power)).round() as u64;
        count.max(1)
    }

    fn random(self, stream: &str, id: u64) -> Random {
        Random::new(self.seed, stream, id, 0)
    }

    /// The date of a day of the history.
    pub(crate) fn date(self, day: u64) -> NaiveDate {
        self.first_day.checked_add_days(Days::new(day)).unwrap_or(NaiveDate::MAX)
    }

    /// Shops, one of them for tests; stock grows with shops times products, so each by the root.
    pub(crate) fn shops(self) -> u64 {
        self.scaled(24.0, 0.5).max(6)
    }

    /// Products.
    pub(crate) fn products(self) -> u64 {
        self.scaled(210.0, 0.5).max(12)
    }

    /// Customers when the history begins.
    pub(crate) fn first_customers(self) -> u64 {
        self.scaled(1_400.0, 1.0).max(30)
    }

    /// Customers who sign up on a day, on average.
    pub(crate) fn sign_ups(self, day: u64) -> u64 {
        self.count_of_day("sign_ups", day, 600.0 / 180.0)
    }

    /// Orders of a day: more on Fridays and Saturdays.
    pub(crate) fn orders(self, day: u64) -> u64 {
        let weekend = matches!(chrono::Datelike::weekday(&self.date(day)), chrono::Weekday::Fri | chrono::Weekday::Sat);
        self.count_of_day("orders", day, if weekend { 150.0 } else { 95.0 })
    }

    /// Sessions on web and app of a day.
    pub(crate) fn sessions(self, day: u64) -> u64 {
        self.count_of_day("sessions", day, 294.0)
    }

    /// Contacts that the CRM holds at the end of a day.
    pub(crate) fn contacts(customers: u64) -> u64 {
        customers * 3 / 4
    }

    /// Tickets opened on a day.
    pub(crate) fn tickets(self, day: u64) -> u64 {
        self.count_of_day("tickets", day, 4.0)
    }

    /// A scaled number of a day with some chance in it; fractions become chances.
    fn count_of_day(self, stream: &str, day: u64, at_scale_one: f64) -> u64 {
        let mut random = Random::new(self.seed, stream, day, 1);
        let swing = 0.85 + 0.3 * f64::from(u32::try_from(random.below(1_000)).unwrap_or(0)) / 1_000.0;
        let exact = at_scale_one * self.scale * swing;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive and far below 2^53")]
        let (whole, rest) = (exact as u64, (exact.fract() * 100_000.0) as u64);
        whole + u64::from(random.in_100_000(rest))
    }

    /// The person behind a customer's account. Every fortieth of the migrated accounts belongs to somebody who has an
    /// account of the new app too; one in a hundred is a test account.
    pub(crate) fn customer(self, id: u64) -> Person {
        if let Some(same) = self.same_person(id) {
            return self.person("person", same);
        }
        self.person("person", id)
    }

    /// The account of the same person, for migrated accounts that are their owner's second.
    pub(crate) fn same_person(self, id: u64) -> Option<u64> {
        (self.is_migrated(id) && id % 40 == 7).then(|| id.saturating_sub(3)).filter(|other| !self.is_migrated(*other))
    }

    /// Whether an account came from the older shop system: two in five of those before the history.
    pub(crate) fn is_migrated(self, id: u64) -> bool {
        id <= self.first_customers() && matches!(id % 5, 1 | 2)
    }

    /// A made-up person.
    pub(crate) fn person(self, stream: &str, id: u64) -> Person {
        let mut random = self.random(stream, id);
        let market = usize::try_from(random.below(MARKETS.len() as u64)).unwrap_or(0);
        let place = &MARKETS[market];
        let (first_name, last_name) = (*random.pick(place.first_names), *random.pick(place.last_names));
        let is_test = stream == "person" && id % 100 == 13;
        let host = if is_test {
            "example.test"
        } else {
            *random.pick(&["example.com", "mail.example.com", "example.org", "post.example.net"])
        };
        let local =
            if is_test { format!("qa+{id}") } else { format!("{}.{}{id}", plain(first_name), plain(last_name)) };
        let born =
            NaiveDate::from_ymd_opt(1940, 1, 1).and_then(|day| day.checked_add_days(Days::new(random.below(24_000))));
        Person {
            market,
            first_name: if is_test { "Test" } else { first_name },
            last_name: if is_test { "Account" } else { last_name },
            email: format!("{local}@{host}"),
            phone: format!("{}{:04}", place.phone, random.below(10_000)),
            born: born.unwrap_or_default(),
            street: street(place, &mut random),
            postcode: postcode(place, &mut random),
            is_test,
        }
    }

    /// A product by its id, from 1.
    pub(crate) fn product(self, id: u64) -> Product {
        let mut random = self.random("product", id);
        let (category, kinds, volume_ml, abv, low, high) = *random.pick(&RANGES);
        let producer = *random.pick(&PRODUCERS);
        let kind = random.pick(kinds);
        let vintage = 2_016 + random.below(8);
        let name = match category {
            "red_wine" | "white_wine" => format!("{producer} {kind} {vintage}"),
            _ => format!("{producer} {kind}"),
        };
        let price = random.range(low, high).min(random.range(low, high)) / 10 * 10 + 9;
        Product {
            code: format!("BTL-{id:05}"),
            name,
            producer,
            category,
            volume_ml,
            abv_percent: if abv > 0.0 {
                abv + f64::from(u32::try_from(random.below(20)).unwrap_or(0)) / 10.0 - 1.0
            } else {
                0.0
            },
            list_price_cents: price,
        }
    }

    /// A shop by its id, from 1. The last one is not real: it is for tests of the tills.
    pub(crate) fn shop(self, id: u64) -> Shop {
        let mut random = self.random("shop", id);
        let market = usize::try_from((id - 1) % MARKETS.len() as u64).unwrap_or(0);
        let place = &MARKETS[market];
        let is_test = id == self.shops();
        let number = (id - 1) / MARKETS.len() as u64 + 1;
        let mut near = |centre: f64| centre + f64::from(i32::try_from(random.range(-400, 400)).unwrap_or(0)) / 10_000.0;
        let (latitude, longitude) = (near(place.latitude), near(place.longitude));
        Shop {
            code: if is_test { "TEST-01".to_owned() } else { format!("{}-{number:02}", place.code) },
            name: if is_test { "Till test shop".to_owned() } else { format!("Bottle & Cork {} {number}", place.city) },
            market,
            street: street(place, &mut random),
            postcode: postcode(place, &mut random),
            latitude,
            longitude,
            manager: self.person("manager", id),
        }
    }

    /// Whether a shop carries a product: popular ones (low ids) are on more shelves, though never on all.
    pub(crate) fn carries(self, shop: u64, product: u64) -> bool {
        let mut random = Random::new(self.seed, "carries", shop, product);
        let popular = product * 5 < self.products();
        random.below(100) < if popular { 78 } else { 63 }
    }

    /// A product that a shop carries; popular ones are likelier.
    pub(crate) fn carried_product(self, shop: u64, random: &mut Random) -> u64 {
        let product = 1 + random.skewed(self.products());
        (0..self.products())
            .map(|step| (product - 1 + step) % self.products() + 1)
            .find(|id| self.carries(shop, *id))
            .unwrap_or(product)
    }

    /// A real shop of a market, or of another when it has none.
    pub(crate) fn shop_in(self, market: usize, random: &mut Random) -> u64 {
        let markets = MARKETS.len() as u64;
        let real = self.shops() - 1;
        let count = (real + markets - 1 - market as u64) / markets;
        if count == 0 { 1 + random.below(real.max(1)) } else { market as u64 + 1 + random.below(count) * markets }
    }
}

fn street(market: &Market, random: &mut Random) -> String {
    let street = *random.pick(market.streets);
    let number = 1 + random.below(180);
    if matches!(market.country, "GB" | "FR") { format!("{number} {street}") } else { format!("{street} {number}") }
}

fn postcode(market: &Market, random: &mut Random) -> String {
    let letter = |random: &mut Random| *random.pick(&['A', 'B', 'D', 'E', 'H', 'J', 'L', 'N', 'P', 'R', 'T', 'X']);
    let pattern = *random.pick(market.postcodes);
    let filled = pattern.chars().map(|mark| match mark {
        '#' => char::from_digit(1 + u32::try_from(random.below(9)).unwrap_or(0), 10).unwrap_or('1'),
        '@' => letter(random),
        other => other,
    });
    filled.collect()
}

/// A name as it stands in a mail address: letters without accents, in lower case.
fn plain(name: &str) -> String {
    let letter = |letter: char| match letter {
        'á' | 'à' | 'â' | 'Á' => "a",
        'ä' => "ae",
        'é' | 'è' | 'ê' | 'ë' => "e",
        'í' | 'ì' | 'î' | 'ï' | 'ı' => "i",
        'ñ' => "n",
        'ó' | 'ò' | 'ô' => "o",
        'ö' => "oe",
        'ş' => "s",
        'ú' => "u",
        'ü' => "ue",
        'ß' => "ss",
        'a'..='z' => "",
        _ => "-",
    };
    name.to_lowercase()
        .chars()
        .filter(|letter| letter.is_alphabetic())
        .map(|found| match letter(found) {
            "" => found.to_string(),
            "-" => String::new(),
            replaced => replaced.to_owned(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn world() -> World {
        World { seed: 42, scale: 1.0, first_day: NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() }
    }

    #[test]
    fn names_make_addresses() {
        assert_eq!(plain("O'Brien"), "obrien");
        assert_eq!(plain("van den Berg"), "vandenberg");
        assert_eq!(plain("Weiß"), "weiss");
        assert_eq!(plain("Yılmaz"), "yilmaz");
    }

    #[test]
    fn every_market_has_its_own_shops() {
        for market in 0..MARKETS.len() {
            let mut random = Random::new(1, "x", 0, 0);
            for _ in 0..50 {
                let shop = world().shop_in(market, &mut random);
                assert!(shop < world().shops());
                assert_eq!(world().shop(shop).market, market);
            }
        }
    }

    #[test]
    fn no_product_is_everywhere_and_none_nowhere() {
        for product in 1..=world().products() {
            let carriers = (1..=world().shops()).filter(|shop| world().carries(*shop, product)).count();
            assert!(carriers > 0, "product {product}");
        }
    }

    #[test]
    fn some_people_have_two_accounts() {
        let doubles: Vec<u64> =
            (1..=world().first_customers()).filter(|id| world().same_person(*id).is_some()).collect();
        assert!(doubles.len() > 20, "{doubles:?}");
        let id = doubles[0];
        assert_eq!(world().customer(id).email, world().customer(world().same_person(id).unwrap()).email);
    }
}
