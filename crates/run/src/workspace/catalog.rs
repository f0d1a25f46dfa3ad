//! What names in SQL mean: tables of the lake, views, and the program's own observations.
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use ade_engine::{Catalog, Relation, RelationName, SqlError, SqlErrorKind};
use ade_lake::{At, Lake, LakeError, TableName};
use ade_meta::Meta;
use async_trait::async_trait;
use tokio::sync::Mutex;

use super::{Views, observation, reject_views};
use crate::error::with_causes;
use crate::source::QUARANTINE;

/// The lake, the views and the schema `ade`, each name pinned when it is first asked for.
pub(crate) struct LakeCatalog {
    lake: Lake,
    meta: Meta,
    views: Arc<Views>,
    at: At,
    seen: Mutex<HashMap<RelationName, Option<Relation>>>,
}

impl LakeCatalog {
    pub(crate) fn new(lake: Lake, meta: Meta, views: Arc<Views>, at: At) -> Self {
        Self { lake, meta, views, at, seen: Mutex::default() }
    }

    /// Whether an observation is in the lake, as what must outlive the metadata database is.
    async fn is_in_lake(&self, name: &RelationName) -> Result<bool, SqlError> {
        let Some(table) = observation::in_lake(&name.name) else { return Ok(false) };
        let version = self.lake.version(&table).await;
        Ok(version.map_err(|error| SqlError::new(SqlErrorKind::Failed, with_causes(&error)))?.is_some())
    }

    async fn look_up(&self, name: &RelationName) -> Result<Option<Relation>, SqlError> {
        if let Some(sql) = reject_views::query(&self.lake, self.at, name).await? {
            return Ok(Some(Relation::View { sql, search_schema: name.schema.clone() }));
        }
        if name.schema == observation::SCHEMA && !self.is_in_lake(name).await? {
            return observation::relation(&self.meta, &name.name).await;
        }
        if let Some(view) = self.views.get(name) {
            return Ok(Some(Relation::View { sql: view.sql, search_schema: view.schema }));
        }
        let Ok(table) = TableName::new(&name.schema, &name.name) else { return Ok(None) };
        match self.lake.snapshot(&table, self.at).await {
            Ok(snapshot) => Ok(Some(Relation::Table(snapshot.provider()))),
            Err(LakeError::NoTable { .. }) => Ok(None),
            Err(error) => {
                let failed = SqlError::new(SqlErrorKind::Failed, with_causes(&error));
                Err(match self.at {
                    // Each table counts its own versions.
                    At::Version(_) => failed.with_hint(
                        "to read several tables as they were together, give a time: --at '2026-01-31 08:00:00'",
                    ),
                    At::Latest | At::Timestamp(_) => failed,
                })
            }
        }
    }
}

/// Each table counts its own versions: two of them at the same number are of two moments.
fn refuse_moments(seen: &HashMap<RelationName, Option<Relation>>, name: &RelationName) -> Result<(), SqlError> {
    let is_table = |(other, found): &(&RelationName, &Option<Relation>)| {
        *other != name && other.schema != observation::SCHEMA && matches!(found, Some(Relation::Table(_)))
    };
    let Some((other, _)) = seen.iter().find(is_table) else { return Ok(()) };
    let mut names = [other.to_string(), name.to_string()];
    names.sort();
    let message = format!("a version is one table's, and this query reads {} and {}", names[0], names[1]);
    Err(SqlError::new(SqlErrorKind::Invalid, message)
        .with_hint("to read them as they were together, give a time: --at '2026-01-31 08:00:00'"))
}

#[async_trait]
impl Catalog for LakeCatalog {
    async fn relation(&self, name: &RelationName) -> Result<Option<Relation>, SqlError> {
        if let Some(known) = self.seen.lock().await.get(name) {
            return Ok(known.clone());
        }
        let found = self.look_up(name).await?;
        let mut seen = self.seen.lock().await;
        if matches!((self.at, &found), (At::Version(_), Some(Relation::Table(_)))) && name.schema != observation::SCHEMA
        {
            refuse_moments(&seen, name)?;
        }
        // Two lookups of one name may race; the first answer stays, so that a session sees one state.
        Ok(seen.entry(name.clone()).or_insert(found).clone())
    }

    async fn names(&self) -> Result<Vec<RelationName>, SqlError> {
        let tables =
            self.lake.list().await.map_err(|error| SqlError::new(SqlErrorKind::Failed, with_causes(&error)))?;
        let mut names = Vec::with_capacity(tables.len());
        for table in &tables {
            // Of a time before its first version a table is not there.
            let was_there = match self.at {
                At::Timestamp(_) => {
                    !matches!(self.lake.snapshot(table, self.at).await, Err(LakeError::NoVersion { .. }))
                }
                At::Latest | At::Version(_) => true,
            };
            if was_there {
                names.push(RelationName::new(table.schema(), table.table()));
            }
        }
        let beside: Vec<RelationName> =
            names.iter().filter(|name| name.schema.ends_with(QUARANTINE)).cloned().collect();
        names.extend(beside.iter().map(|name| RelationName::new(&name.schema, reject_views::NAME)));
        names.push(RelationName::new(observation::SCHEMA, reject_views::NAME));
        names.extend(self.views.names());
        names.extend(observation::names());
        names.sort();
        names.dedup();
        Ok(names)
    }

    async fn is_view(&self, name: &RelationName) -> Result<bool, SqlError> {
        Ok(self.views.get(name).is_some())
    }
}

impl fmt::Debug for LakeCatalog {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("LakeCatalog").field("at", &self.at).finish_non_exhaustive()
    }
}
