//! Data in temporary folders.

use std::{collections::BTreeMap, fs, path::Path};

use ade_example_marketplace::{AppSystem, Settings, Summary, generate};
use chrono::NaiveDate;
use rusqlite::Connection;
use tempfile::TempDir;

pub(crate) fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, 10).unwrap()
}

pub(crate) fn settings(scale: f64) -> Settings {
    Settings { seed: 42, scale, today: today(), app: AppSystem::Sqlite }
}

/// A folder with data of this size.
pub(crate) fn generated(scale: f64) -> (TempDir, Summary) {
    let folder = TempDir::new().unwrap();
    let summary = generate(&settings(scale), folder.path()).unwrap();
    (folder, summary)
}

/// Every file below a folder, by its path in it.
pub(crate) fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
                files.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    files
}

/// One number from the app's database.
pub(crate) fn count(folder: &Path, sql: &str) -> i64 {
    let database = Connection::open(folder.join("data/app.db")).unwrap();
    database.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// Statements on the app's database.
pub(crate) fn execute(folder: &Path, sql: &str) {
    Connection::open(folder.join("data/app.db")).unwrap().execute_batch(sql).unwrap();
}

/// A file of the data, as text.
pub(crate) fn text(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join("data").join(name)).unwrap()
}
