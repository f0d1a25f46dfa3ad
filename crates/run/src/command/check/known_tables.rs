//! The tables that are known without any data: by what sources promise, by what seeds hold, by what models select.
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use ade_engine::datafusion::datasource::empty::EmptyTable;
use ade_engine::{Catalog, Relation, RelationName, SqlError};
use arrow::datatypes::SchemaRef;
use async_trait::async_trait;

/// Empty tables with the columns that the real ones will have.
#[derive(Debug, Default)]
pub(super) struct KnownTables {
    schemas: RwLock<BTreeMap<RelationName, SchemaRef>>,
}

impl KnownTables {
    pub(super) fn put(&self, name: RelationName, schema: SchemaRef) {
        self.schemas.write().unwrap_or_else(PoisonError::into_inner).insert(name, schema);
    }

    /// Whether the table is known to have a column that is written like this.
    pub(super) fn has_column(&self, name: &RelationName, column: &str) -> bool {
        let schemas = self.schemas.read().unwrap_or_else(PoisonError::into_inner);
        schemas.get(name).is_some_and(|schema| schema.column_with_name(column).is_some())
    }

    pub(super) fn has(&self, name: &RelationName) -> bool {
        self.schemas.read().unwrap_or_else(PoisonError::into_inner).contains_key(name)
    }
}

#[async_trait]
impl Catalog for KnownTables {
    async fn relation(&self, name: &RelationName) -> Result<Option<Relation>, SqlError> {
        let schemas = self.schemas.read().unwrap_or_else(PoisonError::into_inner);
        let schema = schemas.get(name).cloned();
        Ok(schema.map(|schema| Relation::Table(Arc::new(EmptyTable::new(schema)))))
    }

    async fn names(&self) -> Result<Vec<RelationName>, SqlError> {
        Ok(self.schemas.read().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect())
    }
}
