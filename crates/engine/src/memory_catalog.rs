//! A catalog that is a map.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::catalog::TableProvider;

use crate::{Catalog, Relation, RelationName, SqlError};

/// A fixed set of relations: for tests, for the schema `ade`, for staged tables.
#[derive(Clone, Debug, Default)]
pub struct MemoryCatalog {
    relations: BTreeMap<RelationName, Relation>,
}

impl MemoryCatalog {
    /// Without any relation.
    pub fn new() -> Self {
        Self::default()
    }

    /// With `relation` under `name`, in place of what was there.
    pub fn with(mut self, name: RelationName, relation: Relation) -> Self {
        self.insert(name, relation);
        self
    }

    /// With a table under `name`.
    pub fn with_table(self, name: RelationName, provider: Arc<dyn TableProvider>) -> Self {
        self.with(name, Relation::Table(provider))
    }

    /// With a view under `name` whose own unqualified names are looked up in `name.schema`.
    pub fn with_view(self, name: RelationName, sql: impl Into<String>) -> Self {
        let search_schema = name.schema.clone();
        self.with(name, Relation::View { sql: sql.into(), search_schema })
    }

    /// Puts `relation` under `name`, in place of what was there.
    pub fn insert(&mut self, name: RelationName, relation: Relation) {
        self.relations.insert(name, relation);
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.relations.is_empty()
    }
}

#[async_trait]
impl Catalog for MemoryCatalog {
    async fn relation(&self, name: &RelationName) -> Result<Option<Relation>, SqlError> {
        Ok(self.relations.get(name).cloned())
    }

    async fn names(&self) -> Result<Vec<RelationName>, SqlError> {
        Ok(self.relations.keys().cloned().collect())
    }
}
