//! The dump of the CRM: all contacts and tickets, written anew each night.

use std::path::Path;

use super::{
    app::{before, stamp},
    file::{Field, Lines},
};
use crate::{MarketplaceError, market::MARKETS, random::Random, world::World};

/// Tickets of so many days are in the dump.
const TICKET_DAYS: u64 = 90;

/// Writes `contacts.csv` and `tickets.csv.gz` as they are before `day`. Returns the number of rows.
pub(super) fn write(world: World, target: &Path, day: u64, customers: u64) -> Result<u64, MarketplaceError> {
    let folder = target.join("data").join("crm");
    Ok(write_contacts(world, Lines::create(folder.join("contacts.csv"))?, customers)?
        + write_tickets(world, Lines::create(folder.join("tickets.csv.gz"))?, day, customers)?)
}

fn write_contacts(world: World, mut lines: Lines, customers: u64) -> Result<u64, MarketplaceError> {
    lines.line(format_args!(
        "contact_id,full_name,email,phone,birthday,city,lifecycle_stage,loyalty_number,iban,lifetime_value,\
         owner_name,is_test,created_on,note"
    ))?;
    let count = World::contacts(customers);
    for contact in 1..=count {
        let mut random = Random::new(world.seed, "contact", contact, 0);
        // Most contacts are customers; the others came by a newsletter. People write themselves as they like.
        let known = random.in_100_000(88_000);
        let person = if known { world.customer(1 + random.below(customers)) } else { world.person("lead", contact) };
        let email = if random.in_100_000(30_000) { capitalise(&person.email) } else { person.email.clone() };
        let phone = if random.in_100_000(40_000) {
            person.phone.replacen('+', "00", 1).replace(' ', "-")
        } else {
            person.phone.clone()
        };
        let full_name =
            if random.in_100_000(20_000) { person.last_name.to_uppercase() } else { person.last_name.to_owned() };
        let owner = world.person("agent", random.below(12));
        let note = match random.below(5) {
            0 => format!(
                "Spoke to {} on {}, wants offers for {}",
                person.first_name,
                person.phone,
                random.pick(&["red wine", "gin", "gifts"])
            ),
            1 => format!("Write to {} instead", person.email),
            2 => "Met at the tasting in spring, \"very\" interested".to_owned(),
            _ => String::new(),
        };
        let loyalty =
            if known { format!("LC {:04} {:04}", random.below(10_000), random.below(10_000)) } else { String::new() };
        let iban = if random.in_100_000(3_000) { iban(&mut random) } else { String::new() };
        lines.line(format_args!(
            "C{contact:07},{},{email},{phone},{},{},{},{loyalty},{iban},{}.{:02},{},{},{},{}",
            Field(&format!("{} {full_name}", person.first_name)),
            if random.in_100_000(50_000) { person.born.to_string() } else { String::new() },
            MARKETS[person.market].city,
            random.pick(&["lead", "customer", "customer", "loyal", "lapsed"]),
            random.below(4_000),
            random.below(100),
            Field(&format!("{} {}", owner.first_name, owner.last_name)),
            person.is_test,
            before(world.first_day, random.below(600)),
            Field(&note),
        ))?;
    }
    lines.finish()?;
    Ok(count)
}

fn write_tickets(world: World, mut lines: Lines, day: u64, customers: u64) -> Result<u64, MarketplaceError> {
    lines.line(format_args!("ticket_id,email,category,opened_at,closed_at,satisfaction,subject,body"))?;
    let mut count = 0;
    for opened in day.saturating_sub(TICKET_DAYS)..day {
        for ticket in 0..world.tickets(opened) {
            count += 1;
            let mut random = Random::new(world.seed, "ticket", opened, ticket);
            let person = world.customer(1 + random.below(customers));
            let category = *random.pick(&["delivery", "delivery", "quality", "payment", "account"]);
            let second = random.range(28_800, 68_000);
            let open = random.in_100_000(7_000) || opened + 1 >= day;
            let closed =
                if open { String::new() } else { stamp(world.date(opened), second + random.range(900, 15_000)) };
            let score = if open { String::new() } else { random.range(1, 5).to_string() };
            let body = match category {
                "delivery" => format!("Where is my order?\nPlease call {} or write to {}.", person.phone, person.email),
                "payment" => "I was charged twice on card 4000 0000 0000 0002, please check.".to_owned(),
                "quality" => "Two bottles were corked. What can be done about it?".to_owned(),
                _ => format!("I cannot sign in from 203.0.113.{}.", random.below(254) + 1),
            };
            lines.line(format_args!(
                "T{}-{ticket:04},{},{category},{},{closed},{score},{},{}",
                world.date(opened).format("%Y%m%d"),
                person.email,
                stamp(world.date(opened), second),
                Field(&format!("{category}: {} {}", person.first_name, person.last_name)),
                Field(&body),
            ))?;
        }
    }
    lines.finish()?;
    Ok(count)
}

fn capitalise(email: &str) -> String {
    email.split_inclusive('.').map(|part| part[..1].to_uppercase() + &part[1..]).collect()
}

/// A German account number of a bank that does not exist, with a valid check.
fn iban(random: &mut Random) -> String {
    let account = format!("99999999{:010}", random.below(10_000_000_000));
    let rest = format!("{account}131400").bytes().fold(0_u32, |rest, digit| (rest * 10 + u32::from(digit - b'0')) % 97);
    format!("DE{:02}{account}", 98 - rest)
}
