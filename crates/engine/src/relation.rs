//! What a name stands for.

use std::sync::Arc;

use datafusion::catalog::TableProvider;

/// What a [`Catalog`](crate::Catalog) answers for a name.
#[derive(Clone, Debug)]
pub enum Relation {
    /// Rows that exist: a pinned version of a lake table, a staged table, a table of `ade`.
    Table(Arc<dyn TableProvider>),
    /// A query under a name. It is planned where it is used, in the same catalog.
    View {
        /// One query, without a semicolon.
        sql: String,
        /// The schema in which names without a schema are looked up inside `sql`.
        search_schema: String,
    },
}
