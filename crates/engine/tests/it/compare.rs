//! A file of questions, asked of ade and of PostgreSQL: the differences are the report.
//!
//! For exploring, not for the suite: `ADE_QUESTIONS=questions.sql cargo nextest run -p ade-engine --run-ignored only
//! compare`. Statements are split at semicolons; `create table` and `insert into … values` prepare both sides.
//! Rows are compared without their order unless the statement has an `order by`.

use std::fmt::Write as _;

use ade_testing::Postgres;
use sqllogictest::{AsyncDB, DBOutput, DefaultColumnType};

use crate::ade_database::AdeDatabase;
use crate::postgres_database::PostgresDatabase;

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::disallowed_methods, reason = "a file that only its caller knows")]
#[ignore = "compares the questions of the file that ADE_QUESTIONS names"]
async fn compare() {
    let path = std::env::var("ADE_QUESTIONS").expect("ADE_QUESTIONS names a file of SQL statements");
    let text = std::fs::read_to_string(&path).expect("the file can be read");
    let server = Postgres::start().expect("PostgreSQL 15 is installed and starts");
    let mut postgres = PostgresDatabase::connect(&server.connection_string(), "questions").await;
    let mut ade = AdeDatabase::new();
    let mut report = String::new();
    for statement in ade_engine::split_statements(&text).expect("statements") {
        let sql = statement.sql.as_str();
        let ours = answer(ade.run(sql).await.map_err(|error| error.to_string()), sql);
        let theirs = answer(postgres.run(sql).await.map_err(|error| database_message(&error)), sql);
        let kind = match (&ours, &theirs) {
            (Ok(ours), Ok(theirs)) if ours == theirs => continue,
            (Err(_), Err(_)) => continue,
            (Ok(_), Ok(_)) => "DIFFERENT",
            (Err(_), Ok(_)) => "refused here",
            (Ok(_), Err(_)) => "refused there",
        };
        let _ = writeln!(report, "-- {kind}: {sql}\n  ade:        {ours:?}\n  postgresql: {theirs:?}");
    }
    assert!(report.is_empty(), "\n{report}");
}

fn database_message(error: &tokio_postgres::Error) -> String {
    error.as_db_error().map_or_else(|| error.to_string(), |error| error.message().to_owned())
}

fn answer(result: Result<DBOutput<DefaultColumnType>, String>, sql: &str) -> Result<Vec<String>, String> {
    Ok(match result? {
        DBOutput::Rows { rows, .. } => {
            let mut rows = rows.into_iter().map(|row| row.join(" | ")).collect::<Vec<_>>();
            if !sql.to_lowercase().contains("order by") {
                rows.sort();
            }
            rows
        }
        _ => Vec::new(),
    })
}
