//! What looks like personal data and is none.

use super::{Dice, numbers::luhn};

type Make = fn(u64, &mut Dice) -> String;

/// Kinds of columns, by name, with what makes the value of a row.
pub(crate) const OTHERS: [(&str, Make); 41] = [
    ("order numbers", |row, _| format!("ORD-{:08}", 10_000 + row)),
    ("serial numbers of nine digits", |row, dice| (100_000_000 + row * 37 + dice.below(9)).to_string()),
    ("numbers of ten digits", |row, dice| (4_000_000_000 + row * 61 + dice.below(50)).to_string()),
    ("numbers of nine digits", |_, dice| dice.range(100_000_000, 999_999_999).to_string()),
    ("numbers of sixteen digits", |_, dice| format!("4{}", dice.digits(15))),
    ("padded numbers", |row, _| format!("{row:010}")),
    ("padded numbers of eleven digits", |row, dice| format!("{:011}", 4_123_456 * (row + 1) + dice.below(99))),
    ("customers counted up behind a zero", |row, _| format!("07{:09}", 150_000_000 + row * 13)),
    ("numbers of ten digits behind a zero", |_, dice| format!("0{}", dice.digits(9))),
    ("amounts in groups of three", |_, dice| format!("{} {} {}", dice.range(100, 999), dice.digits(3), dice.digits(3))),
    ("numbers of lots", |_, dice| format!("{}-{}-{}", dice.range(10, 99), dice.digits(4), dice.digits(4))),
    ("days of the month and hours", |_, dice| {
        format!("{:02}.{:02}. {:02}:{:02}", dice.range(1, 29), dice.range(1, 13), dice.below(24), dice.below(60))
    }),
    ("cars", |_, dice| {
        (*dice.pick(&[
            "Ford Fiesta",
            "Toyota Yaris",
            "Skoda Octavia",
            "Renault Clio",
            "Seat Ibiza",
            "Mercedes Vito",
            "Opel Corsa",
            "Fiat Panda",
            "Nissan Micra",
            "Honda Jazz",
            "Mazda Demio",
            "Volvo Amazon",
            "Kia Rio",
            "Lada Niva",
            "Dacia Duster",
            "Suzuki Swift",
            "Tesla Roadster",
            "Jeep Renegade",
            "Citroen Berlingo",
            "Peugeot Partner",
        ]))
        .to_owned()
    }),
    ("grapes and cheeses", |_, dice| {
        (*dice.pick(&[
            "Merlot",
            "Pinot noir",
            "Riesling",
            "Chardonnay",
            "Malbec",
            "Tempranillo",
            "Gouda",
            "Cheddar",
            "Manchego",
            "Brie",
            "Camembert",
            "Gorgonzola",
            "Emmental",
            "Feta",
            "Roquefort",
            "Zinfandel",
            "Syrah",
            "Sangiovese",
            "Ricotta",
            "Stilton",
        ]))
        .to_owned()
    }),
    ("UUIDs", |_, dice| {
        let hex = dice.of_letters("0123456789abcdef", 32);
        format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }),
    ("hashes", |_, dice| dice.of_letters("0123456789abcdef", 40)),
    ("short hashes", |_, dice| dice.of_letters("0123456789abcdef", 12)),
    ("time stamps", |_, dice| {
        format!(
            "2026-{:02}-{:02}T{:02}:{:02}:00Z",
            dice.range(1, 13),
            dice.range(1, 29),
            dice.below(24),
            dice.below(60)
        )
    }),
    ("seconds since 1970", |_, dice| dice.range(1_700_000_000, 1_790_000_000).to_string()),
    ("days of orders", |_, dice| format!("2025-{:02}-{:02}", dice.range(1, 13), dice.range(1, 29))),
    ("days of five years", |_, dice| {
        format!("{}-{:02}-{:02}", dice.range(2020, 2026), dice.range(1, 13), dice.range(1, 29))
    }),
    ("prices", |_, dice| format!("{}.{:02}", dice.below(900), dice.below(100))),
    ("rates", |_, dice| format!("1.{}", dice.digits(5))),
    ("pairs of measures", |_, dice| {
        format!("{}.{:01}, {}.{:01}", dice.below(90), dice.below(10), dice.below(90), dice.below(10))
    }),
    ("large pairs", |_, dice| {
        format!("{}.{} {}.{}", dice.range(200, 900), dice.digits(4), dice.range(200, 900), dice.digits(4))
    }),
    ("article numbers", |_, dice| format!("{}-{}", dice.of_letters("ABCDEFGH", 3), dice.digits(5))),
    ("bar codes", |_, dice| {
        let digits = format!("40{}", dice.digits(10));
        let sum: u32 =
            digits.bytes().zip([1, 3].iter().cycle()).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
        format!("{digits}{}", (10 - sum % 10) % 10)
    }),
    ("numbers of devices (IMEI)", |_, dice| luhn(&format!("35{}", dice.digits(12)))),
    ("versions", |_, dice| format!("{}.{}.{}", dice.below(9), dice.below(20), dice.below(99))),
    ("times of day", |_, dice| format!("{:02}:{:02}:{:02}", dice.below(24), dice.below(60), dice.below(60))),
    ("part numbers", |_, dice| format!("{}-{}-{}", dice.range(100, 199), dice.range(100, 200), dice.digits(4))),
    ("paths", |_, dice| format!("/var/data/{}/{}.parquet", dice.of_letters("abcdef", 5), dice.below(999))),
    ("places in object stores", |_, dice| {
        format!("s3://bucket/{}/part-{}", dice.of_letters("abcdef", 8), dice.below(999))
    }),
    ("colours", |_, dice| {
        (*dice.pick(&["red", "blue", "green", "black", "white", "grey", "brown", "violet", "rose", "amber", "olive"]))
            .to_owned()
    }),
    ("states", |_, dice| (*dice.pick(&["open", "paid", "shipped", "cancelled", "returned"])).to_owned()),
    ("currencies", |_, dice| (*dice.pick(&["EUR", "USD", "GBP", "CHF", "JPY", "SEK"])).to_owned()),
    ("countries", |_, dice| {
        (*dice.pick(&[
            "Germany", "France", "Spain", "Poland", "Italy", "Kenya", "Japan", "Brazil", "Norway", "Turkey", "India",
            "Chile", "Peru", "Ghana", "Egypt", "Cuba", "Laos", "Fiji", "Malta", "Qatar",
        ]))
        .to_owned()
    }),
    ("articles", |_, dice| {
        let (first, second, third) = (
            dice.pick(&["Oak", "Steel", "Linen", "Paper", "Cotton", "Glass", "Solar", "Copper", "Rubber", "Wool"]),
            dice.pick(&[
                "table", "lamp", "chair", "bottle", "jacket", "basket", "charger", "kettle", "mirror", "blanket",
            ]),
            dice.pick(&["S", "M", "L", "XL", "set", "pair"]),
        );
        format!("{first} {second} {third}")
    }),
    ("companies", |_, dice| {
        let (first, second, third) = (
            dice.pick(&[
                "Northern",
                "United",
                "Global",
                "First",
                "Pacific",
                "Alpine",
                "Metro",
                "Quantum",
                "Blue River",
                "Evergreen",
            ]),
            dice.pick(&[
                "Logistics",
                "Foods",
                "Software",
                "Energy",
                "Insurance",
                "Textiles",
                "Robotics",
                "Media",
                "Chemicals",
                "Optics",
            ]),
            dice.pick(&["Ltd", "GmbH", "Inc.", "S.A.", "& Sons", "Group"]),
        );
        format!("{first} {second} {third}")
    }),
    ("jobs", |_, dice| {
        let (first, second) = (
            dice.pick(&["Senior", "Junior", "Lead", "Deputy", "Regional", "Chief", "Assistant"]),
            dice.pick(&["engineer", "accountant", "buyer", "nurse", "analyst", "director", "technician", "architect"]),
        );
        format!("{first} {second}")
    }),
    ("animals and plants", |_, dice| {
        (*dice.pick(&[
            "otter", "badger", "heron", "salmon", "lynx", "beetle", "walnut", "spruce", "barley", "clover", "thistle",
            "squid", "toad", "weasel", "magpie", "larch", "yew", "nettle", "trout", "gecko",
        ]))
        .to_owned()
    }),
];
