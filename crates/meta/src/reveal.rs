//! Reveals: who asked for the plain values of an encrypted column, when and why. They are kept for good.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    Meta, MetaError,
    record::{count, micros},
    step,
};

/// One reveal. It is recorded before anything is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reveal {
    /// Its id, a UUIDv7.
    pub reveal_id: Uuid,
    /// The environment.
    pub environment: String,
    /// Who asked, as the operating system calls them.
    pub person: String,
    /// Why, in their words.
    pub reason: String,
    /// The table, as `schema.table`.
    pub table: String,
    /// The column.
    pub column: String,
    /// The version of the table.
    pub version: u64,
    /// Which rows were asked for, encrypted, since a condition may name a person; empty: any.
    pub condition: String,
    /// How many values were shown.
    pub rows: u64,
    /// When.
    pub revealed_at: DateTime<Utc>,
}

impl Meta {
    /// Records a reveal; one that is there already is the same.
    ///
    /// # Errors
    /// What the database says.
    pub async fn record_reveal(&self, reveal: &Reveal) -> Result<(), MetaError> {
        let mut write = self.database.begin(&step::REVEAL).await?;
        let insert = sqlx::query(
            "insert into reveals
                 (reveal_id, environment, person, reason, table_name, column_name, version, condition, row_count, revealed_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
             on conflict (reveal_id) do nothing",
        )
        .bind(reveal.reveal_id.to_string())
        .bind(&reveal.environment)
        .bind(&reveal.person)
        .bind(&reveal.reason)
        .bind(&reveal.table)
        .bind(&reveal.column)
        .bind(count(reveal.version))
        .bind(&reveal.condition)
        .bind(count(reveal.rows))
        .bind(micros(reveal.revealed_at));
        write.run(insert).await?;
        write.commit().await
    }
}
