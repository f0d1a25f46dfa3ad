//! Names of columns that every table of the lake can have.

use std::collections::HashSet;

/// What no name may hold: Delta refuses the first ten, and dots part the fields of structs.
const REFUSED: &str = " ,;{}()\n\t=.\r";

/// The name itself if every table can have it, else one in lower case with `_` for what it cannot have.
pub fn legal_column_name(name: &str) -> String {
    if !name.is_empty() && !name.chars().any(|character| REFUSED.contains(character)) {
        return name.to_owned();
    }
    let lower = name.to_lowercase();
    let words = lower.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty());
    let legal = words.collect::<Vec<_>>().join("_");
    if legal.is_empty() { "column".to_owned() } else { legal }
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
            ["zip_code_2", "zip_code", "umsatz_eur", "Umsatz_EUR_", "Größe", "a_b", "a_b_2", "column", "Ok", "OK_2"]
        );
    }
}
