//! The tables and how they got their shape: numbered files in `migrations/`, applied once and in order.
//!
//! All that are missing are applied in one transaction that takes the write lock first, so that of several processes
//! that open a new database at once one creates the tables and the others find them.

use chrono::{DateTime, Utc};
use sqlx::Row;

use crate::{MetaError, database::Database, record::micros, step};

struct Migration {
    version: i64,
    name: &'static str,
    sql: &'static str,
}

/// Only ever grows at its end; what has been released is not edited.
const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, name: "foundation", sql: include_str!("../migrations/0001_foundation.sql") },
    Migration { version: 2, name: "reveals", sql: include_str!("../migrations/0002_reveals.sql") },
];

const HISTORY: &str = "create table ade_migrations (
    version bigint not null primary key, name text not null, program_version text not null, applied_at bigint not null)";

/// Brings the tables up to date, or refuses a database that this program does not understand.
pub(crate) async fn apply(database: &Database, now: DateTime<Utc>) -> Result<(), MetaError> {
    let known = MIGRATIONS.last().map_or(0, |migration| migration.version);
    if version(database, known).await? == Some(known) {
        return Ok(());
    }
    let mut write = database.begin(&step::MIGRATE).await?;
    // Asked again under the write lock: another process may have been faster.
    let found = version(database, known).await?;
    if found.is_none() {
        write.run(sqlx::query(HISTORY)).await?;
    }
    for migration in MIGRATIONS.iter().filter(|migration| found.is_none_or(|found| migration.version > found)) {
        write.script(migration.sql).await?;
        let record = sqlx::query(
            "insert into ade_migrations (version, name, program_version, applied_at) values ($1, $2, $3, $4)",
        )
        .bind(migration.version)
        .bind(migration.name)
        .bind(env!("CARGO_PKG_VERSION"))
        .bind(micros(now));
        write.run(record).await?;
    }
    write.commit().await
}

/// The version of the tables, `None` in an empty database.
async fn version(database: &Database, known: i64) -> Result<Option<i64>, MetaError> {
    const ACTION: &str = "read the version of the tables";
    let tables = database
        .rows(ACTION, sqlx::query("select name from sqlite_master where type = 'table' and name not like 'sqlite_%'"))
        .await?;
    let mut tables = tables.iter().map(|row| row.get::<String, _>(0));
    let Some(table) = tables.next() else { return Ok(None) };
    if table != "ade_migrations" && !tables.any(|table| table == "ade_migrations") {
        return Err(MetaError::Foreign { path: database.path().to_owned(), table });
    }
    let query = sqlx::query("select version, program_version from ade_migrations order by version desc limit 1");
    let rows = database.rows(ACTION, query).await?;
    let Some(last) = rows.first() else { return Ok(Some(0)) };
    let found: i64 = last.get(0);
    if found > known {
        let program = last.get(1);
        return Err(MetaError::Newer { path: database.path().to_owned(), found, known, program });
    }
    Ok(Some(found))
}
