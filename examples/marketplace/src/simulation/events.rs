//! Web and app events: a file of JSON lines for each day on which they were received.

use std::path::Path;

use super::{
    app::{address, stamp},
    file::Lines,
};
use crate::{MarketplaceError, random::Random, world::World};

const SEARCHES: [&str; 10] = [
    "red wine",
    "gin",
    "alcohol free",
    "prosecco",
    "stout",
    "gift under 30",
    "riesling",
    "natural wine",
    "magnum",
    "ipa",
];
const AGENTS: [(&str, &str); 4] = [
    ("web", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
    ("web", "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 Version/18.5 Safari/605.1.15"),
    ("ios", "BottleShop/5.2 (iPhone; iOS 18.5)"),
    ("android", "BottleShop/5.1 (Android 15; Pixel 9)"),
];

/// Writes the events that were received on a day. Returns their number.
pub(super) fn write(world: World, target: &Path, day: u64, customers: u64) -> Result<u64, MarketplaceError> {
    let name = format!("events_{}.jsonl", world.date(day));
    let mut lines = Lines::create(target.join("data").join("events").join(name))?;
    let mut written = 0;
    for session in 0..world.sessions(day) {
        written += write_session(world, &mut lines, day, session, customers)?;
    }
    lines.finish()?;
    Ok(written)
}

fn write_session(
    world: World,
    lines: &mut Lines,
    day: u64,
    session: u64,
    customers: u64,
) -> Result<u64, MarketplaceError> {
    let mut random = Random::new(world.seed, "session", day, session);
    let (platform, agent) = *random.pick(&AGENTS);
    let user = random.in_100_000(45_000).then(|| 1 + random.skewed(customers));
    let shop = match user {
        Some(user) => world.shop_in(world.customer(user).market, &mut random),
        None => 1 + random.below(world.shops() - 1),
    };
    let shop_code = world.shop(shop).code;
    let ip = address(&mut random);
    let (session_id, visitor_id) = (random.next(), random.next());
    // Phones without a network send a day later.
    let late = random.in_100_000(3_000) && platform != "web";
    let mut second = random.range(25_000, 82_000);
    let count = 1 + random.below(4) + random.below(5);
    let mut written = 0;
    for step in 0..count {
        second += random.range(3, 240);
        let occurred_day = if late { day.saturating_sub(1) } else { day };
        let occurred = iso(world, occurred_day, second);
        let received = iso(world, day, if late { random.range(100, 20_000) } else { second + random.range(0, 4) });
        let kind = match (step, random.below(10)) {
            (0, _) => "page_view",
            (1, 0..=2) if user.is_some() => "identify",
            (_, 0 | 1) => "search",
            (_, 8 | 9) => "add_to_cart",
            _ => "product_view",
        };
        // People look at what the shop does not carry, too.
        let product = matches!(kind, "product_view" | "add_to_cart").then(|| 1 + random.skewed(world.products()));
        let sku = product.map_or_else(|| "null".to_owned(), |id| format!("\"BTL-{id:05}\""));
        let search = if kind == "search" { format!("\"{}\"", random.pick(&SEARCHES)) } else { "null".to_owned() };
        let email = match user {
            Some(user) if kind == "identify" => format!("\"{}\"", world.customer(user).email),
            _ => "null".to_owned(),
        };
        let user_id = user.map_or_else(|| "null".to_owned(), |user| user.to_string());
        let event_id = uuid(random.next(), random.next());
        // A retry after a time-out sends the same event again.
        let times = if random.in_100_000(500) { 2 } else { 1 };
        for _ in 0..times {
            written += 1;
            lines.line(format_args!(
                "{{\"event_id\":\"{event_id}\",\"event\":\"{kind}\",\"occurred_at\":\"{occurred}\",\"received_at\":\"{received}\",\
                 \"visitor_id\":\"{visitor_id:016x}\",\"session_id\":\"{session_id:016x}\",\"user_id\":{user_id},\"email\":{email},\
                 \"platform\":\"{platform}\",\"store_code\":\"{shop_code}\",\"sku_code\":{sku},\"search_term\":{search},\
                 \"ip\":\"{ip}\",\"user_agent\":\"{agent}\",\"locale\":\"en-GB\"}}"
            ))?;
        }
    }
    Ok(written)
}

fn iso(world: World, day: u64, second: i64) -> String {
    stamp(world.date(day), second).replace(' ', "T") + "Z"
}

/// A UUID of version 4 from random bits.
fn uuid(high: u64, low: u64) -> String {
    let (high, low) = (high & !0xf000 | 0x4000, low & !(0b11 << 62) | 0b10 << 62);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    )
}
