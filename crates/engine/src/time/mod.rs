//! Dates and times in text: PostgreSQL's input syntax and its format patterns.

pub(crate) mod interval;
pub(crate) mod parse;
pub(crate) mod pattern;
pub(crate) mod read;
pub(crate) mod write;
pub(crate) mod zone;

/// Month names, in full; the first three letters are the short ones.
pub(crate) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Names of weekdays from Sunday, in full; the first three letters are the short ones.
pub(crate) const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
