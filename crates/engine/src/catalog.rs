//! Which names a session can see.

use std::fmt::Debug;

use async_trait::async_trait;

use crate::{Relation, RelationName, SqlError};

/// Answers what a name stands for. It is asked once for each name that a statement mentions, so a
/// lake may hold any number of tables. Answers should stay the same for the life of a session:
/// that is what makes a query see one state of the lake.
#[async_trait]
pub trait Catalog: Debug + Send + Sync {
    /// The relation called `name`, or `None` when there is none. An `Err` is for a relation that
    /// exists and cannot be read; its message reaches the user.
    async fn relation(&self, name: &RelationName) -> Result<Option<Relation>, SqlError>;

    /// All names, in any order. Only asked for listings (`SHOW TABLES`, `information_schema`) and
    /// for the hint after a name was not found; a catalog that cannot list returns nothing.
    async fn names(&self) -> Result<Vec<RelationName>, SqlError>;

    /// Whether `name`, one of [`Catalog::names`], is a view. Asked for each name of a listing: catalogs whose
    /// tables are opened by [`Catalog::relation`] know it without opening them.
    async fn is_view(&self, name: &RelationName) -> Result<bool, SqlError> {
        Ok(matches!(self.relation(name).await?, Some(Relation::View { .. })))
    }
}
