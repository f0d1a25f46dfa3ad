//! Which files of a folder belong together.

use std::collections::BTreeMap;

use super::options::{Compression, Format};
use super::store::FileEntry;

/// Files that look like parts of one table.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Group {
    /// For the table in the lake.
    pub(crate) name: String,
    /// What to write after `from:`.
    pub(crate) from: String,
    pub(crate) files: Vec<FileEntry>,
}

impl Group {
    /// The files that `from` names.
    pub(crate) fn of(from: &str, files: Vec<FileEntry>) -> Self {
        Self { name: table_name(from, false), from: from.to_owned(), files }
    }
}

/// Groups files by their paths with numbers and dates taken out: `stock_2024-01-31.csv` is of `stock_*.csv`. A file
/// that is alone keeps its name, unless that holds a date (six digits or more): then others will come.
pub(crate) fn groups(files: Vec<FileEntry>) -> Vec<Group> {
    let mut by_pattern: BTreeMap<String, Vec<FileEntry>> = BTreeMap::new();
    for file in files.into_iter().filter(|file| Format::of_path(&file.path).is_some()) {
        by_pattern.entry(pattern(&file.path)).or_default().push(file);
    }
    let mut groups: Vec<Group> = Vec::new();
    for (pattern, mut files) in by_pattern {
        files.sort();
        let digits = |file: &FileEntry| file.path.bytes().filter(u8::is_ascii_digit).count();
        let from = match files.as_slice() {
            [file] if digits(file) < 6 => file.path.clone(),
            _ => pattern,
        };
        groups.push(Group { name: table_name(&from, false), from, files });
    }
    let is_taken = |groups: &[Group], name: &str| groups.iter().filter(|group| group.name == name).count() > 1;
    let ambiguous: Vec<usize> = (0..groups.len()).filter(|index| is_taken(&groups, &groups[*index].name)).collect();
    for index in ambiguous {
        groups[index].name = table_name(&groups[index].from, true);
    }
    groups
}

/// The path with every run of digits, and what only joins such runs, as `*`; the extension stays.
fn pattern(path: &str) -> String {
    let (_, stem) = Compression::of_path(path);
    let stem_end = stem.rfind('.').unwrap_or(stem.len());
    let mut pattern = String::new();
    let mut rest = &path[..stem_end];
    while let Some(start) = rest.find(|character: char| character.is_ascii_digit()) {
        pattern.push_str(&rest[..start]);
        pattern.push('*');
        let mut end = start;
        let bytes = rest.as_bytes();
        while bytes.get(end).is_some_and(|byte| {
            let joins = matches!(byte, b'-' | b'_' | b'.' | b'T') && bytes.get(end + 1).is_some_and(u8::is_ascii_digit);
            byte.is_ascii_digit() || joins
        }) {
            end += 1;
        }
        rest = &rest[end..];
    }
    // What looks like a wildcard in a name would be read as one.
    let literal = |text: &str| text.replace(['[', ']', '{', '}', '?'], "?");
    format!("{}{}{}", literal(&pattern), literal(rest), &path[stem_end..])
}

/// A table's name from what the paths have in common; `full`: with the folders.
fn table_name(from: &str, full: bool) -> String {
    let (_, stem) = Compression::of_path(from);
    let stem = stem.rsplit_once('.').map_or(stem, |(stem, _)| stem);
    let last =
        if full { stem } else { stem.rsplit('/').find(|part| part.contains(char::is_alphabetic)).unwrap_or(stem) };
    let mut name = String::new();
    for character in last.chars() {
        match character {
            character if character.is_ascii_alphanumeric() => name.push(character.to_ascii_lowercase()),
            _ if name.is_empty() || name.ends_with('_') => {}
            _ => name.push('_'),
        }
    }
    let name = name.trim_matches('_');
    match name.chars().next() {
        None => "files".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("files_{name}"),
        Some(_) => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(paths: &[&str]) -> Vec<(String, String, usize)> {
        let files =
            paths.iter().map(|path| FileEntry { path: (*path).to_owned(), size_bytes: 1, version: None }).collect();
        groups(files).into_iter().map(|group| (group.name, group.from, group.files.len())).collect()
    }

    #[test]
    fn daily_files_are_one_table() {
        let found = of(&["stock_2024-01-01.csv", "stock_2024-01-02.csv", "stores.csv", "README.md"]);
        let expected = [("stock", "stock_*.csv", 2), ("stores", "stores.csv", 1)];
        assert_eq!(found, expected.map(|(name, from, files)| (name.to_owned(), from.to_owned(), files)));
    }

    #[test]
    fn a_date_in_a_name_means_that_others_come() {
        assert_eq!(of(&["feed/Stock-20240101.CSV.gz"]), [("stock".to_owned(), "feed/Stock-*.CSV.gz".to_owned(), 1)]);
        assert_eq!(of(&["v2.csv"]), [("v2".to_owned(), "v2.csv".to_owned(), 1)]);
    }

    #[test]
    fn names_that_are_taken_get_their_folders() {
        let names: Vec<String> =
            of(&["a/orders.csv", "b/orders.csv", "dt=2024-01-01/part-0.parquet", "dt=2024-01-02/part-0.parquet"])
                .into_iter()
                .map(|(name, ..)| name)
                .collect();
        assert_eq!(names, ["a_orders", "b_orders", "part"]);
    }
}
