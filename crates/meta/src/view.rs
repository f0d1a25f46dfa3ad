//! Views: SQL under a name. Any number of them switch to new definitions together, or none does.
//!
//! Old definitions are kept, so that a reader of the past sees the views of then, and a view can be put back.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

use crate::{
    Lease, Meta, MetaError,
    database::Write,
    record::{Columns, count, json, micros},
    step,
};

/// A column that a view gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewColumn {
    /// Its name.
    pub name: String,
    /// Its type as SQL names it.
    pub data_type: String,
    /// Whether it may hold nulls.
    pub nullable: bool,
}

/// What a view is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ViewDefinition {
    /// Its schema.
    pub schema: String,
    /// Its name within the schema.
    pub name: String,
    /// One `select`.
    pub sql: String,
    /// The columns it gives, in order.
    pub columns: Vec<ViewColumn>,
    /// Fingerprint of what it was made from. Putting a definition that is in force already changes nothing.
    pub fingerprint: String,
}

/// A definition and the time it was in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ViewVersion {
    /// The environment.
    pub environment: String,
    /// What the view was.
    pub definition: ViewDefinition,
    /// Counts the definitions of this view from 1.
    pub version: u64,
    /// The run that switched to it.
    pub run_id: Option<Uuid>,
    /// When it came into force.
    pub valid_from: DateTime<Utc>,
    /// When it was replaced or dropped.
    pub valid_to: Option<DateTime<Utc>>,
}

/// One part of a switch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ViewChange {
    /// Creates the view or replaces its definition.
    Put(ViewDefinition),
    /// Removes the view if it is there.
    Drop {
        /// Its schema.
        schema: String,
        /// Its name within the schema.
        name: String,
    },
}

impl Meta {
    /// Makes all `changes` at once, durably, provided that every lease in `held` is still held: whoever lost one changes
    /// nothing. Gives the number of views that differ from before.
    ///
    /// # Errors
    /// [`MetaError::LeaseLost`], or what the database says.
    pub async fn switch_views(
        &self,
        environment: &str,
        run_id: Option<Uuid>,
        changes: &[ViewChange],
        held: &[Lease],
    ) -> Result<usize, MetaError> {
        let mut write = self.database.begin(&step::VIEWS).await?;
        for lease in held {
            self.check_within(&mut write, lease).await?;
        }
        let now = micros(self.now());
        let mut changed = 0;
        for change in changes {
            changed += usize::from(match change {
                ViewChange::Put(definition) => put(&mut write, environment, run_id, definition, now).await?,
                ViewChange::Drop { schema, name } => end(&mut write, environment, schema, name, now).await?,
            });
        }
        write.commit().await?;
        Ok(changed)
    }

    /// The views in force.
    pub async fn views(&self, environment: &str) -> Result<Vec<ViewVersion>, MetaError> {
        let select = sqlx::query(
            "select * from view_versions where environment = $1 and valid_to is null order by schema_name, name",
        );
        self.database.records("read views", select.bind(environment), view).await
    }

    /// Every definition that any view of any environment ever had, latest first.
    pub async fn all_views(&self) -> Result<Vec<ViewVersion>, MetaError> {
        let select =
            sqlx::query("select * from view_versions order by valid_from desc, environment, schema_name, name");
        self.database.records("read views", select, view).await
    }

    /// The views that were in force at an instant.
    pub async fn views_at(&self, environment: &str, at: DateTime<Utc>) -> Result<Vec<ViewVersion>, MetaError> {
        let select = sqlx::query(
            "select * from view_versions
             where environment = $1 and valid_from <= $2 and (valid_to is null or valid_to > $2)
             order by schema_name, name",
        );
        self.database.records("read views", select.bind(environment).bind(micros(at)), view).await
    }
}

async fn put(
    write: &mut Write<'_>,
    environment: &str,
    run_id: Option<Uuid>,
    definition: &ViewDefinition,
    now: i64,
) -> Result<bool, MetaError> {
    let ViewDefinition { schema, name, sql, columns, fingerprint } = definition;
    let select = sqlx::query(
        "select * from view_versions where environment = $1 and schema_name = $2 and name = $3
         order by version desc limit 1",
    );
    let last = write.records(select.bind(environment).bind(schema).bind(name), view).await?.pop();
    if last.as_ref().is_some_and(|last| last.valid_to.is_none() && &last.definition == definition) {
        return Ok(false);
    }
    end(write, environment, schema, name, now).await?;
    let columns = json(columns).map_err(|source| write.error(source))?;
    let insert = sqlx::query(
        "insert into view_versions
             (environment, schema_name, name, version, sql, columns, fingerprint, run_id, valid_from)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(environment)
    .bind(schema)
    .bind(name)
    .bind(count(last.map_or(1, |last| last.version + 1)))
    .bind(sql)
    .bind(columns)
    .bind(fingerprint)
    .bind(run_id.map(|id| id.to_string()))
    .bind(now);
    write.run(insert).await?;
    Ok(true)
}

async fn end(write: &mut Write<'_>, environment: &str, schema: &str, name: &str, now: i64) -> Result<bool, MetaError> {
    let update = sqlx::query(
        "update view_versions set valid_to = $4
         where environment = $1 and schema_name = $2 and name = $3 and valid_to is null",
    );
    Ok(write.run(update.bind(environment).bind(schema).bind(name).bind(now)).await? > 0)
}

fn view(row: &SqliteRow) -> sqlx::Result<ViewVersion> {
    let columns = Columns(row);
    Ok(ViewVersion {
        environment: columns.text("environment")?,
        definition: ViewDefinition {
            schema: columns.text("schema_name")?,
            name: columns.text("name")?,
            sql: columns.text("sql")?,
            columns: columns.json("columns")?,
            fingerprint: columns.text("fingerprint")?,
        },
        version: columns.count("version")?,
        run_id: columns.optional_uuid("run_id")?,
        valid_from: columns.instant("valid_from")?,
        valid_to: columns.optional_instant("valid_to")?,
    })
}
