//! Staged tables in place of committed ones.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{Catalog, MemoryCatalog, Relation, RelationName, SqlError};

/// A catalog in front of another: what it has wins. An audit sees a staged table this way, under
/// the name and among the neighbours that it will have once it is committed.
#[derive(Clone, Debug)]
pub struct Overlay {
    front: MemoryCatalog,
    base: Arc<dyn Catalog>,
}

impl Overlay {
    /// Shows `front` before `base`.
    pub fn new(front: MemoryCatalog, base: Arc<dyn Catalog>) -> Self {
        Self { front, base }
    }
}

#[async_trait]
impl Catalog for Overlay {
    async fn relation(&self, name: &RelationName) -> Result<Option<Relation>, SqlError> {
        match self.front.relation(name).await? {
            Some(relation) => Ok(Some(relation)),
            None => self.base.relation(name).await,
        }
    }

    async fn names(&self) -> Result<Vec<RelationName>, SqlError> {
        let mut names = self.front.names().await?;
        names.extend(self.base.names().await?);
        names.sort();
        names.dedup();
        Ok(names)
    }

    async fn is_view(&self, name: &RelationName) -> Result<bool, SqlError> {
        match self.front.relation(name).await? {
            Some(relation) => Ok(matches!(relation, Relation::View { .. })),
            None => self.base.is_view(name).await,
        }
    }
}
