//! Names of columns that every table of the lake can have, and every query can write without quotes.

use std::collections::HashSet;

use crate::TableInfo;
use crate::checklist::snake;

/// The name itself if it is of small letters, digits and `_`, else the one in snake case that is nearest to it.
pub fn legal_column_name(name: &str) -> String {
    let is_plain = |letter: char| letter == '_' || (letter.is_alphanumeric() && !letter.is_uppercase());
    let is_number = |name: &str| name.starts_with(|first: char| first.is_numeric());
    if !name.is_empty() && name.chars().all(is_plain) && !is_number(name) && name != "_" {
        return name.to_owned();
    }
    let legal = snake(name);
    match legal.as_str() {
        "" => "column".to_owned(),
        number if is_number(number) => format!("_{number}"),
        _ => legal,
    }
}

/// The names that a draft gives the columns of a table.
pub fn drafted_names(table: &TableInfo) -> Vec<String> {
    legal_names(table.columns.iter().map(|column| column.name.as_str()))
}

/// Legal names for all columns of a table, each another one, also for who does not tell `Id` from `id`. Of those that are legal
/// the first stays.
pub(super) fn legal_names<'a>(names: impl Iterator<Item = &'a str> + Clone) -> Vec<String> {
    let mut taken: HashSet<String> = HashSet::new();
    let stays: Vec<bool> =
        names.clone().map(|name| legal_column_name(name) == name && taken.insert(name.to_lowercase())).collect();
    let mut found = Vec::new();
    for (name, stays) in names.zip(stays) {
        let legal = legal_column_name(name);
        let mut free = legal.clone();
        let mut number = 2;
        while !stays && !taken.insert(free.to_lowercase()) {
            free = format!("{legal}_{number}");
            number += 1;
        }
        found.push(free);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_or_become_legal_and_unique() {
        let names = ["Zip Code", "zip_code", "Umsatz (EUR)", "Umsatz_EUR_", "Größe", "a;b", "A,B", " ", "Ok", "OK"];
        let legal = legal_names(names.into_iter());
        assert_eq!(
            legal,
            ["zip_code_2", "zip_code", "umsatz_eur", "umsatz_eur_2", "größe", "a_b", "a_b_2", "column", "ok", "ok_2"]
        );
    }

    #[test]
    fn names_can_be_written_without_quotes() {
        for (name, legal) in [
            ("E-Mail", "e_mail"),
            ("Plan", "plan"),
            ("createdAt", "created_at"),
            ("customerID", "customer_id"),
            ("HTTPStatus", "http_status"),
            ("_sdc_batched_at", "_sdc_batched_at"),
            ("address.City", "address_city"),
            ("2024 (EUR)", "_2024_eur"),
            ("2024", "_2024"),
            ("_", "column"),
            ("naïve", "naïve"),
        ] {
            assert_eq!(legal_column_name(name), legal, "{name}");
        }
    }
}
