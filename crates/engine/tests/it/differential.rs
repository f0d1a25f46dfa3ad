//! The same questions and the same expected answers for ade, PostgreSQL and SQLite.
//!
//! `tests/slt/postgres` is for ade and PostgreSQL, `tests/slt/portable` for all three. A record for
//! one of them only (`onlyif`, `skipif`) is a documented difference and says why.

use std::path::{Path, PathBuf};

use ade_testing::Postgres;
use sqllogictest::Runner;

use crate::ade_database::AdeDatabase;
use crate::postgres_database::PostgresDatabase;
use crate::sqlite_database::SqliteDatabase;

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/slt").join(folder);
    let mut files = std::fs::read_dir(&folder)
        .expect("the folder of the files")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "slt"))
        .collect::<Vec<_>>();
    files.sort();
    assert!(!files.is_empty(), "no files in {}", folder.display());
    files
}

fn both_folders() -> Vec<PathBuf> {
    let mut all = files("portable");
    all.extend(files("postgres"));
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn ade_gives_the_answers() {
    for file in both_folders() {
        let mut runner = Runner::new(|| async { Ok(AdeDatabase::new()) });
        if let Err(error) = runner.run_file_async(&file).await {
            panic!("{error}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_gives_the_answers() {
    let server = Postgres::start().expect("PostgreSQL 15 is installed and starts");
    for (number, file) in both_folders().into_iter().enumerate() {
        let connection = server.connection_string();
        let mut runner =
            Runner::new(|| async { Ok(PostgresDatabase::connect(&connection, &format!("file_{number}")).await) });
        if let Err(error) = runner.run_file_async(&file).await {
            panic!("{error}");
        }
    }
}

#[test]
fn sqlite_gives_the_answers() {
    for file in files("portable") {
        let mut runner = Runner::new(|| async { Ok(SqliteDatabase::new()) });
        if let Err(error) = runner.run_file(&file) {
            panic!("{error}");
        }
    }
}
