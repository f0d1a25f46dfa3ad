//! What the numbers of each column count, as the options of a table say.

use crate::value::Epoch;
use crate::{SettingKind, SettingSpec, Settings};

/// The option that is to list a column whose numbers count milliseconds.
pub(crate) const MILLISECONDS: &str = "epoch_milliseconds";

const OPTIONS: [(&str, Epoch, &str); 3] = [
    (
        "epoch_seconds",
        Epoch::Seconds,
        "Columns of dates and times whose numbers are seconds since 1970, of any year. Without it, seconds are taken for \
         times between 1800 and 2199 only, and numbers with a point for Julian days where they can be.",
    ),
    (MILLISECONDS, Epoch::Milliseconds, "Columns of dates and times whose numbers are milliseconds since 1970."),
    (
        "epoch_microseconds",
        Epoch::Microseconds,
        "Columns of dates and times whose numbers are microseconds since 1970.",
    ),
];

pub(crate) fn specs() -> Vec<SettingSpec> {
    let spec = |(name, _, description)| SettingSpec::optional(name, SettingKind::TextList, description);
    OPTIONS.into_iter().map(spec).collect()
}

/// What a column's numbers count.
pub(crate) fn of(options: &Settings, column: &str) -> Epoch {
    let lists = |name: &str| {
        options.list(name).is_some_and(|list| list.into_iter().any(|listed| listed.eq_ignore_ascii_case(column)))
    };
    OPTIONS.into_iter().find(|(name, ..)| lists(name)).map(|(_, epoch, _)| epoch).unwrap_or_default()
}
